using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Programs;

namespace Paging.Guest.Checking;

/// <summary>The files that a program has mapped as code, with their functions.</summary>
internal sealed class ProgramNames(PagingEngine engine, string root)
{
    private readonly Dictionary<string, ProgramSymbol[]> _files = new(StringComparer.Ordinal);

    /// <summary>A file of which code is mapped.</summary>
    /// <param name="Name">Its name, without the folder.</param>
    /// <param name="Range">From its first to its last page of code.</param>
    /// <param name="Bias">The load bias: added to the addresses of its symbols.</param>
    /// <param name="Functions">Its functions in the order of their addresses.</param>
    internal readonly record struct Module(string Name, PageRange Range, uint Bias, ProgramSymbol[] Functions);

    /// <summary>Reads the current mappings.</summary>
    public Module[] Read(AddressSpace memory)
    {
        List<Module> modules = [];
        foreach (IGrouping<string, AreaSnapshot> file in memory.Areas.Snapshot()
            .Where(static area => area.Name.StartsWith('/')).GroupBy(static area => area.Name, StringComparer.Ordinal))
        {
            AreaSnapshot[] code = [.. file.Where(static area => (area.Protection & MemoryProtection.Execute) != 0)];
            if (code.Length == 0) continue;
            ProgramSymbol[] functions = FunctionsOf(file.Key);
            uint first = file.Min(static area => area.Range.First.Value) << VirtualAddress.PageShift;
            bool isMovable = functions.Length == 0 || functions[0].Address.Value < first;    // a shared object, or a PIE: it begins at 0
            PageRange range = PageRange.Between(code[0].Range.First, code[^1].Range.End);
            modules.Add(new(Path.GetFileName(file.Key), range, isMovable ? first : 0, functions));
        }

        return [.. modules];
    }

    /// <summary>Describes an address of code: function and offset, and the file.</summary>
    public static string Describe(VirtualAddress at, Module[] modules)
    {
        foreach (Module module in modules)
        {
            if (!module.Range.Contains(at.Page)) continue;
            uint place = at.Value - module.Bias;
            int index = Array.FindLastIndex(module.Functions, symbol => symbol.Address.Value <= place);
            return index < 0
                ? string.Create(CultureInfo.InvariantCulture, $"{at}: {module.Name}+0x{place:x}")
                : string.Create(CultureInfo.InvariantCulture,
                    $"{at}: {module.Functions[index].Name}+0x{place - module.Functions[index].Address.Value:x} ({module.Name})");
        }

        return $"{at}";
    }

    private ProgramSymbol[] FunctionsOf(string path)
    {
        if (!_files.TryGetValue(path, out ProgramSymbol[]? functions)) _files[path] = functions = ReadFunctions(path);
        return functions;
    }

    private ProgramSymbol[] ReadFunctions(string path)
    {
        IReadOnlyList<ProgramSymbol> symbols = HostSymbols.ReadBelow(engine, root, path);
        if (symbols.Count == 0) symbols = HostSymbols.Read(engine, path);    // a program outside the root keeps its host path
        return [.. symbols.Where(static symbol => symbol.IsFunction).OrderBy(static symbol => symbol.Address.Value)];
    }
}
