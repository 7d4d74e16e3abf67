using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Host;

/// <summary>A file of the host that is held by a descriptor (O_PATH).</summary>
internal sealed class HostNode : TreeNode
{
    private readonly HostMount _mount;
    private (ulong Device, ulong Inode)? _identity;    // of the file, once read

    public HostNode(HostMount mount, int descriptor)
    {
        (_mount, Descriptor) = (mount, descriptor);
        mount.Add(this);
    }

    public int Descriptor { get; private set; }

    public override Mount Mount => _mount;

    public override string Path => _mount.PathOf(this);

    private HostInodes Inodes => _mount.Parts.Inodes;

    private long Occupied => HostDisk.OccupiedBy(Descriptor);

    /// <summary>The file's device and inode; null if the host does not report them.</summary>
    public (ulong Device, ulong Inode)? Identity
    {
        get
        {
            if (_identity is not null || HostNames.Status(Descriptor, out FileStatus status) != Errno.None) return _identity;
            return _identity = (status.Device, status.Inode);
        }
    }

    public override Errno Status(out FileStatus status)
    {
        Errno error = HostNames.Status(Descriptor, out status);
        if (error != Errno.None) return error;
        _identity = (status.Device, status.Inode);
        if (status.IsRegular && Inodes.Find(status.Device, status.Inode) is { } inode) inode.Overlay(ref status);
        else Inodes.Times.Overlay(ref status);
        return Errno.None;
    }

    public override Errno Open(FileFlags flags, out OpenDescription? open)
    {
        open = null;
        Errno error = HostNames.Status(Descriptor, out FileStatus status);
        if (error != Errno.None) return error;
        switch (status.Mode & FileModes.TypeMask)
        {
            case FileModes.Directory: return OpenDirectory(flags, out open);
            case FileModes.Regular: return OpenRegular(status, flags, out open);
            case FileModes.SymbolicLink: return Errno.ELOOP;
            case FileModes.Fifo:    // the name is on the host, the pipe is the guest's
                error = HostNames.Access(Descriptor, Permissions.ToOpen(flags));
                return error == Errno.None ? _mount.Parts.NamedPipes.Open(this, status, flags, out open) : error;
            default: return Errno.ENXIO;    // guests cannot open devices and sockets of the host
        }
    }

    public override Errno Access(AccessRights wanted)
    {
        if ((wanted & AccessRights.Write) != 0 && _mount.IsReadOnly) return Errno.EROFS;
        return HostNames.Status(Descriptor, out FileStatus status) == Errno.None && status.IsSymbolicLink ? Errno.None
            : HostNames.Access(Descriptor, wanted);
    }

    public override Errno ReadLink(out string target)
    {
        bool isKnown = Status(out FileStatus before) == Errno.None;
        Errno error = HostNames.ReadLink(Descriptor, out target);
        if (error == Errno.None && isKnown) Inodes.Times.Read(before);
        return error == Errno.ENOENT ? Errno.EINVAL : error;    // readlinkat of an empty name returns ENOENT for a file that is not a link
    }

    public override Errno ChangeMode(FileModes mode)
    {
        if (_mount.IsReadOnly) return Errno.EROFS;
        return HostNames.Status(Descriptor, out FileStatus status) == Errno.None && status.IsSymbolicLink ? Errno.EOPNOTSUPP
            : Altered(HostNames.ChangeMode(Descriptor, mode));
    }

    public override Errno ChangeOwner(uint user, uint group) => _mount.IsReadOnly ? Errno.EROFS
        : Altered(HostNames.ChangeOwner(Descriptor, user, group));

    public override Errno SetTimes(ReadOnlySpan<long> times)
    {
        if (_mount.IsReadOnly) return Errno.EROFS;
        if (HostNames.Status(Descriptor, out FileStatus status) == Errno.None
            && Inodes.Find(status.Device, status.Inode) is { } inode) return inode.SetTimes(times);
        Errno error = Altered(HostNames.SetTimes(Descriptor, times));
        bool isAccessSet = error == Errno.None && times[1] != TimeWords.Omitted;
        if (isAccessSet && _identity is { } file) Inodes.Times.AccessWasSet(file.Device, file.Inode);
        return error;
    }

