using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

public sealed class TlbGatherTests : IDisposable
{
    private readonly GatherWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void FramesAreFreedAtTheEndAndNotBefore()
    {
        uint free = _world.Allocator.FreeFrames.Value;
        FrameNumber first = _world.NewFrame(), second = _world.NewFrame(), third = _world.NewFrame();
        TlbGather gather = new(_world.Lists, _world.Allocator);
        gather.Add(first);
        gather.Add(second);
        gather.Add(third);
        Assert.Equal(3u, gather.Count.Value);
        Assert.Equal(free - 3, _world.Allocator.FreeFrames.Value);
        Assert.Equal(FrameState.Anonymous, _world.Frames[first].State);
        gather.Finish();
        Assert.Equal((0u, free), (gather.Count.Value, _world.Allocator.FreeFrames.Value));
        gather.Finish();
        gather.Add(_world.NewFrame());    // may be used again
        gather.Finish();
        Assert.Equal(free, _world.Allocator.FreeFrames.Value);
        _world.AssertClean();
    }

    [Fact]
    public void AFrameWithAnotherUserStays()
    {
        FrameNumber frame = _world.NewFrame();
        _world.Frames[frame].MapCount = 1;
        _world.Frames.AddReferenceAndMapping(frame);
        _world.Frames[frame].ReferenceCount++;    // the page cache's
        TlbGather gather = new(_world.Lists, _world.Allocator);
        gather.AddMapped(frame);
        Assert.Equal((2u, 1u), (_world.Frames[frame].ReferenceCount, _world.Frames[frame].MapCount));
        gather.AddMapped(frame);
        Assert.Equal((1u, 0u), (_world.Frames[frame].ReferenceCount, _world.Frames[frame].MapCount));
        Assert.Equal(0u, gather.Count.Value);
        gather.Add(frame);
        Assert.Equal(1u, gather.Count.Value);
        gather.Finish();
        _world.AssertClean();
    }

    [Fact]
    public void AReservedFrameHasNothingToGive()
    {
        TlbGather gather = new(_world.Lists, _world.Allocator);
        gather.AddMapped(default);
        gather.Add(default);
        gather.Finish();
        _world.AssertClean();
    }

    [Fact]
    public void AnInvalidDropOrFreeIsRefusedWhereChecksAreOn()
    {
        Assert.SkipUnless(Check.Cheap, "needs checks");
        FrameNumber unmapped = _world.NewFrame(), mapped = _world.NewFrame(), listed = _world.NewFrame(), free = _world.NewFrame();
        _world.Allocator.Free(free);
        _world.Frames[mapped].MapCount = 1;
        _world.Frames[listed].Flags = FrameFlags.OnList;
        Assert.StartsWith("F5", Broken(unmapped, isMapped: true), StringComparison.Ordinal);    // no mapping to drop
        Assert.StartsWith("F5", Broken(mapped, isMapped: false), StringComparison.Ordinal);     // a mapping would outlive it
        Assert.StartsWith("L1", Broken(listed, isMapped: false), StringComparison.Ordinal);     // flagged as listed, but on no list
        Assert.StartsWith("F5", Broken(free, isMapped: false), StringComparison.Ordinal);
    }

