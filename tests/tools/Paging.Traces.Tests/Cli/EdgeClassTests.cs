using Paging.Cli.Fuzz;
using Xunit;

namespace Paging.Traces.Tests;

/// <summary>Ways of inputs are told apart by AFL's classes of counts, and by the edges.</summary>
public sealed class EdgeClassTests
{
    [Fact]
    public void CountsOfOneClassAreOneWay()
    {
        int[] firsts = [0, 1, 2, 3, 4, 8, 16, 32, 128, 256];    // of each class, and the end
        for (int i = 0; i + 1 < firsts.Length; i++)
        {
            ulong way = WayOf(edge: 11, firsts[i]);
            for (int count = 0; count < 256; count++)
                Assert.Equal(count >= firsts[i] && count < firsts[i + 1], WayOf(edge: 11, count) == way);
        }
    }

    [Fact]
    public void EachEdgeCounts()
    {
        HashSet<ulong> ways = [];
        for (int edge = 0; edge < 64; edge++) Assert.True(ways.Add(WayOf(edge, 1)));
        Assert.DoesNotContain(WayOf(0, 0), ways);
    }

    private static ulong WayOf(int edge, int count)
    {
        byte[] edges = new byte[64];
        edges[edge] = (byte)count;
        return InputChecks.WayOf(edges);
    }
}
