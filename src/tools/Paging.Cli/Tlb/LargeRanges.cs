using System.Globalization;
using Paging.Costs.Hardware;

namespace Paging.Cli.Tlb;

/// <summary>Ranges of addresses that are mapped with large pages, from a file beside a trace.</summary>
/// <remarks>
/// A line begins with START-END in hexadecimal, as in /proc/PID/maps; the rest of a line is ignored, and so are empty lines and lines with
/// <c>#</c>. As with transparent huge pages, only whole large pages within a range are large.
/// </remarks>
internal sealed class LargeRanges
{
    private readonly List<(ulong First, ulong End)> _ranges = [];    // in large pages, ascending, disjoint

    private LargeRanges()
    {
    }

    /// <summary>The number of large pages.</summary>
    public ulong PageCount => _ranges.Aggregate(0UL, static (sum, range) => sum + range.End - range.First);

    /// <summary>Reads a file's lines. Returns null and the complaint, which names the line, if one is no range.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="shift">The bits of an address within a large page.</param>
    /// <param name="complaint">The line's number and what is wrong with it.</param>
    public static LargeRanges? Read(IEnumerable<string> lines, int shift, out string? complaint)
    {
        LargeRanges ranges = new();
        List<(ulong First, ulong End)> read = [];
        int number = 0;
        complaint = null;
        foreach (string line in lines)
        {
            number++;
            string word = line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries) is [{ } first, ..] ? first : "#";
            if (word[0] == '#') continue;
            string[] words = word.Split('-');
            if (words.Length != 2 || !TryAddress(words[0], out ulong start) || !TryAddress(words[1], out ulong end))
            {
                complaint = $"line {number}: a range is START-END in hexadecimal";
                return null;
            }

            if (end <= start)
            {
                complaint = $"line {number}: the range ends before it begins";
                return null;
            }

            ulong firstPage = (start >> shift) + ((start & ((1UL << shift) - 1)) == 0 ? 0UL : 1), endPage = end >> shift;
            if (firstPage < endPage) read.Add((firstPage, endPage));
        }

        foreach ((ulong first, ulong end) in read.Order())
        {
            if (ranges._ranges.Count > 0 && ranges._ranges[^1] is var last && first <= last.End)
                ranges._ranges[^1] = (last.First, Math.Max(last.End, end));
            else ranges._ranges.Add((first, end));
        }

        return ranges;
    }

    /// <summary>True if a large page is one. O(log ranges).</summary>
    /// <param name="number">Its address over its size.</param>
    public bool Has(ulong number)
    {
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End <= number) low = middle + 1;
            else high = middle;
        }

        return low < _ranges.Count && _ranges[low].First <= number;
    }

    private static bool TryAddress(string text, out ulong address) =>
        ulong.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text, NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out address);
}

/// <summary>Tables in which some ranges are mapped with large pages, and all else with small ones.</summary>
internal readonly struct MixedTables(TableDepth depth, LargeRanges ranges) : ITranslationTables
{
    private const int PageShift = 12;

    private readonly int _pagesShift = ShiftOf(depth) - PageShift;

    /// <inheritdoc/>
    public TableDepth Depth => depth;

    /// <summary>The bits of an address within a large page: 4 MB in classic tables, 2 MB in the others.</summary>
    public static int ShiftOf(TableDepth depth) => depth == TableDepth.Classic ? 22 : 21;

    /// <inheritdoc/>
    public TableEntry Read(LinearPage page, int level) =>
        new UniformTables(depth, ranges.Has(page.Value >> _pagesShift)).Read(page, level);
}
