using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsGuest.Calls;

/// <summary>The libraries that every program finds in its memory: ntdll, kernel32 and msvcrt. Each is a block of stubs.</summary>
internal sealed class SystemLibraries
{
    private readonly Dictionary<(string Module, string Name), VirtualAddress> _places = [];
    private readonly Dictionary<VirtualAddress, string> _modules = [];

    /// <summary>Puts the libraries into a process. Null: no memory.</summary>
    /// <param name="process">The process that gets the libraries.</param>
    /// <param name="catalog">The functions, in the order of their numbers.</param>
    /// <param name="variables">The variables of msvcrt, and their lengths in bytes.</param>
    public static SystemLibraries? Load(
        WindowsProcess process, IReadOnlyList<ImportedCall> catalog, IReadOnlyList<(string Name, uint ByteLength)> variables)
    {
        SystemLibraries libraries = new();
        foreach (IGrouping<string, (int Index, ImportedCall Item)> library in catalog.Index()
            .GroupBy(static one => one.Item.Module, StringComparer.Ordinal))
        {
            byte[] code = [.. library.SelectMany(static one => CallStubs.CodeOf(CallStubs.NumberOf(one.Index), one.Item.ArgumentCount))];
            if (!SystemMemory.TryTakeCode(process, code, out VirtualAddress at)) return null;
            libraries._modules.Add(at, library.Key);
            foreach ((_, ImportedCall call) in library)
            {
                libraries._places.Add((library.Key, call.Name), at);
                at += CallStubs.StubLength;
            }
        }

        if (!SystemMemory.TryTake(process, (uint)variables.Sum(static one => one.ByteLength), out VirtualAddress place)) return null;
        foreach ((string name, uint byteLength) in variables)
        {
            libraries._places.Add((ImportedCall.Msvcrt, name), place);
            place += byteLength;
        }

        return libraries;
    }

    /// <summary>Finds a function or a variable.</summary>
    public bool TryFind(string module, string name, out VirtualAddress place) => _places.TryGetValue((module, name), out place);

    /// <summary>The place of the library of a name, with or without its folder and <c>.dll</c>.</summary>
    public bool TryFindModule(string name, out VirtualAddress start)
    {
        string file = name[(name.LastIndexOfAny(['\\', '/']) + 1)..];
        if (!file.Contains('.', StringComparison.Ordinal)) file += ".dll";    // LoadLibrary, Remarks
        (start, string? found) = _modules.FirstOrDefault(one => string.Equals(one.Value, file, StringComparison.OrdinalIgnoreCase));
        return found is not null;
    }

    /// <summary>The name of the library at an address.</summary>
    public bool TryFindName(VirtualAddress start, out string name) => _modules.TryGetValue(start, out name!);
}
