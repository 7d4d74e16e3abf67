using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Host;

/// <summary>A directory of the host, or one file, as a part of the guest's tree.</summary>
/// <remarks>
/// It is held by a descriptor from the beginning, and everything below it is reached from there, a name at a time, independent of the
/// host's paths. Cost: a descriptor of the host's process per node.
/// </remarks>
internal sealed class HostMount : Mount, IDisposable
{
    private const string Unreachable = "(unreachable)";

    private readonly HashSet<HostNode> _nodes = [];
    private readonly HostNode _root;

    /// <param name="parts">The dependencies of the mount's files.</param>
    /// <param name="prefix">The path of the mount in the guest's tree.</param>
    /// <param name="descriptor">The directory or file, opened with O_PATH; taken over.</param>
    /// <param name="isReadOnly">True for EROFS on every change.</param>
    public HostMount(HostMountParts parts, string prefix, int descriptor, bool isReadOnly) : base(prefix)
    {
        (Parts, IsReadOnly) = (parts, isReadOnly);
        _root = new HostNode(this, descriptor);
    }

    public HostMountParts Parts { get; }

    public bool IsReadOnly { get; }

    /// <summary>True if the host lacks openat2: it is older than 5.6, or a seccomp filter refuses it.</summary>
    public bool LacksWalks { get; set; }

    public override TreeNode Root => _root;

    public override long PositionMax => GuestFile.ByteLengthMax;

    public override bool IsOfHost => true;

    public override string Source => "/dev/root";

    public override string Type => "ext4";

    public IEnumerable<(ulong Device, ulong Number)> HeldFiles => _nodes.Select(static node => node.Identity).OfType<(ulong, ulong)>();

    /// <summary>Reports no more free space than the quota allows.</summary>
    public override Errno FileSystem(TreeNode node, Span<long> words)
    {
        const int available = FileSystemWords.Free + 1;
        Errno error = HostNames.FileSystem((node as HostNode ?? _root).Descriptor, words);
        if (error != Errno.None) return error;
        long room = Math.Max(0, Parts.Inodes.Disk.MeasuredRoom) / Math.Max(1, words[1]);    // a host may report blocks of 0 bytes
        words[FileSystemWords.Free] = Math.Min(words[FileSystemWords.Free], room);
        words[available] = Math.Min(words[available], room);
        return Errno.None;
    }

    public void Add(HostNode node) => _nodes.Add(node);

    public void Remove(HostNode node) => _nodes.Remove(node);

    /// <summary>The guest's path of a held file.</summary>
    public string PathOf(HostNode node)
    {
        if (ReferenceEquals(node, _root)) return Prefix.Length == 0 ? "/" : Prefix;
        if (HostNames.PathOf(node.Descriptor, out string path) != Errno.None) return Unreachable;
        if (Below(path) is not { } relative) return Unreachable + (DeletedMark.IsOn(path) ? DeletedMark.Text : "");
        return relative.Length == 0 && Prefix.Length == 0 ? "/" : Prefix + relative;
    }

    /// <summary>
    /// Returns true if a directory is below this mount's root. The host returns its path in one call; a program that moves the directory
    /// meanwhile could have made it visible anyway. Linux: path_is_under.
    /// </summary>
    public bool Holds(int descriptor) => HostNames.PathOf(descriptor, out string path) == Errno.None && Below(path) is { Length: > 0 };

    /// <summary>Returns true for the root of this mount.</summary>
    public bool IsRoot(int descriptor) =>
        HostNames.Status(descriptor, out FileStatus status) == Errno.None && HostNames.Status(_root.Descriptor, out FileStatus root)
            == Errno.None && (status.Device, status.Inode) == (root.Device, root.Inode);

    public void Dispose()
    {
        foreach (HostNode node in _nodes.ToArray()) node.Forget();
        _nodes.Clear();
    }

    /// <summary>Returns "" for the root, "/name" for paths below it, and null for others.</summary>
    private string? Below(string path)
    {
        if (HostNames.PathOf(_root.Descriptor, out string root) != Errno.None) return null;
        if (root.Length == 1) return path.Length == 1 ? "" : path;
        if (!path.StartsWith(root, StringComparison.Ordinal)) return null;
        return path.Length == root.Length || path[root.Length] == '/' ? path[root.Length..] : null;
    }
}

/// <summary>The parts of the machine that files of the host need.</summary>
internal sealed record HostMountParts(
    GuestClock Clock, FileTree Tree, HostInodes Inodes, NamedPipes NamedPipes, RegularFiles RegularFiles);