    public override Errno Find(string name, out TreeNode? child)
    {
        CallResult held = HostNames.Hold(Descriptor, name);
        child = held.IsValue ? new HostNode(_mount, held.Count) : null;
        return held.Error;
    }

    public override Errno FindBelow(string path, out TreeNode? directory)
    {
        directory = null;
        if (_mount.LacksWalks) return Errno.ENOSYS;
        CallResult held = HostNames.HoldBelow(Descriptor, path);
        _mount.LacksWalks = held.Error is Errno.ENOSYS or Errno.EPERM;    // EPERM: container runtimes refuse unknown calls so
        directory = held.IsValue ? new HostNode(_mount, held.Count) : null;
        return held.Error;
    }

    /// <summary>Finds the parent, and checks that it is inside the root: the directory may have been moved out of it.</summary>
    public override Errno FindParent(out TreeNode? parent)
    {
        parent = null;
        if (IsMountRoot) return Errno.ENOENT;
        CallResult held = HostNames.HoldParent(Descriptor);
        if (held.IsError) return held.Error;
        bool isRoot = _mount.IsRoot(held.Count);
        if (!isRoot && _mount.Holds(held.Count))
        {
            parent = new HostNode(_mount, held.Count);
            return Errno.None;
        }

        HostCalls.Close(held.Count);
        if (!isRoot) return Errno.ENOENT;    // moved out of the root meanwhile: no way up
        parent = _mount.Root.Hold();
        return Errno.None;
    }

