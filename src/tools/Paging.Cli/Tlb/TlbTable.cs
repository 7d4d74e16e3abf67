using System.Globalization;
using System.Text;
using Paging.Costs.Hardware;
using Paging.Native;
using Paging.Pictures.Writing;
using Spectre.Console;

namespace Paging.Cli.Tlb;

/// <summary>The results of <c>paging tlb</c> for people, and as rows for programs.</summary>
internal static class TlbTable
{
    private const int Width = 98;    // and two blanks before each line

    private static (AccessKind Kind, string Name)[] Kinds =>
        [(AccessKind.Fetch, "fetches"), (AccessKind.Read, "loads"), (AccessKind.Write, "stores")];

    /// <summary>The whole of a trace; lines end in line feeds.</summary>
    public static string Render(TlbFigures trace, TlbOptions options)
    {
        StringWriter text = new() { NewLine = "\n" };
        string pages = options.PagesText;
        if (options.Sweep is null)
        {
            TranslationHardware hardware = trace.Runs[0];
            text.WriteLine($"{trace.Name}: {Number(trace.AccessCount)} accesses on the TLBs of {options.Prices.Name}, {pages}\n");
            Write(text, OfKinds(hardware.Counts));
            text.WriteLine();
            Write(text, OfReach(hardware.Shape, options));
            text.WriteLine();
            foreach (string line in Walks(hardware.Counts, options)) text.WriteLine($"  {line}");
        }
        else
        {
            text.WriteLine($"{trace.Name}: {Number(trace.AccessCount)} accesses through one TLB, {pages}\n");
            Write(text, OfSweep(trace, options));
        }

        return text.ToString();
    }

    /// <summary>Rows; lines end in line feeds, the last one does not.</summary>
    public static string RenderCsv(TlbFigures trace, bool withHeader)
    {
        StringBuilder text = new(withHeader
            ? "trace,entries,ways,replacement,accesses,first_misses,walks,entry_reads,line_misses,entries_skipped" : "");
        foreach (TranslationHardware run in trace.Runs)
        {
            if (text.Length > 0) text.Append('\n');
            string shape = run.Shape.Tlbs is [{ Array: var array }]
                ? string.Create(CultureInfo.InvariantCulture, $"{array.Entries},{array.Ways},{Word(array.Replacement)}") : ",,";
            TranslationCounts counts = run.Counts;
            text.Append(CultureInfo.InvariantCulture, $"{trace.Name},{shape},{counts.Accesses},{counts.FirstMisses},{counts.Walks},")
                .Append(CultureInfo.InvariantCulture, $"{counts.EntryReads},{counts.LineMisses},{counts.EntriesSkipped}");
        }

        return text.ToString();
    }

    /// <summary>The name of a rule of replacement.</summary>
    public static string Word(Replacement replacement) => replacement.ToString().ToLowerInvariant();

    /// <summary>The ways of an array, or <c>full</c>.</summary>
    public static string WaysOf(ArrayShape array) =>
        array.Ways == array.Entries ? "full" : array.Ways.ToString(CultureInfo.InvariantCulture);

    private static Table OfKinds(TranslationCounts counts)
    {
        Table table = PlainTable.Of("", "accesses", "first-level misses", "ratio", "walks", "ratio");
        foreach ((AccessKind kind, string name) in Kinds)
        {
            long accesses = counts.AccessesOf(kind);
            if (accesses == 0) continue;
            long misses = counts.FirstMissesOf(kind, isLarge: false) + counts.FirstMissesOf(kind, isLarge: true);
            long walks = counts.WalksOf(kind, isLarge: false) + counts.WalksOf(kind, isLarge: true);
            PlainTable.Add(table, name, Number(accesses), Number(misses), Ratio(misses, accesses), Number(walks), Ratio(walks, accesses));
        }

        return table;
    }

    private static Table OfReach(TranslationShape shape, TlbOptions options)
    {
        Table table = PlainTable.Of("TLB", "level", "for", "array", "reach");
        foreach (TlbShape tlb in shape.Tlbs)
        {
            bool holdsLarge = tlb.Holds.HasFlag(HeldPages.Large) && (options.IsLarge || options.LargeRanges is { PageCount: > 0 });
            bool isUsed = holdsLarge || (!options.IsLarge && tlb.Holds.HasFlag(HeldPages.Small));
            long most = holdsLarge ? options.LargePageBytes : options.PageBytes;    // the reach is that of the largest pages it holds
            PlainTable.Add(table, tlb.Name, Number(tlb.Level), tlb.Serves.ToString().ToLowerInvariant(), tlb.Array.ToString(),
                isUsed ? SvgText.Bytes((ulong)(tlb.Array.Entries * most)) : "-");
        }

        return table;
    }

    private static IEnumerable<string> Walks(TranslationCounts counts, TlbOptions options)
    {
        long walks = Math.Max(1, counts.Walks);
        yield return $"{Number(counts.Walks)} walks read {Number(counts.EntryReads)} entries, {Fraction(counts.EntryReads, walks)} each; "
            + $"paging-structure caches spared {Number(counts.EntriesSkipped)}";
        yield return $"{Number(counts.LineMisses)} entries came from memory, {Ratio(counts.LineMisses, Math.Max(1, counts.EntryReads))}";
        yield return $"translation by {options.Prices.Name}: {TlbFigures.TimeOf(counts, options.Prices.Processor)}, "
            + $"{Fraction(TlbFigures.TimeOf(counts, options.Prices.Processor).Nanoseconds, counts.Accesses)} ns an access";
    }

    private static Table OfSweep(TlbFigures trace, TlbOptions options)
    {
        Table table = PlainTable.Of("entries", "ways", "replacement", "reach", "misses", "miss ratio", "entries a walk");
        foreach (TranslationHardware run in trace.Runs)
        {
            ArrayShape array = run.Shape.Tlbs[0].Array;
            TranslationCounts counts = run.Counts;
            PlainTable.Add(table, Number(array.Entries), WaysOf(array), Word(array.Replacement),
                SvgText.Bytes((ulong)(array.Entries * options.PageBytes)),
                Number(counts.Walks), Ratio(counts.Walks, counts.Accesses), Fraction(counts.EntryReads, Math.Max(1, counts.Walks)));
        }

        return table;
    }

    private static void Write(StringWriter text, Table table)
    {
        foreach (string line in PlainTable.Render(table, Width)) text.WriteLine($"  {line}");
    }

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Ratio(long part, long whole) => ((double)part / whole).ToString("P2", CultureInfo.InvariantCulture);

    private static string Fraction(long part, long whole) => ((double)part / whole).ToString("0.00", CultureInfo.InvariantCulture);
}
