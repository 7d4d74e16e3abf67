using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>open(2) of a path. Linux: fs/namei.c path_openat, do_open, may_open; fs/pipe.c fifo_open.</summary>
internal sealed class FileOpener(FileTree tree)
{
    private const int MadeMeanwhileMax = 64;    // so that a host process that creates and removes it cannot hold us here

    private readonly PathReader _paths = new(tree);

    /// <summary>
    /// Validates flags before the path is read. EINVAL for O_CREAT with O_DIRECTORY, and for O_TMPFILE without writing.
    /// </summary>
    public static Errno Validate(FileFlags flags)
    {
        const FileFlags newDirectory = FileFlags.Create | FileFlags.DirectoryOnly;
        if ((flags & FileFlags.PathOnly) != 0) return Errno.None;    // open(2) ignores flags that contradict it
        if ((flags & newDirectory) == newDirectory) return Errno.EINVAL;    // since 6.4; before, it made a file (build_open_flags)
        bool isNameless = (flags & FileFlags.Temporary) != 0;
        // O_TMPFILE contains O_DIRECTORY, so that kernels before 3.11 fail with EISDIR (open(2))
        return isNameless && ((flags & FileFlags.DirectoryOnly) == 0 || (flags & FileFlags.AccessMask) == 0) ? Errno.EINVAL : Errno.None;
    }

    public CallResult Open(GuestTask task, Descriptor directory, string path, FileFlags flags, FileModes mode)
    {
        if ((flags & FileFlags.PathOnly) != 0)
            flags &= FileFlags.PathOnly | FileFlags.DirectoryOnly | FileFlags.NoFollow | FileFlags.CloseOnExec;
        // Linux: do_sys_openat2 takes the descriptor first, so that without one no file is created or truncated
        if (path.Length > 0 && !task.Process.HasRoomForDescriptor) return Errno.EMFILE;    // before the walk, which may make a file
        if ((flags & FileFlags.Temporary) != 0) return OpenNameless(task, directory, path, flags, mode);
        bool isExclusive = (flags & FileFlags.CreateNew) == FileFlags.CreateNew;
        bool makes = (flags & FileFlags.Create) != 0, follows = (flags & FileFlags.NoFollow) == 0 && !isExclusive;
        LastLink last = (makes, follows) switch
        {
            (true, true) => LastLink.FollowOrMake,
            (true, false) => LastLink.Name,
            (false, true) => LastLink.Follow,
            (false, false) => LastLink.Keep,
        };
        Errno error = Errno.EEXIST;
        for (int slice = 0; slice < MadeMeanwhileMax && error == Errno.EEXIST; slice++)    // another process has just created it
        {
            error = _paths.Find(task, directory, path, last, out Place? place);
            if (error != Errno.None) return error;
            OpenDescription? open;
            using (place)
            {
                // Linux: open_last_lookups, which checks this before the lookup
                if (makes && place is { EndsInSlash: true, Kind: LastName.Normal }) return Errno.EISDIR;    // lookup_fast_for_open
                error = place!.Node is { } node ? OpenExisting(task, node, flags, out open)
                    : Create(task, place, flags, mode, out open);
            }

            if (error == Errno.None) return Install(task, open!, flags);
            if (isExclusive) return error;
        }

        return error;
    }

    /// <summary>Tries the open of a FIFO again.</summary>
    public static CallResult GoOn(GuestTask task, FifoOpening opening, FileFlags flags) =>
        opening.End.HasPartner ? task.Process.Install(opening.Take(), flags) : task.Wait(RestartUnlessHandled);

    /// <summary>Opens or makes the core file of a thread's process, and empties it.</summary>
    /// <returns>EPERM: no regular file of the process's own with one name and mode 0600; EINVAL, EACCES and the like.</returns>
    /// <remarks>Linux: fs/coredump.c coredump_file.</remarks>
    public Errno OpenCore(GuestTask task, string path, out OpenDescription? open)
    {
        const FileFlags flags = FileFlags.Create | FileFlags.ReadWrite | FileFlags.NoFollow | FileFlags.LargeFile;
        const FileModes own = FileModes.OwnerRead | FileModes.OwnerWrite, mayHave = own | FileModes.OwnerExecute;
        open = null;
        Errno error = _paths.Find(task, Descriptor.WorkingDirectory, path, LastLink.Name, out Place? place);
        if (error != Errno.None) return error;
        using (place)
        {
            if (place!.Node is { } node && (node.Status(out FileStatus found) != Errno.None || !found.IsRegular)) return Errno.EPERM;
            error = place.Node is { } old ? OpenExisting(task, old, flags, out open) : Create(task, place, flags, own, out open);
        }

        if (error != Errno.None) return error;
        error = open!.Status(out FileStatus status);
        FileModes rights = status.Mode & ~FileModes.TypeMask;
        bool isOwn = status is { IsRegular: true, Links: 1 } && status.User == task.Credentials.EffectiveUser
            && (rights & ~FileModes.OwnerExecute) == own && (rights & ~mayHave) == 0;
        if (error == Errno.None && !isOwn) error = Errno.EPERM;
        if (error == Errno.None) error = open.SetLength(0);
        if (error == Errno.None) return Errno.None;
        open.Release();
        open = null;
        return error;
    }

