using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>Which neighbours of a slot are read along, and which slots are used next.</summary>
/// <remarks>Pages given up one after the other get slots one after the other: page n has slot n.</remarks>
public class SwapReadAheadTests
{
    /// <summary>The window of eight slots is aligned, and cut at the device's end. Linux: swap_cluster_readahead.</summary>
    [Theory]
    [InlineData(20, 18, 4)]    // 16 … 19, the device's last ones
    [InlineData(20, 19, 4)]
    [InlineData(17, 16, 1)]
    [InlineData(20, 11, 8)]    // 8 … 15
    [InlineData(20, 15, 8)]
    [InlineData(20, 0, 8)]
    public void TheAlignedWindowIsReadUpToTheDevicesEnd(int slotCount, int page, int readCount)
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 0);
        Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore((uint)slotCount), 0, out SwapDevice? device));
        Modelled process = PutOut(world, slotCount);
        Assert.Equal((uint)slotCount, device!.UsedSlotCount);
        process.Check(page, 0);
        Assert.Equal((readCount, readCount - 1), (world.Engine.Reclaimed.SwapReads, world.Engine.Reclaimed.SwapReadAhead));
        world.VerifyBytes();
    }

    /// <summary>Read-ahead uses frames to spare, not the last ones.</summary>
    [Theory]
    [InlineData(5, 0)]
    [InlineData(40, 7)]
    public void NothingIsReadAheadWithTheLastFrames(int freeFrames, int readAhead)
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 1);
        Modelled process = PutOut(world, 16);
        while (world.Engine.Memory.Free.Value > freeFrames) Assert.True(world.Engine.Frames.TryTake(0, out _));
        process.Check(3, 0);
        Assert.Equal(readAhead, world.Engine.Reclaimed.SwapReadAhead);
    }

    [Theory]
    [InlineData(5, 0)]
    [InlineData(40, 7)]
    public void NothingIsReadAheadWithTheLastFramesOfAGroup(uint left, int readAhead)
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 1);
        Succeeds(world.Engine.Groups.Create(new() { Name = "g" }, out MemoryGroup? group));
        UserProcess process = world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        Succeeds(process.Memory.Map(At(0), 16 * 4096, MemoryProtection.ReadWrite, PrivateFixed, out _));
        for (int page = 0; page < 16; page++) process.Memory.Mmu.Write(At(page), page + 1);
        Succeeds(process.Memory.Advise(At(0), 16 * 4096, MemoryAdvice.PageOut));
        Succeeds(group!.SetLimit(new FrameCount(group.Usage.Value + left)));
        Assert.Equal(4, process.Memory.Mmu.Read<int>(At(3)));
        Assert.Equal(readAhead, world.Engine.Reclaimed.SwapReadAhead);
        Assert.True(group.Usage.Value <= group.Limit!.Value.Value);
    }

    /// <summary>MADV_WILLNEED reads pages while there are frames to spare: eight or fewer are left alone.</summary>
    /// <remarks>Linux: swapin_walk_pmd_entry, shmem_swapin_range; they end where memory does.</remarks>
    [Theory]
    [InlineData(false, 8, 0)]
    [InlineData(false, 9, 1)]
    [InlineData(false, 12, 4)]
    [InlineData(false, 100, 10)]
    [InlineData(true, 8, 0)]
    [InlineData(true, 9, 1)]
    [InlineData(true, 12, 4)]
    [InlineData(true, 100, 10)]
    public void RequestedPagesAreReadWhileThereAreFrames(bool isShared, int freeFrames, int readAhead)
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 1);
        UserProcess process = world.Engine.CreateProcess("p");
        MapFlags flags = MapFlags.Anonymous | MapFlags.Fixed | (isShared ? MapFlags.Shared : MapFlags.Private);
        Succeeds(process.Memory.Map(At(0), 16 * 4096, MemoryProtection.ReadWrite, flags, out _));
        for (int page = 0; page < 16; page++) process.Memory.Mmu.Write(At(page), page + 1);
        Succeeds(process.Memory.Advise(At(0), 16 * 4096, MemoryAdvice.PageOut));
        Succeeds(process.Memory.Advise(At(0), 16 * 4096, MemoryAdvice.PageOut));    // shared pages lose their entries first
        Assert.Equal(16u, world.Device.UsedSlotCount);
        while (world.Engine.Memory.Free.Value > freeFrames) Assert.True(world.Engine.Frames.TryTake(0, out _));
        for (int round = 0; round < 2; round++)    // what is here already is not read again
        {
            Succeeds(process.Memory.Advise(At(2), 10 * 4096, MemoryAdvice.WillNeed));
            Assert.Equal((readAhead, readAhead), (world.Engine.Reclaimed.SwapReadAhead, world.Engine.Reclaimed.SwapReads));
            Assert.Equal((uint)readAhead, world.Engine.Memory.SwapCached.Value);
        }

        world.Verify();
        if (freeFrames < 100) return;
        for (int page = 0; page < 16; page++) Assert.Equal(page + 1, process.Memory.Mmu.Read<int>(At(page)));
    }

    /// <summary>The word of a page that is present names no slot, although its bits would: one of the thirteenth device.</summary>
    [Fact]
    public void APageThatIsPresentIsNotLookedForOnADevice()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 0);
        SwapDevice? device = null;
        for (int number = 0; number < 13; number++) Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(32 << 20), 0, out device));
        Modelled process = world.Start(1);
        process.Write(0, 0, 7);
        PageTableEntry entry = process.Process.Memory.Space.Tables.Read(At(0).Page);
        SwapEntry looksLike = SwapEntry.From(entry);
        Assert.True(entry.IsPresent && looksLike.IsSwap);
        Assert.Equal((device!.Number, 12), (looksLike.Device, device.Number));
        device.TakeWritten(looksLike.Slot);
        Assert.True(world.Engine.Parts.Files.Swap.From(entry).IsSwap);
        Succeeds(process.Process.Memory.Advise(At(0), 4096, MemoryAdvice.WillNeed));
        Assert.Equal(0L, world.Engine.Reclaimed.SwapReads);
        device.DropUser(looksLike.Slot);
        world.VerifyBytes();
    }

    /// <summary>Up to half of the device, a page that was only read keeps its slot. Beyond it is freed. Linux: vm_swap_full.</summary>
    [Theory]
    [InlineData(4, 4)]
    [InlineData(5, 4)]
    public void ASlotWhosePageIsInMemoryIsFreedOnceMoreThanHalfIsTaken(int pageCount, uint usedAfterwards)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 2 << 20, RequestHostHugePages = false, SwapReadAheadPages = 1 });
        Succeeds(engine.Swap.SwitchOn(new SmallSwapStore(8), out SwapDevice? device));
        using UserProcess process = engine.CreateProcess("p");
        Succeeds(process.Memory.Map(At(0), 8 * 4096, MemoryProtection.ReadWrite, PrivateFixed, out _));
        for (int page = 0; page < pageCount; page++) process.Memory.Mmu.Write(At(page), page + 1);
        Succeeds(process.Memory.Advise(At(0), 8 * 4096, MemoryAdvice.PageOut));
        Assert.Equal(1, process.Memory.Mmu.Read<int>(At(0)));
        Assert.Equal(usedAfterwards, device!.UsedSlotCount);
    }

    /// <summary>Of three clusters one has a page left, and two after it are empty: the next page begins an empty one.</summary>
    [Fact]
    public void AnEmptyClusterIsTakenBeforeOneWithPages()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 3);
        Modelled process = PutOut(world, 769);
        AddressSpace memory = process.Process.Memory;
        Succeeds(memory.Advise(At(1), 511 * 4096, MemoryAdvice.DontNeed));
        Succeeds(memory.Advise(At(768), 4096, MemoryAdvice.DontNeed));
        for (int page = 1; page < 257; page++) memory.Mmu.Write(At(page), page);
        Succeeds(memory.Advise(At(1), 256 * 4096, MemoryAdvice.PageOut));
        uint[] slots = [.. Enumerable.Range(1, 256).Select(page =>
            world.Engine.Parts.Files.Swap.From(memory.Space.Tables.Read(At(page).Page)).Slot)];
        Assert.DoesNotContain(slots, static slot => slot < 256);
        world.Verify();
    }

    /// <summary>A process whose pages are all on swap: page n holds n + 1.</summary>
    private static Modelled PutOut(PressureWorld world, int pageCount)
    {
        Modelled process = world.Start(pageCount);
        for (int page = 0; page < pageCount; page++) process.Write(page, 0, (uint)page + 1);
        Succeeds(process.Process.Memory.Advise(At(0), (uint)pageCount * 4096, MemoryAdvice.PageOut));
        return process;
    }
}
