using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;

namespace Paging.Guest.Vfs.Host;

/// <summary>Makes mounts of the host's directories and files, and releases them at the end.</summary>
internal sealed class HostMounts(HostMountParts parts) : IDisposable
{
    private readonly List<HostMount> _all = [];

    /// <summary>The files of the host that are held by descriptors.</summary>
    public HashSet<(ulong Device, ulong Number)> HeldFiles() => [.. _all.SelectMany(static mount => mount.HeldFiles)];

    /// <summary>Makes a mount of a directory, or of one file, read-only. The path is the host's.</summary>
    public Errno Make(string prefix, string path, bool isFile, out HostMount? mount)
    {
        CallResult held = HostNames.OpenRoot(path, isDirectory: !isFile);
        mount = held.IsValue ? new HostMount(parts, prefix, held.Count, isReadOnly: isFile) : null;
        if (mount is not null) _all.Add(mount);
        return held.Error;
    }

    public void Dispose()
    {
        foreach (HostMount mount in _all) mount.Dispose();
    }
}
