namespace Paging.Core.Files;

/// <summary>The host's files that are open in an engine, by their full paths: one path, one object, one cache.</summary>
/// <remarks>Links are followed for the last part of a path; two other ways to one file are two files here.</remarks>
internal sealed class HostFiles
{
    private readonly Dictionary<string, FileObject> _byPath = new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>The object of a path, opened now if it is not yet, or with more rights if it was opened with fewer.</summary>
    /// <exception cref="IOException">The host cannot open it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened so.</exception>
    public FileObject Open(OpenFileTable files, string path, FileRights rights, FileMode mode)
    {
        string full = Path.GetFullPath(path);
        if (File.Exists(full) && File.ResolveLinkTarget(full, returnFinalTarget: true) is { Exists: true } target) full = target.FullName;    // not for /proc/self/fd/N
        if (_byPath.TryGetValue(full, out FileObject? known))
        {
            ((HostFileBacking)known.Backing!).Upgrade(rights);
            known.Rights |= rights;
            return known;
        }

        HostFileBacking backing = new(full, rights, mode);
        FileObject file = files.CreateObject(path, FileKind.Backed, backing.ByteLength, backing, rights);
        _byPath.Add(full, file);
        return file;
    }

    /// <summary>A backing is about to be closed.</summary>
    public void Forget(IFileBacking backing)
    {
        if (backing is HostFileBacking host) _byPath.Remove(host.Path);
    }
}
