using System.Globalization;
using Paging.Core.Swap;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Figures of vmstat after stories whose events are few enough to be counted by hand.</summary>
/// <remarks>pgpgin and pgpgout are in KiB, all others in pages. Linux: mm/vmstat.c vmstat_start.</remarks>
public class VmstatNumbersTests
{
    /// <summary>Ten pages of a file are read, and three written: 40 and 12 KiB.</summary>
    [Fact]
    public void TransfersOfFilesAreCountedInKibibytes()
    {
        using World world = new();
        GuestFile file = world.CreateBacked(new(10 * 4096));
        World.Succeeds(file.Read(0, new byte[10 * 4096], out _));
        World.Succeeds(file.Write(2 * 4096, new byte[3 * 4096], out _));
        world.Engine.Files.SynchronizeAll();
        Dictionary<string, long> vmstat = Read(world.Engine);
        Assert.Equal((40, 12), (vmstat["pgpgin"], vmstat["pgpgout"]));
        Assert.Equal((3, 10), (vmstat["nr_written"], vmstat["nr_file_pages"]));
    }

    /// <summary>Of 32 pages 20 are zeros: 12 are written. One fault brings eight back, with one read each.</summary>
    [Fact]
    public void ZerosGoOutWithoutAWriteAndTheSwapCacheCountsAmongFilePages()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 32);
        for (int page = 0; page < 32; page++) world.Touch(page, (byte)(page < 12 ? 1 : 0));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(32), MemoryAdvice.PageOut));
        world.Peek(3);
        Dictionary<string, long> vmstat = Read(world.Engine);
        Assert.Equal((12, 20, 48), (vmstat["pswpout"], vmstat["swpout_zero"], vmstat["pgpgout"]));
        Assert.Equal((8, 32, 7, 0), (vmstat["pswpin"], vmstat["pgpgin"], vmstat["swap_ra"], vmstat["swap_ra_hit"]));
        Assert.Equal((8, 8), (vmstat["nr_swapcached"], vmstat["nr_file_pages"]));
        Assert.Equal((33, 1), (vmstat["pgfault"], vmstat["pgmajfault"]));    // 32 first touches, and the one that read
    }

    /// <summary>A machine whose pages are all a file's scans and frees nothing else; in the background it has no direct reclaim.</summary>
    [Fact]
    public void BackgroundWorkOnAFileCountsNeitherAsDirectNorAsAnonymous()
    {
        using World world = new();
        int pageCount = FillRam(world, out GuestFile file);
        int freed = 0;
        for (int done; (done = world.Engine.RunBackground(1 << 20)) != 0;) freed += done;
        Dictionary<string, long> vmstat = Read(world.Engine);
        Assert.True(freed > 0);
        Assert.Equal((vmstat["pgsteal_kswapd"], 0), (vmstat["pgsteal_file"], vmstat["pgsteal_direct"]));
        Assert.Equal((vmstat["pgscan_kswapd"], 0), (vmstat["pgscan_file"], vmstat["pgscan_direct"]));
        Assert.Equal((0, 0), (vmstat["pgsteal_anon"], vmstat["pgscan_anon"]));

        World.Succeeds(file.Read(0, new byte[pageCount * 4096], out _));
        vmstat = Read(world.Engine);
        Assert.True(vmstat["workingset_refault_file"] > 0, "what was evicted came back");
        Assert.Equal((0, 0), (vmstat["workingset_refault_anon"], vmstat["workingset_activate_anon"]));
    }

    /// <summary>Scanned pages are split into file and anonymous, and into direct and background: both sums are equal.</summary>
    [Fact]
    public void BothDivisionsOfReclaimHaveTheSameSum()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 8);
        PressureWorld.Modelled process = world.Start(800);
        for (int round = 0; round < 2; round++)
        {
            for (int page = 0; page < 800; page++) process.Write(page, 0, (uint)page);
            world.Engine.RunBackground(64);
        }

        Dictionary<string, long> vmstat = Read(world.Engine);
        Assert.True(vmstat["pgscan_direct"] > 0 && vmstat["pgscan_kswapd"] > 0 && vmstat["pgsteal_kswapd"] > 0);
        Assert.Equal(vmstat["pgscan_direct"] + vmstat["pgscan_kswapd"], vmstat["pgscan_anon"] + vmstat["pgscan_file"]);
        Assert.Equal(vmstat["pgsteal_direct"] + vmstat["pgsteal_kswapd"], vmstat["pgsteal_anon"] + vmstat["pgsteal_file"]);
        Assert.Equal(0, vmstat["pgscan_file"]);
        Assert.True(vmstat["workingset_refault_anon"] > 0 && vmstat["workingset_refault_file"] == 0);
    }

    private static Dictionary<string, long> Read(PagingEngine engine) => engine.FormatVmstat()
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' '))
        .ToDictionary(static words => words[0], static words => long.Parse(words[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>Fewer frames are free than the low watermark, and all that can go are pages of a file.</summary>
    private static int FillRam(World world, out GuestFile file)
    {
        int pageCount = (int)world.Engine.Memory.Free.Value - 70;
        file = world.CreateBacked(new(pageCount * 4096));
        World.Succeeds(file.Read(0, new byte[pageCount * 4096], out _));
        return pageCount;
    }
}
