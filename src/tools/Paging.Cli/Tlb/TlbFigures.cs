using System.Collections.Immutable;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;

namespace Paging.Cli.Tlb;

/// <summary>A trace, and what hardware counted in it.</summary>
/// <param name="Name">The trace's name.</param>
/// <param name="Runs">Each hardware with its counts: one, or those of a sweep.</param>
internal sealed record TlbFigures(string Name, ImmutableArray<TranslationHardware> Runs)
{
    /// <summary>The accesses of the trace.</summary>
    public long AccessCount => Runs[0].Counts.Accesses;

    /// <summary>The time of translation by a price list, without the accesses themselves.</summary>
    public static VirtualTime TimeOf(TranslationCounts counts, ProcessorPrices prices) => (prices.SecondLevelHit * counts.SecondHits)
        + (prices.EntryLineHit * (counts.EntryReads - counts.LineMisses)) + (prices.EntryLineMiss * counts.LineMisses);
}
