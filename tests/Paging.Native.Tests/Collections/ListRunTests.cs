using Paging.Native.Collections;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>A run is taken out of a list at once: both ends are joined, and the rest is as if each had been taken out.</summary>
public sealed class ListRunTests
{
    [Fact]
    public void AnyRunLeavesItsNeighbours()
    {
        for (uint first = 1; first <= 6; first++)
        {
            for (uint last = first; last <= 6; last++)
            {
                LinkedRecords.Items items = new LinkedRecords().All;
                IntrusiveList list = default;
                for (uint item = 1; item <= 6; item++) IntrusiveList.AddLast(ref list, items, item);
                IntrusiveList.RemoveRun(ref list, items, first, last, last - first + 1);
                List<uint> left = [];
                for (uint item = list.First; item != 0; item = items.Links(item).Next) left.Add(item);
                Assert.Equal(Enumerable.Range(1, 6).Select(static item => (uint)item).Where(item => item < first || item > last), left);
                Assert.Equal((left.FirstOrDefault(), left.LastOrDefault()), (list.First, list.Last));
                AuditReport report = new();
                IntrusiveList.Audit(in list, items, report);
                Assert.True(report.IsClean, report.ToString());
                for (uint item = first; item < last; item++) Assert.Equal(item + 1, items.Links(item).Next);    // as they were
            }
        }
    }

    /// <summary>A run whose ends are not linked to its neighbours is invalid: nothing is removed.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ANeighbourThatPointsElsewhereIsNoticed(bool isAfter)
    {
        LinkedRecords.Items items = new LinkedRecords().All;
        IntrusiveList list = default;
        for (uint item = 1; item <= 5; item++) IntrusiveList.AddLast(ref list, items, item);
        if (isAfter) items.Links(5).Previous = 3;
        else items.Links(1).Next = 3;
        Assert.Throws<InvariantException>(() => IntrusiveList.RemoveRun(ref list, items, 2, 4, 3));
        Assert.Equal(5u, list.Count);
    }
}
