using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Tables;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>RAM beyond 896 MiB and beyond 4 GiB: zones, their reserves, and tables that lead there.</summary>
public sealed class HighMemoryTests
{
    private const ulong GiB = 1UL << 30;

    private static EngineOptions Pae(ulong bytes) => World.Options() with { RamBytes = bytes, Tables = TableFormat.Pae };

    [Fact]
    public void SixteenGibibytesAreMadeAtOnceAndUsed()
    {
        using World world = new(Pae(16 * GiB));
        world.Map(0, 64);
        for (int page = 0; page < 64; page++) world.Mmu.Write(World.At(page, 4), page);
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(5).Page);
        Assert.True(entry.Frame >= MemoryZones.BoundsOf(MemoryZone.HighMem).First, $"frame {entry.Frame} is low");
        Assert.True(world.Memory.Space.Tables.Walk(World.At(5, 4), AccessKind.Read, ProcessorMode.User).Succeeded);
        Assert.Equal(5, world.Mmu.Read<int>(World.At(5, 4)));
        Assert.True(world.Memory.PrepareWalk() < MemoryZones.BoundsOf(MemoryZone.Normal).End, "CR3 has 32 bits");
    }

    /// <summary>The host takes all below; then pages, tables and copies lie where no classic entry leads.</summary>
    [Fact]
    public void FramesBeyondFourGibibytesServeAsAnyOther()
    {
        using World world = new(Pae(5 * GiB));
        while (world.Engine.Frames.TryTake(BuddyAllocator.OrderMax, out FrameNumber taken) && taken.Value < (1 << 20) - 1024) { }
        world.Map(0, 1200);
        for (int page = 0; page < 1200; page++) world.Mmu.Write(World.At(page), page);
        Assert.True(world.Memory.Space.Tables.Read(World.At(700).Page).Frame.Value >= 1 << 20);
        UserProcess child = world.First.Fork();
        for (int page = 0; page < 1200; page += 3) child.Memory.Mmu.Write(World.At(page), -page);
        for (int page = 0; page < 1200; page++)
        {
            Assert.Equal(page, world.Mmu.Read<int>(World.At(page)));
            Assert.Equal(page % 3 == 0 ? -page : page, child.Memory.Mmu.Read<int>(World.At(page)));
        }

        world.Verify();
    }

    [Fact]
    public void TheLastFrameOfSixtyFourGibibytesIsThere()
    {
        using World world = new(Pae(64 * GiB));
        Assert.True(world.Machine.Ram.HasBytes(new(0xFF_FFFF)));
        Assert.False(world.Machine.Ram.HasBytes(new(0x100_0000)));
        world.Engine.Ram.Bytes(new FrameNumber(0xFF_FFFF))[4095] = 1;
    }

    [Theory]
    [InlineData(TableFormat.Classic, 4 * GiB, true)]
    [InlineData(TableFormat.Classic, (4 * GiB) + 4096, false)]
    [InlineData(TableFormat.Pae, 64 * GiB, true)]
    [InlineData(TableFormat.Pae, (64 * GiB) + 4096, false)]
    public void RamIsLimitedToFramesThatTablesCanName(TableFormat tables, ulong bytes, bool isPossible)
    {
        EngineOptions options = World.Options() with { RamBytes = bytes, Tables = tables };
        if (isPossible) new PagingEngine(options).Dispose();
        else Assert.Throws<ArgumentOutOfRangeException>(() => new PagingEngine(options));
    }

    [Fact]
    public void ZonesAreThoseOfA32BitKernel()
    {
        using PagingEngine engine = new(Pae(16 * GiB));
        IReadOnlyList<ZoneMemory> zones = engine.Frames.CountZones();
        Assert.Equal(["DMA", "Normal", "HighMem"], zones.Select(static zone => zone.Name), StringComparer.Ordinal);
        Assert.Equal([0u, 0x1000, 0x3_8000], zones.Select(static zone => zone.First.Value));
        Assert.Equal([0x1000u, 0x3_7000, 0x3C_8000], zones.Select(static zone => zone.Present.Value));
        Assert.Equal(0x3C_8000u / 32, zones[1].Reserves[2].Value);    // lowmem_reserve_ratio
        Assert.Equal((0x3_7000u + 0x3C_8000) / 256, zones[0].Reserves[2].Value);
        Assert.Equal(128u, zones[2].Watermarks.Min.Value);
        Assert.Equal(engine.Memory.Free.Value, (uint)zones.Sum(static zone => zone.Free.Value));
    }

    [Fact]
    public void ReportsIncludeHighMemory()
    {
        using PagingEngine engine = new(Pae(2 * GiB));
        string meminfo = engine.FormatMeminfo(), zones = engine.FormatZoneInfo();
        Assert.Contains($"HighTotal:      {(2048 - 896) << 10,8} kB\n", meminfo, StringComparison.Ordinal);
        Assert.Contains($"LowTotal:       {(896 << 10) - 4,8} kB\n", meminfo, StringComparison.Ordinal);    // frame 0 is reserved
        Assert.Contains("Node 0, zone  HighMem\n", zones, StringComparison.Ordinal);
        Assert.Contains("        present  294912\n", zones, StringComparison.Ordinal);
        Assert.Contains("        protection: (0, 0, 9216, 9216)\n", zones, StringComparison.Ordinal);
        Assert.EndsWith("        protection: (0, 0, 0, 0)\n", zones, StringComparison.Ordinal);
        Assert.Equal(3, engine.FormatBuddyInfo().Count(static letter => letter == '\n'));
    }

    [Fact]
    public void ASmallMachineHasNoHighMemory()
    {
        using PagingEngine engine = new(World.Options(64));
        Assert.Contains("HighTotal:             0 kB\n", engine.FormatMeminfo(), StringComparison.Ordinal);
        Assert.Equal(2, engine.FormatBuddyInfo().Count(static letter => letter == '\n'));
        Assert.Contains("Node 0, zone  HighMem\n  pages free     0\n", engine.FormatZoneInfo(), StringComparison.Ordinal);
    }
}
