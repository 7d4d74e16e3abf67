using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>A name in a directory.</summary>
/// <param name="Name">Without its path.</param>
/// <param name="Inode">What stat(2) says of it.</param>
/// <param name="Type">DT_*: the type bits of a mode, twelve further down.</param>
internal readonly record struct DirectoryEntry(string Name, ulong Inode, byte Type)
{
    public const byte CharacterDevice = 2, Directory = 4, SymbolicLink = 10;
}

/// <summary>A place in the guest's tree: the mount it lies in, and where in it ("" is its root).</summary>
internal readonly record struct Place(Mount Mount, string Relative, string Path)
{
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The path of the directory that it stands in.</summary>
    public string Parent => Path[..Math.Max(Path.LastIndexOf('/'), 1)];
}

/// <summary>
/// A part of the guest's tree that comes from one source. Paths within it have no dots, no links, no slash at either end.
/// </summary>
internal abstract class Mount(string prefix)
{
    /// <summary>Where in the guest's tree; "" for the root.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>What is there; links are not followed.</summary>
    public abstract Errno Status(GuestTask task, string relative, out FileStatus status);

    public abstract Errno Open(GuestTask task, in Place place, int flags, FileModes mode, out OpenDescription? open);

    public abstract Errno List(GuestTask task, string relative, List<DirectoryEntry> entries);

    /// <summary>
    /// Fifteen words of struct statfs on 64 bits: type, block size, blocks, free, available, files, free files, two of a number, name
    /// length …
    /// </summary>
    public abstract Errno FileSystem(string relative, Span<long> words);

    public virtual Errno ReadLink(GuestTask task, string relative, out string target)
    {
        target = "";
        return Errno.EINVAL;
    }

    /// <summary>A link that leads to an open file rather than to a path: it is opened, not followed.</summary>
    public virtual bool IsMagicLink(string relative) => false;

    public virtual Errno Access(GuestTask task, string relative, int mode) => Errno.None;

    public virtual Errno MakeDirectory(string relative, FileModes mode) => Errno.EROFS;

    public virtual Errno RemoveDirectory(string relative) => Errno.EROFS;

    public virtual Errno Unlink(string relative) => Errno.EROFS;

    public virtual Errno Rename(string from, string to, uint flags) => Errno.EROFS;

    public virtual Errno Link(string from, string to) => Errno.EROFS;

    public virtual Errno SymbolicLink(string target, string relative) => Errno.EROFS;

    public virtual Errno ChangeMode(string relative, FileModes mode) => Errno.EROFS;

    public virtual Errno ChangeOwner(string relative, uint user, uint group) => Errno.EROFS;

    public virtual Errno SetTimes(string relative, ReadOnlySpan<long> times) => Errno.EROFS;

    public virtual Errno MakeNode(string relative, FileModes mode, ulong device) => Errno.EROFS;
}