    public override Errno List(List<DirectoryEntry> entries)
    {
        CallResult open = HostNames.Open(Descriptor, FileFlags.DirectoryOnly);
        if (open.IsError) return open.Error;
        bool isKnown = Status(out FileStatus before) == Errno.None;
        List<(string Name, ulong Inode, byte Type)> names = [];
        Errno error = HostNames.List(open.Count, names);
        HostCalls.Close(open.Count);
        names.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));    // the host's order would make runs differ
        if (error == Errno.None && isKnown) Inodes.Times.Read(before);
        foreach ((string name, ulong inode, byte type) in names) entries.Add(new(name, inode, type != 0 ? type : TypeOf(name)));
        return error;
    }

    public override Errno Create(string name, FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        Errno error = CheckNewName();
        if (error != Errno.None) return error;
        long before = Occupied;
        CallResult made = HostNames.Create(Descriptor, name, mode & FileModes.Changeable);
        if (made.IsValue)
        {
            Inodes.Disk.Add(HostDisk.InodeByteLength);
            NoteNames(before);
        }

        return Taken(made, flags, out open);
    }

    public override Errno CreateNameless(FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        Errno error = CheckNewName();
        if (error != Errno.None) return error;
        FileFlags wanted = FileFlags.Temporary | FileFlags.DirectoryOnly | FileFlags.ReadWrite | (flags & FileFlags.Exclusive);
        return Taken(HostNames.Open(Descriptor, wanted, mode & FileModes.Changeable), flags, out open);
    }

    public override Errno MakeDirectory(string name, FileModes mode) =>
        Make(name, () => HostNames.MakeDirectory(Descriptor, name, mode));

    public override Errno MakeNode(string name, FileModes mode, ulong device) =>
        Make(name, () => HostNames.MakeNode(Descriptor, name, mode, device));

    public override Errno MakeLink(string name, string target) =>
        Make(name, () => HostNames.SymbolicLink(target, Descriptor, name));

    public override Errno Link(TreeNode file, string name)
    {
        Errno error = CheckNewName();
        if (error != Errno.None) return error;
        if (file is not HostNode linked) return Errno.EPERM;    // a directory that only leads to a mount
        long before = Occupied;
        error = HostNames.Link(linked.Descriptor, Descriptor, name);
        if (error == Errno.None && HostNames.Status(linked.Descriptor, out FileStatus status) == Errno.None)
        {
            Inodes.Linked(status.Device, status.Inode);    // it may have had no name (O_TMPFILE)
            Inodes.Disk.Linked(status);
            Inodes.Times.Changed(status.Device, status.Inode);
        }

        return Changed(error, before);
    }

    public override Errno RemoveDirectory(string name) => Remove(name, HostNames.RemoveDirectory);

    public override Errno Unlink(string name) => Remove(name, HostNames.Unlink);

    public override Errno Rename(string name, TreeNode directory, string to, bool mayReplace)
    {
        if (directory is not HostNode target) return Errno.EXDEV;
        Errno error = target.Identity == Identity && !_mount.IsReadOnly ? Errno.None : CheckNewName();
        if (error != Errno.None) return error;
        int toDirectory = target.Descriptor;
        long before = Occupied, targetBefore = target.Occupied;
        int held = mayReplace ? HoldNamed(toDirectory, to) : -1;
        error = HostNames.Rename(Descriptor, name, toDirectory, to, mayReplace);
        NoteUnlinked(held);
        if (error != Errno.None) return error;
        NoteNames(before);
        if (target.Identity != Identity) target.NoteNames(targetBefore);
        NoteMoved(toDirectory, to);
        return Errno.None;
    }

    /// <summary>Closes the descriptor at the end of the mount, even while others hold the node.</summary>
    public void Forget()
    {
        if (Descriptor >= 0) HostCalls.Close(Descriptor);
        Descriptor = -1;
    }

    protected override void Close()
    {
        _mount.Remove(this);
        Forget();
    }

    /// <summary>Notes an added or removed name with the guest's time, which differs from the host's after sleeps.</summary>
    private Errno Changed(Errno error, long before)
    {
        if (error == Errno.None) NoteNames(before);
        return error;
    }

    private Errno Remove(string name, Func<int, string, Errno> remove)
    {
        if (_mount.IsReadOnly) return Errno.EROFS;
        long before = Occupied;
        int held = HoldNamed(Descriptor, name);
        Errno error = remove(Descriptor, name);
        NoteUnlinked(held);
        return Changed(error, before);
    }

    /// <summary>Checks whether a name can be added.</summary>
    private Errno CheckNewName() => _mount.IsReadOnly ? Errno.EROFS : Inodes.Disk.CheckRoomForName();

    /// <summary>Makes a name of a new file.</summary>
    private Errno Make(string name, Func<Errno> make)
    {
        Errno error = CheckNewName();
        if (error != Errno.None) return error;
        long before = Occupied;
        error = make();
        if (error != Errno.None) return error;
        NoteNames(before);
        Inodes.Disk.Add(HostDisk.InodeByteLength);
        CallResult held = HostNames.Hold(Descriptor, name);
        if (held.IsError) return Errno.None;
        GiveTime(held.Count, isNew: true);
        if (HostNames.Status(held.Count, out FileStatus status) == Errno.None)
        {
            Inodes.Disk.Add(HostDisk.OccupiedBy(status));
            Inodes.Times.Made(status.Device, status.Inode);
        }

        HostCalls.Close(held.Count);
        return Errno.None;
    }

    /// <summary>Notes a changed mode, owner or time.</summary>
    private Errno Altered(Errno error)
    {
        if (error == Errno.None && Identity is { } file) Inodes.Times.Changed(file.Device, file.Inode);
        return error;
    }

    /// <summary>Counts the change of this directory's size after a change of names.</summary>
    private void NoteNames(long before)
    {
        Inodes.Disk.Add(Occupied - before);
        GiveTime(Descriptor, isNew: false);
        _ = Altered(Errno.None);
    }

    /// <summary>Notes the change of a renamed file. Linux: simple_rename_timestamp.</summary>
    private void NoteMoved(int directory, string name)
    {
        CallResult held = HostNames.Hold(directory, name);
        if (held.IsError) return;
        if (HostNames.Status(held.Count, out FileStatus status) == Errno.None) Inodes.Times.Changed(status.Device, status.Inode);
        HostCalls.Close(held.Count);
    }

    /// <summary>Sets the guest's time; a file of another user keeps the host's.</summary>
    private void GiveTime(int held, bool isNew)
    {
        long now = _mount.Parts.Clock.RealTime;
        Span<long> times = stackalloc long[4];
        TimeWords.ToPairs(isNew ? now : null, now, times);
        _ = HostNames.SetTimes(held, times);
    }

    /// <summary>Opens the file of a name with O_PATH; −1 if that fails.</summary>
    private static int HoldNamed(int directory, string name)
    {
        CallResult held = HostNames.Hold(directory, name);
        return held.IsValue ? held.Count : -1;
    }

    /// <summary>Notes if it is unlinked, so that its pages are dropped after its last use.</summary>
    private void NoteUnlinked(int held)
    {
        if (held < 0) return;
        if (HostNames.Status(held, out FileStatus status) == Errno.None)
        {
            if (status.Links == 0) Inodes.Disk.Unlinked(status);    // before its account may be closed
            if (status is { IsRegular: true, Links: 0 }) Inodes.Unlinked(status.Device, status.Inode);
            Inodes.Times.Changed(status.Device, status.Inode);
        }

        HostCalls.Close(held);
    }

    private byte TypeOf(string name)
    {
        CallResult held = HostNames.Hold(Descriptor, name);
        if (held.IsError) return 0;
        _ = HostNames.Status(held.Count, out FileStatus status);
        HostCalls.Close(held.Count);
        return status.EntryType;
    }

    /// <summary>Wraps a file that has just been created and opened.</summary>
    private Errno Taken(CallResult made, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if (made.IsError) return made.Error;
        CallResult held = HostNames.Open(made.Count, FileFlags.PathOnly);
        if (held.IsError)
        {
            HostCalls.Close(made.Count);
            return held.Error;
        }

        using HostNode node = new(_mount, held.Count);    // the open file holds it from Take on
        Errno error = node.Take(made.Count, canWrite: true, flags & ~FileFlags.Truncate, out open);
        _mount.Parts.RegularFiles.NoteBirth(open);
        return error;
    }

    private Errno OpenDirectory(FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if ((flags & (FileFlags.AccessMask | FileFlags.Create | FileFlags.Truncate)) != 0) return Errno.EISDIR;
        if ((flags & FileFlags.Direct) != 0) return Errno.EINVAL;    // reads go through the engine's page cache
        Errno error = HostNames.Access(Descriptor, AccessRights.Read);
        if (error == Errno.None) open = new DirectoryFile(_mount.Parts.Tree, this, flags);
        return error;
    }

    private Errno OpenRegular(in FileStatus status, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        bool canWrite = (flags & (FileFlags.AccessMask | FileFlags.Truncate)) != 0;
        if (canWrite && _mount.IsReadOnly) return Errno.EROFS;
        if (canWrite && Inodes.Find(status.Device, status.Inode) is { ExecutorCount: > 0 }) return Errno.ETXTBSY;
        // Opened for reading too if it is to be written: the page cache reads partly written pages.
        CallResult opened = HostNames.Open(Descriptor, canWrite ? FileFlags.ReadWrite : FileFlags.None);
        bool mayOnlyWrite = opened == Errno.EACCES && (flags & FileFlags.AccessMask) == FileFlags.WriteOnly;
        if (mayOnlyWrite) opened = HostNames.Open(Descriptor, FileFlags.WriteOnly);
        return opened.IsError ? opened.Error : Take(opened.Count, canWrite, flags, out open);
    }

    private Errno Take(int opened, bool canWrite, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        Errno error = HostNames.Status(opened, out FileStatus status);
        if (error != Errno.None)
        {
            HostCalls.Close(opened);
            return error;
        }

        HostInode inode = Inodes.Take(opened, canWrite, status, Path);
        return _mount.Parts.RegularFiles.Open(inode, this, flags, out open);
    }
}
