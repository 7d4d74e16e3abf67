using System.Collections.Immutable;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Proc;

/// <summary>The file behind a link in /proc/PID/ns. There is one namespace of each kind, so all processes have the same.</summary>
/// <remarks>Linux: fs/nsfs.c, whose files nobody can write, and which are immutable.</remarks>
internal sealed class NamespaceNode(Mount mount, string kind, uint inode) : TreeNode
{
    /// <summary>NSFS_MAGIC.</summary>
    public const long FileSystem = 0x6E73_6673;

    private const uint FirstInode = 0xEFFF_FFF8;

    /// <summary>In the order of their numbers, the same on every machine. Linux: include/uapi/linux/nsfs.h, *_NS_INIT_INO.</summary>
    private static readonly ImmutableArray<string> Kinds = ["mnt", "net", "time", "cgroup", "pid", "user", "uts", "ipc"];

    /// <summary>What lies in /proc/PID/ns, in its order. Linux: fs/proc/namespaces.c ns_entries.</summary>
    public static readonly ImmutableArray<string> Names =
        ["net", "uts", "ipc", "pid", "pid_for_children", "user", "mnt", "cgroup", "time", "time_for_children"];

    public override Mount Mount => mount;

    public override string Path => TextOf(kind, inode);

    /// <summary>A link of this name in /proc/PID/ns; null: there is none. One of a zombie leads nowhere.</summary>
    public static ProcNode? LinkOf(GuestProcess process, string name, Mount mount)
    {
        if (!Names.Contains(name, StringComparer.Ordinal)) return null;
        if (process.IsZombie) return new(ProcKind.Link, Process: process);
        const string forChildren = "_for_children";
        string kind = name.EndsWith(forChildren, StringComparison.Ordinal) ? name[..^forChildren.Length] : name;
        uint inode = FirstInode + (uint)Kinds.IndexOf(kind);
        return ProcNode.Magic(process, () => TextOf(kind, inode), () => new NamespaceNode(mount, kind, inode));
    }

    public override Errno Status(out FileStatus status)
    {
        const uint device = 4;
        _ = mount.Root.Status(out FileStatus root);
        status = FileStatus.MadeAt(root.ChangedAt) with { Device = device, Inode = inode, Mode = FileModes.Regular | FileModes.AllRead };
        return Errno.None;
    }

    public override Errno Access(AccessRights wanted) => (wanted & AccessRights.Write) != 0 ? Errno.EPERM : Errno.None;

    public override Errno Open(FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if ((flags & (FileFlags.AccessMask | FileFlags.Truncate)) != 0) return Errno.EPERM;
        open = new NamespaceFile(this, flags);
        open.OpenedOn(this);
        return Errno.None;
    }

    private static string TextOf(string kind, uint inode) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kind}:[{inode}]");

    /// <summary>It can be compared, by fstat(2), and nothing else: there is no setns(2).</summary>
    private sealed class NamespaceFile(NamespaceNode node, FileFlags flags) : OpenDescription("", flags)
    {
        /// <summary>That is what pread(2) thinks; lseek(2) knows better.</summary>
        public override bool IsSeekable => true;

        public override bool CanBeWatched => false;

        public override Errno Status(out FileStatus status) => node.Status(out status);

        public override CallResult ReadAt(long offset, Span<byte> destination) => Errno.EINVAL;
    }
}
