using Paging.Core.Swap;
using Paging.Reports;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>The order in which devices fill, swap read-ahead, and the devices' reports.</summary>
public class SwapDeviceTests
{
    [Fact]
    public void DevicesOfOnePriorityAreFilledInTurnAClusterEach()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 4);
        Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), 0, out SwapDevice? equal));
        Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out SwapDevice? lesser));
        Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out SwapDevice? least));
        Assert.Equal((-2, -3), (lesser!.Priority, least!.Priority));
        Modelled process = PutOut(world, 1024);
        Assert.Equal((512u, 512u, 0u), (world.Device.UsedSlotCount, equal!.UsedSlotCount, lesser.UsedSlotCount));
        Assert.Equal(
            "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
            "memory                                  file\t\t4096\t\t2048\t\t0\n" +
            "memory                                  file\t\t4096\t\t2048\t\t0\n" +
            "memory                                  file\t\t4096\t\t0\t\t-2\n" +
            "memory                                  file\t\t4096\t\t0\t\t-3\n", world.Engine.FormatSwaps());
        process.VerifyBytes();
        world.Verify();
    }

    [Fact]
    public void ThereAreSixteenDevicesAtMost()
    {
        using PressureWorld world = new(swapMiB: 0);
        for (int number = 0; number < 16; number++) Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using MemorySwapStore one = new(1 << 20);
        Assert.Equal(Errno.EPERM, world.Engine.Swap.SwitchOn(one, out _));
        // The size is checked last: read_swap_header
        Assert.Equal(Errno.EPERM, world.Engine.Swap.SwitchOn(new SmallSwapStore(0), out _));
        Succeeds(world.Engine.Swap.SwitchOff(world.Engine.Swap.Devices[3]));
        Assert.Equal(Errno.EINVAL, world.Engine.Swap.SwitchOn(new SmallSwapStore(0), out _));
        Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? again));
        Assert.Equal((3, -18), (again!.Number, again.Priority));    // the refused call took no priority
    }

    [Fact]
    public void RequestedPagesComeBackIntoTheSwapCacheForMinorFaults()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        Modelled process = PutOut(world, 100);
        AddressSpace memory = process.Process.Memory;
        Succeeds(memory.Advise(At(0), 60 * 4096, MemoryAdvice.WillNeed));
        world.Verify();
        byte[] present = new byte[100];
        Succeeds(memory.InCore(At(0), 100 * 4096, present));
        Assert.Equal((60, 60), (present.Count(static one => one == 1), Array.LastIndexOf(present, (byte)1) + 1));
        Assert.Equal(100, memory.Space.Statistics.Swapped);
        long major = memory.Faults.Major;
        for (int page = 0; page < 60; page++) process.Check(page, 0);
        Assert.Equal(major, memory.Faults.Major);
        Assert.Equal((60L, 60L), (world.Engine.Reclaimed.SwapReadAhead, world.Engine.Reclaimed.SwapReadAheadHits));
        world.VerifyBytes();
    }

    /// <summary>Advice about a mapped file reads pages of the file, not the private copies. Linux: madvise_willneed.</summary>
    [Fact]
    public void PrivateCopiesOfAFileStayOnTheDevice()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        using GuestFile file = world.Engine.Files.CreateMemoryFile("f", 4 * 4096);
        UserProcess process = world.Engine.CreateProcess("p");
        Succeeds(file.Open(process, FileRights.ReadWrite, out int descriptor));
        Succeeds(process.Memory.Map(At(0), 4 * 4096, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Fixed, descriptor, 0, out _));
        for (int page = 0; page < 4; page++) process.Memory.Mmu.Write(At(page), page + 1);
        Succeeds(process.Memory.Advise(At(0), 4 * 4096, MemoryAdvice.PageOut));
        Assert.Equal(4, process.Memory.Space.Statistics.Swapped);
        Succeeds(process.Memory.Advise(At(0), 4 * 4096, MemoryAdvice.WillNeed));
        Assert.Equal(0, world.Engine.Reclaimed.SwapReadAhead);
        world.Verify();
    }

    [Fact]
    public void SharedMemoryThatIsAskedForComesBackToo()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        UserProcess process = world.Engine.CreateProcess("p");
        Succeeds(process.Memory.Map(At(0), 40 * 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed,
            out _));
        for (int page = 0; page < 40; page++) process.Memory.Mmu.Write(At(page), page + 1);
        Succeeds(process.Memory.Advise(At(0), 40 * 4096, MemoryAdvice.PageOut));
        Succeeds(process.Memory.Advise(At(10), 20 * 4096, MemoryAdvice.WillNeed));
        byte[] present = new byte[40];
        Succeeds(process.Memory.InCore(At(0), 40 * 4096, present));
        Assert.Equal((20, 10), (present.Count(static one => one == 1), Array.IndexOf(present, (byte)1)));
        world.Verify();
        for (int page = 0; page < 40; page++) Assert.Equal(page + 1, process.Memory.Mmu.Read<int>(At(page)));
        world.Verify();
    }

    [Fact]
    public void WithoutReadAheadOnePageComesBackAtATime()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 2 << 20, RequestHostHugePages = false, SwapReadAheadPages = 1 });
        Succeeds(engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using UserProcess process = engine.CreateProcess("p");
        Succeeds(process.Memory.Map(At(0), 16 * 4096, MemoryProtection.ReadWrite, PrivateFixed, out _));
        for (int page = 0; page < 16; page++) process.Memory.Mmu.Write(At(page), page + 1);
        Succeeds(process.Memory.Advise(At(0), 16 * 4096, MemoryAdvice.PageOut));
        for (int page = 0; page < 16; page++) Assert.Equal(page + 1, process.Memory.Mmu.Read<int>(At(page)));
        Assert.Equal((16L, 0L, 16L), (process.Memory.Faults.Major, engine.Reclaimed.SwapReadAhead, engine.Reclaimed.SwapReads));
    }

    [Fact]
    public void MemoryLockedOnFaultStaysOnceItWasTouched()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
        Modelled process = world.Start(600);
        AddressSpace memory = process.Process.Memory;
        process.Write(5, 0, 5);
        Succeeds(memory.Advise(At(5), 4096, MemoryAdvice.PageOut));
        Succeeds(memory.Lock(At(0), 20 * 4096, LockFlags.OnFault));
        Assert.False(memory.Space.Tables.Read(At(5).Page).IsPresent);
        process.Check(5, 0);
        process.Write(6, 0, 6);
        for (int page = 20; page < 600; page++) process.Write(page, 0, (uint)page);
        Assert.True(memory.Space.Tables.Read(At(5).Page).IsPresent && memory.Space.Tables.Read(At(6).Page).IsPresent);
        Assert.Equal(Errno.EINVAL, memory.Advise(At(5), 4096, MemoryAdvice.PageOut));
        world.VerifyBytes();
    }

    [Fact]
    public void TheReportsCountPagesOutAndIn()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        Modelled process = PutOut(world, 32);
        process.Check(0, 0);
        string vmstat = world.Engine.FormatVmstat(), meminfo = world.Engine.FormatMeminfo();
        foreach (string line in (ReadOnlySpan<string>)["pswpin 8", "pswpout 32", "pgsteal_anon 32", "swap_ra 7", "pgmajfault 1",
            "nr_swapcached 8"])
            Assert.Contains($"\n{line}\n", vmstat, StringComparison.Ordinal);
        Assert.Contains("SwapTotal:          8192 kB\nSwapFree:           8064 kB\n", meminfo, StringComparison.Ordinal);
        Assert.Contains("SwapCached:           32 kB\n", meminfo, StringComparison.Ordinal);
        Assert.Contains("Swap:                124 kB\nSwapPss:             124 kB\n", process.Process.Memory.FormatSmaps(),
            StringComparison.Ordinal);
        PagemapWord word = process.Process.Memory.ReadPagemap(At(20).Page);
        Assert.Equal((true, false), (word.IsSwapped, word.IsPresent));
    }

    [Fact]
    public void AChildHalvesTheProportionalShareOfASlot()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        Modelled process = PutOut(world, 32);
        using UserProcess child = process.Process.Fork();
        Assert.Contains("Swap:                128 kB\nSwapPss:              64 kB\n", child.Memory.FormatSmaps(), StringComparison.Ordinal);
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
