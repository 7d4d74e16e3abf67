using Paging.Policies.Storage;

namespace Paging.Policies.Tests;

/// <summary>The page → slot table against a dictionary.</summary>
public class PageIndexTests
{
    public static TheoryData<int, string, Func<Random, ulong>> Keys => new()
    {
        { 1, "few", static random => (ulong)random.Next(40) },
        { 2, "many", static random => (ulong)random.Next(5_000) },
        { 3, "strided", static random => (ulong)random.Next(500) << 52 },
        { 4, "high", static random => ulong.MaxValue - 1 - (ulong)random.Next(300) },
    };

    [Theory, MemberData(nameof(Keys))]
    public void AgreesWithADictionary(int seed, string name, Func<Random, ulong> key)
    {
        Random random = new(seed);
        PageIndex index = new(reservedCount: 0);
        Dictionary<ulong, int> model = [];
        for (int step = 0; step < 60_000; step++)
        {
            ulong page = key(random);
            if (model.TryGetValue(page, out int slot))
            {
                Assert.Equal(slot, index.Find(page));
                if (random.Next(2) == 0) continue;
                index.Remove(slot);
                model.Remove(page);
            }
            else
            {
                Assert.True(index.Find(page) < 0);
                index.Add(page, step);
                model.Add(page, step);
            }
            Assert.Equal(model.Count, index.Count);
        }

        Assert.True(model.Count > 10, $"Few {name} keys are left.");
        Assert.All(model, pair => Assert.Equal(pair.Value, index.Find(pair.Key)));
    }
}
