namespace Paging.Core.Files;

/// <summary>The host files that are open in an engine, by full path. Each path has one object and one cache.</summary>
/// <remarks>
/// A link is resolved in the last part of a path only. A file opened by several other paths has an object for each.
/// </remarks>
internal sealed class HostFiles
{
    private readonly Dictionary<string, FileObject> _byPath =
        new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);    // Windows ignores case

    /// <summary>Returns the object of a path. Opens the host file if it is not open yet, or was opened with fewer rights.</summary>
    /// <exception cref="IOException">The host cannot open it.</exception>
    /// <exception cref="UnauthorizedAccessException">The host does not allow these rights.</exception>
    public FileObject Open(OpenFileTable files, string path, FileRights rights, FileMode mode)
    {
        string full = FinalPathOf(Path.GetFullPath(path));
        if (_byPath.TryGetValue(full, out FileObject? known))
        {
            ((HostFileBacking)known.Backing!).Upgrade(rights);    // first: the host may refuse, and then nothing has changed
            known.Rights |= rights;
            return known;
        }

        HostFileBacking backing = new(full, rights, mode);
        FileObject file = files.CreateObject(path, FileKind.Backed, backing.ByteLength, backing, rights);
        _byPath.Add(full, file);
        return file;
    }

    /// <summary>A link whose target does not exist, such as /proc/self/fd/N, keeps its own path; so does one in a circle.</summary>
    private static string FinalPathOf(string full)
    {
        try
        {
            return File.Exists(full) && File.ResolveLinkTarget(full, returnFinalTarget: true) is { Exists: true } target
                ? target.FullName : full;
        }
        catch (IOException)
        {
            return full;    // a circle: opening it fails, with the host's error
        }
    }

    /// <summary>Removes the path of a backing that is about to be closed.</summary>
    public void Forget(IFileBacking backing)
    {
        if (backing is HostFileBacking host) _byPath.Remove(host.Path);
    }
}
