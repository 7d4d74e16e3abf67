using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Host;

/// <summary>A directory of the host, or one file of it, seen as a part of the guest's tree.</summary>
/// <remarks>
/// It is held by a descriptor from the beginning, and everything below it is reached from there, a name at a time. What the host's paths
/// say meanwhile does not matter. Cost: an open node is a descriptor of the host's process.
/// </remarks>
internal sealed class HostMount : Mount, IDisposable
{
    private const string Unreachable = "(unreachable)";

    private readonly HashSet<HostNode> _nodes = [];
    private readonly HostNode _root;

    /// <param name="parts">What its files need.</param>
    /// <param name="prefix">Where in the guest's tree.</param>
    /// <param name="descriptor">The directory or file, opened with O_PATH; taken over.</param>
    /// <param name="isReadOnly">EROFS for whatever would change it.</param>
    public HostMount(HostMountParts parts, string prefix, int descriptor, bool isReadOnly) : base(prefix)
    {
        (Parts, IsReadOnly) = (parts, isReadOnly);
        _root = new HostNode(this, descriptor);
    }

    public HostMountParts Parts { get; }

    public bool IsReadOnly { get; }

    /// <summary>The host does not know openat2: it is older than 5.6, or a filter refuses what it does not know.</summary>
    public bool LacksWalks { get; set; }

    public override TreeNode Root => _root;

    public override bool IsOfHost => true;

    public override string Source => "/dev/root";

    public override string Type => "ext4";

    public IEnumerable<(ulong Device, ulong Number)> HeldFiles => _nodes.Select(static node => node.Identity).OfType<(ulong, ulong)>();

    /// <summary>What is free is no more than the guest may take.</summary>
    public override Errno FileSystem(TreeNode node, Span<long> words)
    {
        const int available = FileSystemWords.Free + 1;
        Errno error = HostNames.FileSystem((node as HostNode ?? _root).Descriptor, words);
        if (error != Errno.None) return error;
        long room = Math.Max(0, Parts.Inodes.Disk.MeasuredRoom) / Math.Max(1, words[1]);
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
    /// A directory lies in this mount, and is not its root. The host returns its path in one piece: a program that moves it there or away
    /// meanwhile could have let it be seen anyway. Linux: path_is_under.
    /// </summary>
    public bool Holds(int descriptor) => HostNames.PathOf(descriptor, out string path) == Errno.None && Below(path) is { Length: > 0 };

    /// <summary>Is it the directory that this mount begins with?</summary>
    public bool IsRoot(int descriptor) =>
        HostNames.Status(descriptor, out FileStatus status) == Errno.None && HostNames.Status(_root.Descriptor, out FileStatus root)
            == Errno.None && (status.Device, status.Inode) == (root.Device, root.Inode);

    public void Dispose()
    {
        foreach (HostNode node in _nodes.ToArray()) node.Forget();
        _nodes.Clear();
    }

    /// <summary>"" for the root, "/name" for what lies below; null: neither.</summary>
    private string? Below(string path)
    {
        if (HostNames.PathOf(_root.Descriptor, out string root) != Errno.None) return null;
        if (root.Length == 1) return path.Length == 1 ? "" : path;
        if (!path.StartsWith(root, StringComparison.Ordinal)) return null;
        return path.Length == root.Length || path[root.Length] == '/' ? path[root.Length..] : null;
    }
}

/// <summary>What the files of the host need of the machine.</summary>
internal sealed record HostMountParts(
    GuestClock Clock, FileTree Tree, HostInodes Inodes, NamedPipes NamedPipes, RegularFiles RegularFiles);
