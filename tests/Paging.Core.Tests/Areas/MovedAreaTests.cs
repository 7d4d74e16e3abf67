using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>An area at its new place, and the state after a refused move. Linux: mm/mremap.c move_vma, move_soft_dirty_pte.</summary>
public sealed class MovedAreaTests : IDisposable
{
    private const RemapFlags ToPlace = RemapFlags.MayMove | RemapFlags.Fixed;

    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    /// <summary>Pages not written since clear_refs count as written once they have moved; pages that stay do not.</summary>
    [Theory]
    [InlineData(0, 6, 6, ToPlace)]
    [InlineData(1, 2, 2, ToPlace)]
    [InlineData(4, 2, 4, ToPlace)]
    [InlineData(2, 4, 1, ToPlace)]
    [InlineData(0, 6, 6, ToPlace | RemapFlags.DontUnmap)]
    [InlineData(1, 2, 2, ToPlace | RemapFlags.DontUnmap)]
    public void PagesThatHaveMovedCountAsWritten(int first, int count, int newCount, RemapFlags flags)
    {
        _world.Map(0, 6);
        for (int page = 0; page < 6; page++) _world.Touch(page, (byte)(page + 1));
        World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        Assert.False(_world.Memory.ReadPagemap(World.At(first).Page).IsSoftDirty);
        World.Succeeds(_world.Memory.Remap(World.At(first), World.Bytes(count), World.Bytes(newCount), flags, World.At(40), out _));
        _world.Verify();
        for (int page = 0; page < Math.Min(count, newCount); page++)
        {
            Assert.True(_world.Memory.ReadPagemap(World.At(40 + page).Page).IsSoftDirty);
            Assert.Equal(first + page + 1, _world.Peek(40 + page));
        }

        for (int page = 0; page < 6; page++)
            if (page < first || page >= first + count) Assert.False(_world.Memory.ReadPagemap(World.At(page).Page).IsSoftDirty);
    }

    /// <summary>There is no frame for the table of the new place: the call leaves nothing there, and everything at the old place.</summary>
    [Theory]
    [InlineData(6, 6, ToPlace)]
    [InlineData(6, 9, ToPlace)]
    [InlineData(4, 4, ToPlace)]
    [InlineData(6, 6, ToPlace | RemapFlags.DontUnmap)]
    public void AMoveWithoutAFrameLeavesNoTrace(int count, int newCount, RemapFlags flags)
    {
        _world.Map(0, 6, more: MapFlags.Locked);
        for (int page = 0; page < 6; page++) _world.Touch(page, (byte)(page + 1));
        MemoryUsage before = _world.Memory.Usage;
        long committed = _world.Machine.Commitment.Committed;
        List<FrameNumber> taken = [];
        while (_world.Machine.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame)) taken.Add(frame);
        World.Returns(Errno.ENOMEM,
            _world.Memory.Remap(World.At(0), World.Bytes(count), World.Bytes(newCount), flags, World.At(5000), out _));
        foreach (FrameNumber frame in taken) _world.Machine.Allocator.Free(frame);
        MemoryUsage after = _world.Memory.Usage;
        Assert.Equal((before.Total, before.Locked, before.PeakTotal), (after.Total, after.Locked, after.PeakTotal));
        Assert.Equal(committed, _world.Machine.Commitment.Committed);
        Assert.DoesNotContain(_world.Memory.Areas.Snapshot(), static area => area.Range.Contains(World.At(5000).Page));
        for (int page = 0; page < 6; page++) Assert.Equal(page + 1, _world.Peek(page));
    }
}
