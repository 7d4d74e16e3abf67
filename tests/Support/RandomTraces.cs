using Paging.Traces.Reading;

namespace Paging.Tests;

/// <summary>Seeded traces that do what programs do: favourites, loops, scans, shifts from one phase to the next.</summary>
internal static class RandomTraces
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    public static TraceAccess[] Create(int seed, int length, int pageCount)
    {
        Random random = new(seed);
        List<TraceAccess> accesses = [];
        while (accesses.Count < length)
        {
            int first = random.Next(pageCount);
            int count = 1 + random.Next(Math.Max(1, length / 8));
            AddPhase(accesses, random, pageCount, first, count);
        }
        return [.. accesses.Take(length)];
    }

    private static void AddPhase(List<TraceAccess> accesses, Random random, int pageCount, int first, int count)
    {
        int kind = random.Next(4);
        int span = 1 + random.Next(pageCount);
        for (int index = 0; index < count; index++)
        {
            int offset = kind switch
            {
                0 => index,                                                    // a scan
                1 => index % span,                                             // a loop
                2 => random.Next(span),                                        // no preference
                _ => (int)(span * Math.Pow(random.NextDouble(), 4)),           // favourites
            };
            accesses.Add(new((ulong)((first + offset) % pageCount), random.Next(3) == 0));
        }
    }
}