    [Fact]
    public void AFrameIsOffItsListAndOutOfItsCountsBeforeItIsFreed()
    {
        FrameNumber frame = NewListed();
        TlbGather gather = new(_world.Lists, _world.Allocator);
        gather.AddMapped(frame);
        Assert.Equal((0u, 0u), (_world.Frames[frame].MapCount, _world.Lists.CountOf(0, FrameFlags.None)));
        Assert.Equal(1u, gather.Count.Value);
        gather.Finish();
        _world.AssertClean();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(31, 0)]
    [InlineData(32, 0)]
    [InlineData(700, 0)]
    [InlineData(700, 3)]      // every third frame has another user
    [InlineData(700, -1)]     // downwards
    [InlineData(700, -2)]     // in no order
    public void PagesUnmappedInOrderAreGoneAfterwards(int count, int how)
    {
        uint free = _world.Allocator.FreeFrames.Value;
        FrameNumber[] frames = [.. Enumerable.Range(0, count).Select(_ => NewListed())];
        FrameNumber[] shared = how > 0 ? [.. frames.Where((_, i) => i % how == 0)] : [];
        foreach (FrameNumber frame in shared) _world.Frames.AddReferenceAndMapping(frame);
        if (how == -1) Array.Reverse(frames);
        if (how == -2) new Random(7).Shuffle(frames);

        TlbGather gather = new(_world.Lists, _world.Allocator);
        foreach (FrameNumber frame in frames) gather.AddMappedInOrder(frame);
        Assert.Equal((uint)(count - shared.Length), gather.Count.Value + _world.Allocator.FreeFrames.Value - (free - (uint)count));
        gather.Finish();
        Assert.Equal((uint)shared.Length, _world.Lists.CountOf(0, FrameFlags.None));
        foreach (FrameNumber frame in shared) gather.AddMappedInOrder(frame);
        gather.Finish();
        Assert.Equal((0u, free), (_world.Lists.CountOf(0, FrameFlags.None), _world.Allocator.FreeFrames.Value));
        _world.AssertClean();
    }

    /// <summary>Frames are freed in batches of 256, so that no more wait, one by one or in a run; a run of eights is no longer.</summary>
    [Theory]
    [InlineData(false, 1, 255u)]
    [InlineData(true, 1, 256u)]
    [InlineData(true, 8, 256u)]
    public void NoMoreThanABatchWaits(bool isInOrder, int step, uint most)
    {
        uint free = _world.Allocator.FreeFrames.Value, seen = 0;
        FrameNumber[] frames = [.. Enumerable.Range(0, 1024).Select(_ => NewListed())];
        TlbGather gather = new(_world.Lists, _world.Allocator);
        for (int i = 0; i < frames.Length; i += step)
        {
            if (!isInOrder) gather.AddMapped(frames[i]);
            else if (step == 1 || !gather.TryAddEightInOrder(frames[i]))
                for (int next = i; next < i + step; next++) gather.AddMappedInOrder(frames[next]);
            seen = Math.Max(seen, gather.Count.Value);
        }

        gather.Finish();
        Assert.Equal((most, free), (seen, _world.Allocator.FreeFrames.Value));
        _world.AssertClean();
    }

    [Fact]
    public void ARunThatHasEndedIsNotGoneOnWith()
    {
        FrameNumber frame = NewListed(), neighbour = _world.NewFrame();
        Assert.Equal(frame.Value + 1, neighbour.Value);
        TlbGather gather = new(_world.Lists, _world.Allocator);
        gather.AddMappedInOrder(frame);
        gather.Finish();
        Assert.Equal(frame, NewListed());    // handed out again
        List(neighbour);                     // and now its neighbour precedes it, as if the run continued
        gather.AddMappedInOrder(neighbour);
        gather.Finish();
        Assert.Equal((1u, frame), (_world.Lists.CountOf(0, FrameFlags.None), _world.Lists.OldestOf(0, FrameFlags.None)));
        gather.AddMappedInOrder(frame);
        gather.Finish();
        _world.AssertClean();
    }

