using Paging.Guest;
using Paging.Native;
using Paging.Programs;

namespace Paging.Cli.Run.Report;

/// <summary>Names a page by the symbol that fills most of it, or by its area.</summary>
internal sealed class SymbolNames(GuestKernel kernel, string root)
{
    private const string Anonymous = "(anonymous)";

    private readonly Dictionary<string, IReadOnlyList<ProgramSymbol>> _files = new(StringComparer.Ordinal);

    /// <summary>Returns the name; never empty.</summary>
    public string NameOf(uint page, IReadOnlyList<(string Line, string Name, PageRange Range, long Resident)> map)
    {
        int at = map.ToList().FindIndex(area => area.Range.Contains(new(page)));
        if (at < 0) return "(unmapped at the peak)";
        string name = map[at].Name;
        bool isAnonymous = name.Length == 0;
        for (int before = at; name.Length == 0 && before > 0 && map[before - 1].Range.End == map[before].Range.First; before--)
            name = map[before - 1].Name;    // .bss follows the data of its file
        if (!name.StartsWith('/')) return isAnonymous ? Anonymous : name;
        uint first = map.Where(area => string.Equals(area.Name, name, StringComparison.Ordinal)).Min(static area => area.Range.First.Value);
        return SymbolAt(name, page, first) ?? (isAnonymous ? Anonymous : Path.GetFileName(name));
    }

    private string? SymbolAt(string file, uint page, uint firstPage)
    {
        if (!_files.TryGetValue(file, out IReadOnlyList<ProgramSymbol>? symbols))
            _files[file] = symbols =
                [.. HostSymbols.ReadBelow(kernel.Engine, root, file).OrderBy(static symbol => symbol.Address.Value)];
        if (symbols.Count == 0) return null;
        bool isMovable = symbols[0].Address.Value < firstPage << 12;    // a shared object, or a PIE: it begins at 0 before its bias
        uint bias = isMovable ? firstPage << 12 : 0;
        long start = (long)(page << 12) - bias, end = start + 4096, most = 0;
        string? best = null;
        foreach (ProgramSymbol symbol in symbols)
        {
            long symbolEnd = symbol.Address.Value + (long)Math.Max(symbol.ByteLength, 1);
            long covered = Math.Min(end, symbolEnd) - Math.Max(start, symbol.Address.Value);
            if (covered > most) (best, most) = (symbol.Name, covered);
        }

        return best;
    }
}
