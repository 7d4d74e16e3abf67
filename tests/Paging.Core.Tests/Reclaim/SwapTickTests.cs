using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The device that is filled first, the slots that an entry may name, and when a slot's last user drops its page.</summary>
/// <remarks>Linux: mm/swapfile.c, folio_alloc_swap, plist_requeue, swap_duplicate, free_swap_and_cache.</remarks>
public class SwapTickTests
{
    private const uint ClusterSize = 256;

    /// <summary>Devices of equal priority take turns, a cluster each; one of a lower priority waits until all of them are full.</summary>
    [Fact]
    public void EqualDevicesTakeTurnsClusterByCluster()
    {
        using World world = new();
        foreach ((uint slots, int priority) in (ReadOnlySpan<(uint, int)>)[(10, 1), (512, 5), (300, 5), (512, 5), (20, 9)])
            World.Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(slots), priority, out _));
        SwapSpace swap = world.Engine.Parts.Files.Swap;
        Assert.Equal([4, 1, 2, 3, 0], swap.Devices.Select(static device => device.Number));
        Assert.Equal(1354, swap.TotalSlots);
        List<(int Device, uint Count)> runs = [];
        while (swap.TryTakeSlot(new(1), out SwapEntry entry))
        {
            if (runs.Count == 0 || runs[^1].Device != entry.Device) runs.Add((entry.Device, 0));
            runs[^1] = (entry.Device, runs[^1].Count + 1);
        }

        Assert.Equal([(4, 20), (1, ClusterSize), (2, ClusterSize), (3, ClusterSize), (1, ClusterSize), (2, 44), (3, ClusterSize), (0, 10u)],
            runs);
        Assert.Equal((1354L, false), (swap.UsedSlots, swap.HasRoom));
    }

    [Fact]
    public void TwoEqualDevicesTakeTurnsAsWell()
    {
        using World world = new();
        for (int device = 0; device < 2; device++) World.Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(512), 0, out _));
        List<int> order = [];
        while (world.Engine.Parts.Files.Swap.TryTakeSlot(new(1), out SwapEntry entry)) order.Add(entry.Device);
        Assert.Equal([0, 1, 0, 1], order.Chunk((int)ClusterSize).Select(static cluster => cluster.Distinct().Single()));
    }

    /// <summary>A host may have written it: a slot past the end, a slot without users, and a device that is not there are none.</summary>
    [Fact]
    public void OnlyASlotThatIsInUseIsAnEntry()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(10), 0, out SwapDevice? device));
        SwapSpace swap = world.Engine.Parts.Files.Swap;
        device!.TakeWritten(9);
        Assert.Equal(SwapEntry.ForSlot(0, 9), From(0, 9));
        Assert.True(swap.IsInUse(SwapEntry.ForSlot(0, 9)));
        foreach ((int number, uint slot) in (ReadOnlySpan<(int, uint)>)[(0, 8), (0, 10), (0, 1000), (1, 9), (15, 0)])
        {
            Assert.Equal(default, From(number, slot));
            Assert.False(swap.IsInUse(SwapEntry.ForSlot(number, slot)));
        }

        SwapEntry From(int number, uint slot) => swap.From(SwapEntry.ForSlot(number, slot).ToPageTableEntry());
    }

    /// <summary>
    /// The parent has read the page back and unmapped it, so it is in the swap cache for the child's entry only, which is unmapped unread.
    /// </summary>
    [Fact]
    public void ThePageInTheSwapCacheGoesWithTheLastEntryOfItsSlot()
    {
        using World world = new();
        using UserProcess child = ForkOfPagesOut(world, pages: 1, slots: 100, out SwapDevice device);
        Assert.Equal(7, world.Peek(0));
        World.Succeeds(world.Memory.Unmap(World.At(0), 4096));
        FrameNumber cached = device.FrameOf(0);
        Assert.Equal((1u, FrameState.SwapCache), (device.UsersOf(0), world.Machine.Frames[cached].State));
        World.Succeeds(child.Memory.Unmap(World.At(0), 4096));
        Assert.Equal((0u, FrameState.Free), (device.UsedSlotCount, world.Machine.Frames[cached].State));
        world.Verify();
    }

    /// <summary>The child goes first and never read the page: the parent's mapping keeps it.</summary>
    [Fact]
    public void ThePageInTheSwapCacheStaysWhileItIsMapped()
    {
        using World world = new();
        using UserProcess child = ForkOfPagesOut(world, pages: 1, slots: 100, out SwapDevice device);
        Assert.Equal(7, world.Peek(0));
        World.Succeeds(child.Memory.Unmap(World.At(0), 4096));
        Assert.Equal((0u, 1u), (device.UsersOf(0), world.Machine.Frames[device.FrameOf(0)].MapCount));
        Assert.Equal(7, world.Peek(0));
        world.Verify();
    }

    /// <summary>More than half of the slots are taken, so unneeded slots are freed early; the child's entry needs this one.</summary>
    [Fact]
    public void TwoProcessesThatReadAPageBackShareOneFrame()
    {
        using World world = new();
        using UserProcess child = ForkOfPagesOut(world, pages: 2, slots: 3, out SwapDevice device);
        Assert.True(device.IsHalfFull);
        Assert.Equal((7, 7), (world.Peek(0), child.Memory.Mmu.Read<byte>(World.At(0))));
        Assert.Equal(world.Memory.Space.Tables.Read(World.At(0).Page).Frame, child.Memory.Space.Tables.Read(World.At(0).Page).Frame);
        world.Verify();
    }

    /// <summary>The first pages of the process are on a new device, and both it and its child have them there.</summary>
    private static UserProcess ForkOfPagesOut(World world, int pages, uint slots, out SwapDevice device)
    {
        World.Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(slots), 0, out SwapDevice? made));
        device = made!;
        world.Map(0, pages);
        for (int page = 0; page < pages; page++) world.Touch(page, 7);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(pages), MemoryAdvice.PageOut));
        return world.First.Fork();
    }
}
