using Paging.Core.Frames;
using Paging.Core.Spaces;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The counters of an address space beside plain sums. Linux: get_mm_rss, get_mm_hiwater_rss, vm_stat_account.</summary>
public sealed class ResidentCountTests
{
    [Fact]
    public void TheResidentSetIsTheSumOfItsThreeKindsAndItsPeakStays()
    {
        MemoryStatistics statistics = default;
        statistics.CountResident(ResidentKind.Anonymous, 100);
        statistics.CountResident(ResidentKind.File, 20);
        statistics.CountResident(ResidentKind.Shared, 3);
        Assert.Equal((100L, 20L, 3L), (statistics.ResidentAnonymous, statistics.ResidentFile, statistics.ResidentShared));
        Assert.Equal((123L, 123L), (statistics.Resident, statistics.PeakResident));
        statistics.CountResident(ResidentKind.File, -5);
        Assert.Equal((118L, 123L), (statistics.Resident, statistics.PeakResident));
        statistics.CountResident(ResidentKind.Shared, -3);
        statistics.CountResident(ResidentKind.Anonymous, 7);
        Assert.Equal((122L, 123L), (statistics.Resident, statistics.PeakResident));
        statistics.CountResident(ResidentKind.Anonymous, 2);
        Assert.Equal((124L, 124L), (statistics.Resident, statistics.PeakResident));
    }

    /// <summary>Which sum an area is a part of, by its rights: code, the stack, data, or none. Linux: vm_stat_account.</summary>
    [Theory]
    [InlineData(AreaFlags.None, 0, 0, 0)]
    [InlineData(AreaFlags.Read, 0, 0, 0)]
    [InlineData(AreaFlags.Read | AreaFlags.Execute, 5, 0, 0)]
    [InlineData(AreaFlags.Read | AreaFlags.Execute | AreaFlags.Shared, 5, 0, 0)]
    [InlineData(AreaFlags.Read | AreaFlags.Write, 0, 0, 5)]
    [InlineData(AreaFlags.Read | AreaFlags.Write | AreaFlags.Execute, 0, 0, 5)]
    [InlineData(AreaFlags.Read | AreaFlags.Write | AreaFlags.Shared, 0, 0, 0)]
    [InlineData(AreaFlags.Read | AreaFlags.Write | AreaFlags.GrowsDown, 0, 5, 0)]
    [InlineData(AreaFlags.Read | AreaFlags.Execute | AreaFlags.GrowsDown, 0, 5, 0)]
    [InlineData(AreaFlags.Read | AreaFlags.Write | AreaFlags.Foreign, 0, 0, 0)]
    public void AnAreaCountsByItsRights(AreaFlags flags, long code, long stack, long data)
    {
        MemoryStatistics statistics = default;
        statistics.Account(flags, 5);
        long total = (flags & AreaFlags.Foreign) == 0 ? 5 : 0;
        Assert.Equal((total, total, code, stack, data),
            (statistics.Total, statistics.PeakTotal, statistics.Code, statistics.Stack, statistics.Data));
        statistics.Account(flags, -2);
        Assert.Equal(total == 0 ? (0, 0) : (3, 5), (statistics.Total, statistics.PeakTotal));
        Assert.Equal((code == 0 ? 0 : 3, stack == 0 ? 0 : 3, data == 0 ? 0 : 3),
            (statistics.Code, statistics.Stack, statistics.Data));
    }

    [Fact]
    public void ThePeakOfTheTotalStaysWhenAreasGo()
    {
        MemoryStatistics statistics = default;
        statistics.Account(default, 50);
        statistics.Account(default, -20);
        Assert.Equal((30L, 50L), (statistics.Total, statistics.PeakTotal));
        statistics.Account(default, 20);
        Assert.Equal(50L, statistics.PeakTotal);
        statistics.Account(default, 1);
        Assert.Equal((51L, 51L), (statistics.Total, statistics.PeakTotal));
    }

    /// <summary>
    /// A page of a file that is copied on write is exchanged for another: at no moment were there more. Linux: wp_page_copy takes the one
    /// off the counter before it adds the other; VmHWM shows it. The page of zeros is not counted, so its copy is one more.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ACopyOnWriteIsAnExchange(bool isSharedMemory)
    {
        using World world = new();
        int descriptor = isSharedMemory
            ? world.Open(world.Engine.Files.CreateSharedMemory(4 * 4096, isCommitted: true))
            : world.OpenFile("f", 4);
        world.MapFile(descriptor, 0, 4);
        world.Map(8, 4);
        for (int page = 0; page < 4; page++) world.Peek(page);
        AssertCounts(world, resident: 4, peak: 4);
        for (int page = 0; page < 4; page++)
        {
            world.Touch(page, 9);
            AssertCounts(world, resident: 4, peak: 4);
        }

        for (int page = 8; page < 12; page++) world.Peek(page);
        AssertCounts(world, resident: 4, peak: 4);
        world.Touch(8, 9);
        AssertCounts(world, resident: 5, peak: 5);
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(2)));
        AssertCounts(world, resident: 3, peak: 5);
        world.Touch(9, 9);
        world.Touch(10, 9);
        AssertCounts(world, resident: 5, peak: 5);
        using UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(World.At(8), 1u);    // a page of the parent's for one of its own
        Assert.Equal(child.Memory.Usage.PeakResident.Value, child.Memory.Usage.Resident.Value);
        world.Verify();
    }

    private static void AssertCounts(World world, uint resident, uint peak)
    {
        MemoryUsage usage = world.Memory.Usage;
        Assert.Equal((resident, peak), (usage.Resident.Value, usage.PeakResident.Value));
    }
}
