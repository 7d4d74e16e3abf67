using Paging.Guest.Host;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Host;

/// <summary>Makes mounts of the host's directories and files.</summary>
internal sealed class HostMounts(FileTree tree, FileLocks locks, HostInodes inodes, NamedPipes namedPipes, RegularFiles regularFiles)
{
    public HostMount Make(string prefix, string directory) => new(tree, locks, inodes, namedPipes, regularFiles, prefix, directory);

    /// <summary>One file at its own path, read-only.</summary>
    public SingleFileMount MakeSingle(string path) => new(Make(path, path), path);
}
