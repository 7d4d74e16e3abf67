using Paging.Cli.Reports;
using Paging.Cli.Run.Report;
using Paging.Native;

namespace Paging.Pictures.Tests;

/// <summary>Working sets of reports, compared with those that one counts by hand.</summary>
public sealed class WorkingSetTests
{
    /// <summary>W(t, T): the different pages of the last T references. One phase, then another.</summary>
    [Fact]
    public void AWorkingSetIsTheDifferentPagesOfTheLastMoments()
    {
        ReferenceLog log = new();
        foreach ((int i, uint page) in ((uint[])[1, 2, 1, 3, 3, 3, 3, 4]).Index())
            log.Add(i + 1, 0, new(new(page), PageCount.One));
        Assert.Equal([1, 2, 2, 3, 2, 1, 1, 2], log.WorkingSets(Moments(8), window: 3));
        Assert.Equal([1, 2, 2, 3, 3, 3, 3, 4], log.WorkingSets(Moments(8), window: 100));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], log.WorkingSets(Moments(8), window: 1));
    }

    [Fact]
    public void PagesOfTwoProcessesAreTwoAndRangesCountEachPage()
    {
        ReferenceLog log = new();
        log.Add(1, 0, new(new(0x20000), new(4)));
        log.Add(1, 1, new(new(0x20000), new(2)));
        log.Add(2, 0, new(new(0x20002), new(4)));
        Assert.Equal([6, 8, 4, 0], log.WorkingSets(Moments(4), window: 2));
    }

    [Fact]
    public void ASetOfPagesCountsEachOnceAlsoWhenSetsAreJoined()
    {
        ulong[] first = [1UL << 63 | 1, 1, 0, 1UL << 5], second = [0, 3, 0, 1UL << 6];
        Assert.Equal((4, 3), (RunRecorder.CountOf(first), RunRecorder.CountOf(second)));
        ulong[] both = RunRecorder.Join(first, second);
        Assert.Equal(6, RunRecorder.CountOf(both));
        Assert.Equal([0, 63, 64, 65, 197, 198], RunRecorder.PagesIn(both));
    }

    private static IEnumerable<long> Moments(int count) => Enumerable.Range(1, count).Select(static moment => (long)moment);
}
