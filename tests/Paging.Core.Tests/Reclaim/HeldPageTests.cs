using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A reference beside a page's entries keeps reclaim away: until it is dropped, nothing is written, unmapped or counted.</summary>
/// <remarks>Linux: mm/vmscan.c __remove_mapping, folio_ref_freeze; mm/migrate.c folio_expected_ref_count.</remarks>
public sealed class HeldPageTests
{
    public enum Kind
    {
        Private,
        SwapCache,
        File,
        DirtyFile,
        Shared,
    }

    [Theory]
    [InlineData(Kind.Private)]
    [InlineData(Kind.SwapCache)]
    [InlineData(Kind.File)]
    [InlineData(Kind.DirtyFile)]
    [InlineData(Kind.Shared)]
    public void AHeldPageStaysAsItIs(Kind kind)
    {
        using World world = new(World.Options() with { SwapReadAheadPages = 1 });
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        Prepare(world, kind);
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(1).Page);
        ref FrameDescriptor descriptor = ref world.Machine.Frames[entry.Frame];
        (FrameState state, uint slots) = (descriptor.State, device!.UsedSlotCount);
        byte value = world.Peek(1);
        ReclaimCounters counters = default;
        descriptor.ReferenceCount++;
        Assert.Equal(EvictionResult.Kept, world.Engine.Parts.Reclaim.Eviction.Evict(entry.Frame, isWritten: true, ref counters));
        Assert.Equal((0L, 0L, 0L, 0L), (counters.Reclaimed, counters.SwapWrites, counters.FileWrites, counters.FileDrops));
        Assert.Equal(entry, world.Memory.Space.Tables.Read(World.At(1).Page));
        Assert.Equal((state, slots), (descriptor.State, device.UsedSlotCount));
        descriptor.ReferenceCount--;
        world.Verify();
        Assert.Equal(EvictionResult.Freed, world.Engine.Parts.Reclaim.Eviction.Evict(entry.Frame, isWritten: true, ref counters));
        Assert.Equal((1L, kind is Kind.File or Kind.DirtyFile ? 1L : 0), (counters.Reclaimed, counters.ReclaimedFile));
        Assert.Equal(kind is Kind.DirtyFile ? 1 : 0, counters.FileWrites);
        Assert.Equal(kind is Kind.File or Kind.DirtyFile ? 0 : 1, counters.SwapWrites);
        Assert.Equal(value, world.Peek(1));
        world.AssertNothingIsLeft();
    }

    private static void Prepare(World world, Kind kind)
    {
        if (kind is Kind.File or Kind.DirtyFile) world.MapFile(world.OpenBacked(new(4 * 4096)), 0, 4, type: MapFlags.Shared);
        else if (kind is Kind.Shared) world.MapShared(0, 4);
        else world.Map(0, 4);
        if (kind is Kind.File) Assert.Equal(0x11, world.Peek(1));
        else world.Touch(1, 7);
        if (kind is not Kind.SwapCache) return;
        World.Succeeds(world.Memory.Advise(World.At(1), 4096, MemoryAdvice.PageOut));
        Assert.Equal(7, world.Peek(1));
        Assert.Equal(1u, world.Engine.Frames.CountOf(FrameState.SwapCache).Value);
    }
}
