using Xunit;

namespace Paging.Native.Tests;

public sealed class TlbGatherTests : IDisposable
{
    private readonly TableWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void FramesAreFreedAtTheEndAndNotBefore()
    {
        uint free = _world.Allocator.FreeFrames.Value;
        FrameNumber first = _world.NewFrame(), second = _world.NewFrame(), third = _world.NewFrame();
        TlbGather gather = new(_world.Frames, _world.Allocator);
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
    public void AFrameThatSomebodyElseStillUsesStays()
    {
        FrameNumber frame = _world.NewFrame();
        _world.Frames[frame].MapCount = 1;
        _world.Frames.AddReferenceAndMapping(frame);
        _world.Frames[frame].ReferenceCount++;    // the page cache's
        TlbGather gather = new(_world.Frames, _world.Allocator);
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
        TlbGather gather = new(_world.Frames, _world.Allocator);
        gather.AddMapped(default);
        gather.Add(default);
        gather.Finish();
        _world.AssertClean();
    }

    [Fact]
    public void WhatCannotBeDroppedOrFreedIsRefusedWhereChecksAreOn()
    {
        Assert.SkipUnless(Check.Cheap, "needs checks");
        FrameNumber unmapped = _world.NewFrame(), mapped = _world.NewFrame(), listed = _world.NewFrame(), free = _world.NewFrame();
        _world.Allocator.Free(free);
        _world.Frames[mapped].MapCount = 1;
        _world.Frames[listed].Flags = FrameFlags.OnList;
        Assert.StartsWith("F5", Broken(unmapped, isMapped: true), StringComparison.Ordinal);    // no mapping to drop
        Assert.StartsWith("F5", Broken(mapped, isMapped: false), StringComparison.Ordinal);     // a mapping would outlive it
        Assert.StartsWith("L1", Broken(listed, isMapped: false), StringComparison.Ordinal);     // it says so, but is on no list
        Assert.StartsWith("F5", Broken(free, isMapped: false), StringComparison.Ordinal);
    }

    private string Broken(FrameNumber frame, bool isMapped) => Assert.Throws<InvariantException>(() =>
    {
        TlbGather gather = new(_world.Frames, _world.Allocator);
        if (isMapped) gather.AddMapped(frame);
        else gather.Add(frame);
    }).Message;
}
