using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;
using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Runtime;

namespace Paging.WindowsGuest.Images;

/// <summary>An image in a process: its name, where it lies, how long it is, and where it starts (0: nowhere).</summary>
internal readonly record struct LoadedModule(string Name, VirtualAddress Start, uint ByteLength, uint EntryPoint)
{
    /// <summary>Its file's full name.</summary>
    public string Path => Name.EndsWith(".dll", StringComparison.Ordinal) ? $@"C:\windows\system32\{Name}" : $@"C:\{Name}";
}

/// <summary>The libraries that every program finds in its memory: ntdll, kernel32 and msvcrt, images of stubs.</summary>
internal sealed class SystemLibraries
{
    private static readonly (string Name, uint Base)[] Known =
        [(ImportedCall.Ntdll, 0x77F0_0000), (ImportedCall.Kernel32, 0x77E0_0000), (ImportedCall.Msvcrt, 0x77C0_0000)];

    private static readonly LibraryImage[] Images = [.. Known.Select(static one => Make(one.Name, one.Base))];

    private readonly Dictionary<(string Module, string Name), VirtualAddress> _places = [];

    /// <summary>Them, in the order in which they were loaded.</summary>
    public List<LoadedModule> Modules { get; } = [];

    /// <summary>Maps them. Null: no memory.</summary>
    public static SystemLibraries? Load(WindowsMachine machine, WindowsProcess process)
    {
        SystemLibraries libraries = new();
        for (int i = 0; i < Known.Length; i++)
        {
            LibraryImage image = Images[i];
            using GuestFile file = machine.Engine.CreateMemoryFile(Known[i].Name);    // the image section holds it
            if (file.Write(0, image.File.Span, out int written) != Errno.None || written != image.File.Length) return null;
            if (!PeImage.TryRead(image.File, out PeImage read, out _)) return null;
            WindowsFile opened = machine.OpenFile(file, FileAccessRights.Read);
            if (!PeMapper.TryMapView(process, opened, read, out VirtualAddress start, out _)) return null;
            libraries.Modules.Add(new(Known[i].Name, start, read.ByteLength, 0));
            foreach ((string name, uint place) in image.Places) libraries._places.Add((Known[i].Name, name), start + place);
        }

        return libraries;
    }

    /// <summary>Finds a function or a variable.</summary>
    public bool TryFind(string module, string name, out VirtualAddress place) => _places.TryGetValue((module, name), out place);

    /// <summary>The library of a name, with or without its folder and <c>.dll</c>.</summary>
    public bool TryFindModule(string name, out LoadedModule module)
    {
        string file = name[(name.LastIndexOfAny(['\\', '/']) + 1)..].ToLowerInvariant();
        if (!file.Contains('.', StringComparison.Ordinal)) file += ".dll";
        int index = Modules.FindIndex(one => string.Equals(one.Name, file, StringComparison.OrdinalIgnoreCase));
        module = index < 0 ? default : Modules[index];
        return index >= 0;
    }

    /// <summary>The module that begins at an address.</summary>
    public bool TryFindModule(VirtualAddress start, out LoadedModule module)
    {
        int index = Modules.FindIndex(one => one.Start == start);
        module = index < 0 ? default : Modules[index];
        return index >= 0;
    }

    private static LibraryImage Make(string name, uint preferredBase)
    {
        List<(ImportedCall Call, uint Number)> functions = [];
        for (int i = 0; i < CallCatalog.All.Count; i++)
        {
            ImportedCall call = CallCatalog.All[i];
            if (string.Equals(call.Module, name, StringComparison.Ordinal)) functions.Add((call, CallStubs.NumberOf(i)));
        }

        bool isRuntime = string.Equals(name, ImportedCall.Msvcrt, StringComparison.Ordinal);
        return LibraryImage.Make(name, preferredBase, functions, isRuntime ? RuntimeVariables.All : []);
    }
}