    /// <summary>
    /// Eight neighbours join a run if each of them continues it, and the run has room for all. Otherwise nothing has changed, and each
    /// goes by itself. A page that is mapped twice stays.
    /// </summary>
    [Theory]
    [InlineData(1, 1, 0, "", true)]
    [InlineData(5, 5, 0, "", true)]
    [InlineData(0, 0, 0, "", false)]       // there is no run yet
    [InlineData(1, 2, 0, "", false)]       // a frame is left out
    [InlineData(2, 1, 0, "", false)]       // one is named again
    [InlineData(248, 248, 0, "", true)]
    [InlineData(249, 249, 0, "", false)]    // more than a batch
    [InlineData(1, 1, 1, "shared", false)]
    [InlineData(1, 1, 8, "shared", false)]
    [InlineData(1, 1, 9, "shared", true)]
    [InlineData(1, 1, 1, "active", false)]
    [InlineData(1, 1, 8, "active", false)]
    [InlineData(1, 1, 9, "active", true)]
    [InlineData(1, 1, 1, "used again", false)]    // listed anew: after its neighbours in RAM no longer
    [InlineData(1, 1, 8, "used again", false)]
    [InlineData(1, 1, 1, "watched", false)]
    public void EightNeighboursJoinARunTogetherOrNot(int before, int first, int other, string how, bool expected)
    {
        uint free = _world.Allocator.FreeFrames.Value;
        FrameNumber[] frames = [.. Enumerable.Range(0, 300).Select(_ => NewListed())];
        Assert.Equal(frames[0].Value + 299, frames[299].Value);
        TlbGather gather = new(_world.Lists, _world.Allocator);
        for (int i = 0; i < before; i++) gather.AddMappedInOrder(frames[i]);
        uint count = gather.Count.Value;
        if (how is "shared") _world.Frames.AddReferenceAndMapping(frames[other]);
        if (how is "active") _world.Lists.Move(frames[other], PageFlags.Active);
        if (how is "used again") _world.Lists.Move(frames[other], FrameFlags.None);
        if (how is "watched") _world.Lists.SetPolicy(3, new NoWatcher());
        Assert.Equal(expected, gather.TryAddEightInOrder(frames[first]));
        Assert.Equal(count + (expected ? 8u : 0), gather.Count.Value);
        _world.Lists.SetPolicy(3, null);
        for (int i = expected ? first + 8 : before; i < 300; i++) gather.AddMappedInOrder(frames[i]);
        gather.Finish();
        if (how is "shared") gather.AddMappedInOrder(frames[other]);
        gather.Finish();
        Assert.Equal(free, _world.Allocator.FreeFrames.Value);
        _world.AssertClean();
    }

    private sealed class NoWatcher : IGroupPolicy
    {
        public void Joined(FrameNumber frame) { }

        public void Hit(FrameNumber frame) { }

        public void Left(FrameNumber frame) { }
    }

    /// <summary>A host's entries may name a frame with one mapping twice: it is freed once, and so are the frames after it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(40)]
    public void AFrameThatIsNamedTwiceGoesOnce(int before)
    {
        uint free = _world.Allocator.FreeFrames.Value;
        FrameNumber[] frames = [.. Enumerable.Range(0, before + 1).Select(_ => NewListed())];
        FrameNumber last = NewListed(), stays = NewListed();
        TlbGather gather = new(_world.Lists, _world.Allocator);
        foreach (FrameNumber frame in frames) gather.AddMappedInOrder(frame);
        gather.AddMappedInOrder(frames[^1]);
        gather.AddMappedInOrder(last);
        gather.Finish();
        Assert.Equal((1u, stays), (_world.Lists.CountOf(0, FrameFlags.None), _world.Lists.OldestOf(0, FrameFlags.None)));
        gather.AddMappedInOrder(stays);
        gather.Finish();
        Assert.Equal(free, _world.Allocator.FreeFrames.Value);
        _world.AssertClean();
    }

    private FrameNumber NewListed() => List(_world.NewFrame());

    private FrameNumber List(FrameNumber frame)
    {
        _world.Frames[frame].MapCount = 1;
        _world.Lists.Add(_world.Lists.Root, frame, FrameFlags.None);
        return frame;
    }

    private string Broken(FrameNumber frame, bool isMapped) => Assert.Throws<InvariantException>(() =>
    {
        TlbGather gather = new(_world.Lists, _world.Allocator);
        if (isMapped) gather.AddMapped(frame);
        else gather.Add(frame);
    }).Message;
}
