using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;

namespace Paging.WindowsGuest.Images;

/// <summary>An image in a process: its name, its place, its length, and its first instruction (0: none).</summary>
internal readonly record struct LoadedModule(string Name, VirtualAddress Start, uint ByteLength, uint EntryPoint)
{
    /// <summary>The full name of the module's file.</summary>
    public string Path => Name.EndsWith(".dll", StringComparison.Ordinal) ? $@"C:\windows\system32\{Name}" : $@"C:\{Name}";
}

/// <summary>The libraries that every program finds in its memory: ntdll, kernel32 and msvcrt, images of stubs.</summary>
internal sealed class SystemLibraries
{
    private readonly Dictionary<(string Module, string Name), VirtualAddress> _places = [];

    /// <summary>The modules, in the order in which they were loaded.</summary>
    public List<LoadedModule> Modules { get; } = [];

    /// <summary>Maps the libraries. Null: no memory.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="process">The process that gets the libraries.</param>
    /// <param name="images">The names and files of the libraries.</param>
    public static SystemLibraries? Load(
        WindowsMachine machine, WindowsProcess process, IEnumerable<(string Name, LibraryImage Image)> images)
    {
        SystemLibraries libraries = new();
        foreach ((string library, LibraryImage image) in images)
        {
            using GuestFile file = machine.Engine.CreateMemoryFile(library);    // the image section holds it
            if (file.Write(0, image.File.Span, out int written) != Errno.None || written != image.File.Length) return null;
            if (!PeImage.TryRead(image.File, out PeImage read, out _)) return null;
            WindowsFile opened = machine.OpenFile(file, FileAccessRights.Read);
            if (!PeMapper.TryMapView(process, opened, read, out VirtualAddress start, out _)) return null;
            libraries.Modules.Add(new(library, start, read.ByteLength, 0));
            foreach ((string name, uint place) in image.Places) libraries._places.Add((library, name), start + place);
        }

        return libraries;
    }

    /// <summary>Finds a function or a variable.</summary>
    public bool TryFind(string module, string name, out VirtualAddress place) => _places.TryGetValue((module, name), out place);

    /// <summary>The library of a name, with or without its folder and <c>.dll</c>.</summary>
    public bool TryFindModule(string name, out LoadedModule module)
    {
        string file = name[(name.LastIndexOfAny(['\\', '/']) + 1)..].ToLowerInvariant();
        if (!file.Contains('.', StringComparison.Ordinal)) file += ".dll";    // LoadLibrary, Remarks
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
}
