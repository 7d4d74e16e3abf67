using Paging.Native.Translation;
using Xunit;

namespace Paging.Native.Tests;

public class RegionSetTests
{
    [Fact]
    public void ASetOfRegionsBehavesLikeASortedSet()
    {
        Random random = new(1);
        RegionSet set = default;
        SortedSet<int> model = [];
        Assert.Equal(-1, set.NextFrom(0));
        for (int step = 0; step < 3000; step++)
        {
            int region = random.Next(4) == 0 ? random.Next(16) * 64 + random.Next(2) * 63 : random.Next(1024);
            if (random.Next(2) == 0)
            {
                set.Add(region);
                model.Add(region);
            }
            else
            {
                set.Remove(region);
                model.Remove(region);
            }

            int from = random.Next(1025);
            int next = from <= 1023 ? model.GetViewBetween(from, 1023).Append(-1).First() : -1;
            Assert.Equal((model.Contains(region), next), (set.Contains(region), set.NextFrom(from)));
        }
    }

    [Fact]
    public void TheFirstAndTheLastRegionAreInReach()
    {
        RegionSet set = default;
        set.Add(1023);
        Assert.Equal((1023, 1023, -1), (set.NextFrom(0), set.NextFrom(1023), set.NextFrom(1024)));
        set.Add(0);
        set.Remove(1023);
        Assert.NotEqual(-1, set.NextFrom(0));    // not even with the first region alone
        set.Add(1023);
        Assert.Equal((0, 1023), (set.NextFrom(0), set.NextFrom(1)));
    }
}
