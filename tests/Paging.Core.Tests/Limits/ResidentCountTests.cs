using Paging.Core.Accounting;
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
}
