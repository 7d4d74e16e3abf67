using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Host;

/// <summary>A directory of the host, seen as a part of the guest's tree.</summary>
/// <remarks>
/// Every path that comes here has been walked already: no name in it is a link, so O_NOFOLLOW only guards against the host's other
/// programs.
/// </remarks>
internal sealed class HostMount(
    FileTree tree, FileLocks locks, HostInodes inodes, NamedPipes namedPipes, RegularFiles regularFiles, string prefix, string directory)
    : Mount(prefix)
{
    private const long TemporaryFileSystem = 0x0102_1994;

    /// <summary>The host's directory.</summary>
    public string Directory => directory;

    /// <summary>The host's own path of a place.</summary>
    public string PathOf(string relative) => relative.Length == 0 ? directory : $"{directory}/{relative}";

    public override Errno Status(GuestTask task, string relative, out FileStatus status)
    {
        Errno error = HostCalls.Status(PathOf(relative), follow: false, out status);
        if (error == Errno.None && status.IsRegular && inodes.Find(status.Device, status.Inode) is { } inode)
            RegularFile.Overlay(ref status, inode);
        return error;
    }

    public override Errno Open(GuestTask task, in Place place, int flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        string path = PathOf(place.Relative);
        Errno error = HostCalls.Status(path, follow: false, out FileStatus status);
        if (error != Errno.None && (error != Errno.ENOENT || (flags & OpenDescription.Create) == 0)) return error;
        if (error == Errno.None && status.IsDirectory) return OpenDirectory(task, place, flags, out open);
        if (error == Errno.None && !status.IsRegular) return OpenSpecial(place, status, flags, out open);
        bool wantsWrite = (flags & OpenDescription.AccessMask) != 0;
        if (error == Errno.None && wantsWrite && inodes.Find(status.Device, status.Inode) is { ExecutorCount: > 0 }) return Errno.ETXTBSY;
        return OpenRegular(task, place, path, flags, mode, out open);
    }

    public override Errno List(GuestTask task, string relative, List<DirectoryEntry> entries)
    {
        string path = PathOf(relative);
        try
        {
            foreach (string entry in System.IO.Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
            {
                if (HostCalls.Status(entry, follow: false, out FileStatus status) == Errno.None)
                    entries.Add(new(System.IO.Path.GetFileName(entry), status.Inode, status.EntryType));
            }

            return Errno.None;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (IOException)
        {
            return Errno.ENOENT;
        }
    }

    public override Errno FileSystem(string relative, Span<long> words)
    {
        Errno error = HostCalls.FileSystem(PathOf(relative), words);
        if (Prefix.Length != 0) words[0] = TemporaryFileSystem;
        return error;
    }

    public override Errno ReadLink(GuestTask task, string relative, out string target) => HostCalls.ReadLink(PathOf(relative), out target);

    public override Errno Access(GuestTask task, string relative, int mode) => HostCalls.Access(PathOf(relative), mode);

    public override Errno MakeDirectory(string relative, FileModes mode) => HostCalls.MakeDirectory(PathOf(relative), mode);

    public override Errno RemoveDirectory(string relative) => relative.Length == 0 ? Errno.EBUSY
        : HostCalls.RemoveDirectory(PathOf(relative));

    public override Errno Unlink(string relative)
    {
        bool known = HostCalls.Status(PathOf(relative), follow: false, out FileStatus status) == Errno.None && status.IsRegular;
        Errno error = HostCalls.Unlink(PathOf(relative));
        if (error == Errno.None && known && status.Links <= 1) inodes.Unlinked(status.Device, status.Inode);
        return error;
    }

    public override Errno Rename(string from, string to, uint flags)
    {
        bool replaces = HostCalls.Status(PathOf(to), follow: false, out FileStatus old) == Errno.None && old.IsRegular && old.Links <= 1;
        bool same = replaces && HostCalls.Status(PathOf(from), follow: false, out FileStatus source) == Errno.None
            && source.Inode == old.Inode && source.Device == old.Device;
        Errno error = HostCalls.Rename(PathOf(from), PathOf(to), flags);
        if (error == Errno.None && replaces && !same && flags == 0) inodes.Unlinked(old.Device, old.Inode);
        return error;
    }

    public override Errno Link(string from, string to) => HostCalls.Link(PathOf(from), PathOf(to));

    public override Errno SymbolicLink(string target, string relative) => HostCalls.SymbolicLink(target, PathOf(relative));

    public override Errno ChangeMode(string relative, FileModes mode) => HostCalls.ChangeMode(PathOf(relative), mode);

    public override Errno ChangeOwner(string relative, uint user, uint group) => HostCalls.ChangeOwner(PathOf(relative), user, group);

    public override Errno MakeNode(string relative, FileModes mode, ulong device) => HostCalls.MakeNode(PathOf(relative), mode, device);

    public override Errno SetTimes(string relative, ReadOnlySpan<long> times)
    {
        if (HostCalls.Status(PathOf(relative), follow: false, out FileStatus status) == Errno.None
            && inodes.Find(status.Device, status.Inode) is { } inode) (inode.ModifiedAt, inode.AccessedAt) = (0, 0);
        return HostCalls.SetTimes(PathOf(relative), times);
    }

    private Errno OpenDirectory(GuestTask task, in Place place, int flags, out OpenDescription? open)
    {
        open = null;
        if ((flags & OpenDescription.CreateNew) == OpenDescription.CreateNew) return Errno.EEXIST;
        if ((flags & OpenDescription.PathOnly) == 0 && ((flags & OpenDescription.AccessMask) != 0 || (flags & OpenDescription.Create) != 0))
            return Errno.EISDIR;
        Errno error = HostCalls.Access(PathOf(place.Relative), 4);
        if (error != Errno.None && (flags & OpenDescription.PathOnly) == 0) return error;
        open = new DirectoryFile(tree, locks, task, place, flags);
        return Errno.None;
    }

    /// <summary>Named pipes are the guest's own; devices and sockets of the host are not for it.</summary>
    private Errno OpenSpecial(in Place place, in FileStatus status, int flags, out OpenDescription? open)
    {
        open = null;
        if (status.IsSymbolicLink) return Errno.ELOOP;
        if ((status.Mode & FileModes.TypeMask) != FileModes.Fifo) return Errno.ENXIO;
        return namedPipes.Open(place.Path, status, flags, out open);
    }

    private Errno OpenRegular(GuestTask task, in Place place, string path, int flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        if ((flags & OpenDescription.DirectoryOnly) != 0) return Errno.ENOTDIR;
        const int passed = OpenDescription.AccessMask | OpenDescription.CreateNew;
        CallResult result = HostCalls.Open(path, (flags & passed) | OpenDescription.NoFollow | OpenDescription.CloseOnExec
            | OpenDescription.NonBlocking, mode & ~task.Process.FileMask & FileModes.Changeable);
        if (result.IsError) return result.Error;
        int descriptor = result.Count;
        bool canWrite = (flags & OpenDescription.AccessMask) != 0;
        if (canWrite && (flags & OpenDescription.AccessMask) != OpenDescription.ReadWriteAccess) descriptor = WithReading(descriptor, path);
        Errno error = HostCalls.Status(descriptor, out FileStatus status);
        if (error != Errno.None) return error;
        HostInode inode = inodes.Take(descriptor, canWrite, status, place.Path);
        error = regularFiles.Open(inode, place.Path, flags, out open);
        if (error == Errno.None && (flags & OpenDescription.Truncate) != 0 && canWrite) error = open!.SetLength(0);
        return error;
    }

    /// <summary>The page cache reads what it writes into: a descriptor that can do both is better than one that only writes.</summary>
    private static int WithReading(int descriptor, string path)
    {
        CallResult both = HostCalls.Open(path, OpenDescription.ReadWriteAccess | OpenDescription.NoFollow | OpenDescription.CloseOnExec, 0);
        if (both.IsError) return descriptor;
        HostCalls.Close(descriptor);
        return both.Count;
    }
}