    private static CallResult Install(GuestTask task, OpenDescription open, FileFlags flags)
    {
        open.Flags = (flags & ~(FileFlags.CreateNew | FileFlags.Truncate | FileFlags.CloseOnExec))
            | ((flags & FileFlags.PathOnly) != 0 ? 0 : FileFlags.LargeFile);
        if (open is PipeEnd { Node: not null, HasPartner: false, IsNonBlocking: false } end)
        {
            task.Call.Awaited = new FifoOpening(end);
            return task.Wait(RestartUnlessHandled);
        }

        bool isCut = (flags & FileFlags.Truncate) != 0 && !open.HasMadeFile;    // Linux: do_open drops O_TRUNC if it created the file
        Errno error = isCut ? open.Truncate() : Errno.None;
        if (error != Errno.None)
        {
            open.Release();
            return error;
        }

        return task.Process.Install(open, flags);
    }

    private Errno OpenExisting(GuestTask task, TreeNode node, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if ((flags & FileFlags.CreateNew) == FileFlags.CreateNew) return Errno.EEXIST;
        Errno error = node.Status(out FileStatus status);
        if (error != Errno.None) return error;
        bool isPathOnly = (flags & FileFlags.PathOnly) != 0;
        if ((flags & FileFlags.DirectoryOnly) != 0 && !status.IsDirectory) return Errno.ENOTDIR;
        if (isPathOnly)
        {
            open = new DirectoryFile(tree, node, flags);
            return Errno.None;
        }

        if (status.IsSymbolicLink) return Errno.ELOOP;    // only O_NOFOLLOW leaves one (may_open)
        if (status.IsDirectory && (flags & FileFlags.Create) != 0) return Errno.EISDIR;    // even to read it (do_open)
        AccessRights wanted = Permissions.ToOpen(flags) | ((flags & FileFlags.Truncate) != 0 ? AccessRights.Write : 0);
        error = Permissions.Check(task, status, wanted);
        bool isHidden = (flags & FileFlags.NoAccessTime) != 0;    // Linux: may_open
        if (error == Errno.None && isHidden && !Permissions.IsOwner(task, status)) error = Errno.EPERM;
        return error == Errno.None ? node.Open(flags, out open) : error;
    }

    private static Errno Create(GuestTask task, Place place, FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        if ((flags & FileFlags.Create) == 0) return Errno.ENOENT;
        Errno error = Permissions.CheckDirectory(task, place.Directory);
        if (error != Errno.None) return error;
        FileModes given = mode & ~task.Process.FileMask & FileModes.Changeable;
        error = place.Directory.Create(place.Name, flags, given, out open);
        if (error != Errno.None) return error;
        open!.HasMadeFile = true;
        Permissions.GiveTo(task, place.Directory, open.Node!);
        return Errno.None;
    }

    /// <summary>O_TMPFILE: creates a file and unlinks it before a program can see its name.</summary>
    private CallResult OpenNameless(GuestTask task, Descriptor directory, string path, FileFlags flags, FileModes mode)
    {
        LastLink last = (flags & FileFlags.NoFollow) == 0 ? LastLink.Follow : LastLink.Keep;
        Errno error = _paths.Find(task, directory, path, last, out Place? place);
        if (error != Errno.None) return error;
        using (place)
        {
            if (place!.Node is not { } parent) return Errno.ENOENT;
            error = parent.Status(out FileStatus status);
            if (error == Errno.None && !status.IsDirectory) error = Errno.ENOTDIR;
            if (error != Errno.None) return error;
            error = Permissions.CheckDirectory(task, parent);
            if (error != Errno.None) return error;
            FileFlags kept = flags & ~FileFlags.Truncate, wanted = kept & ~(FileFlags.Temporary | FileFlags.DirectoryOnly);
            FileModes given = mode & ~task.Process.FileMask & FileModes.Changeable;
            error = parent.CreateNameless(wanted, given, out OpenDescription? open);
            if (error != Errno.None) return error;
            Permissions.GiveTo(task, parent, open!.Node!);
            return Install(task, open, kept);
        }
    }
}
