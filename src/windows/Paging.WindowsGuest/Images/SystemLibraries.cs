using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;

namespace Paging.WindowsGuest.Images;

/// <summary>The libraries that every program finds in its memory: ntdll, kernel32 and msvcrt, images of stubs.</summary>
internal sealed class SystemLibraries
{
    private readonly Dictionary<(string Module, string Name), VirtualAddress> _places = [];

    private readonly Dictionary<VirtualAddress, string> _modules = [];

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
            libraries._modules.Add(start, library);
            foreach ((string name, uint place) in image.Places) libraries._places.Add((library, name), start + place);
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
