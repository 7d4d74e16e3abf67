using Paging.Traces.Simulation;

namespace Paging.Traces.Tests;

/// <summary>The numbers of pages, beside a dictionary's.</summary>
public sealed class DistinctPagesTests
{
    public static TheoryData<string, Func<Random, ulong>> Pages => new()
    {
        { "few", static random => (ulong)random.Next(40) },
        { "many", static random => (ulong)random.Next(50_000) },
        { "strided", static random => (ulong)random.Next(5_000) << 51 },
        { "high", static random => ulong.MaxValue - (ulong)random.Next(300) },
    };

    [Theory, MemberData(nameof(Pages))]
    public void PagesAreNumberedInTheOrderOfTheirFirstAccesses(string name, Func<Random, ulong> choose)
    {
        Random random = new(name.Length);
        DistinctPages pages = new();
        Dictionary<ulong, int> model = [];
        for (int step = 0; step < 60_000; step++)
        {
            ulong page = choose(random);
            model.TryAdd(page, model.Count);
            Assert.Equal(model[page], pages.IdOf(page));
        }

        Assert.Equal(model.Count, pages.Count);
    }
}
