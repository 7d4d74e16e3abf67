using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs.Memory;

/// <summary>A file of a <see cref="MemoryMount"/> that is held.</summary>
internal sealed class MemoryNode(MemoryMount mount, InMemoryFiles files, MemoryInode inode, (MemoryInode Directory, string Name)? foundAt)
    : TreeNode
{
    private const int NameByteLengthMax = 255;    // NAME_MAX

    public override Mount Mount => mount;

    public override string Path
    {
        get
        {
            List<string> names = [];
            bool isGone = false;
            MemoryInode at = inode;
            (MemoryInode Directory, string Name)? place = foundAt;
            while (place is (MemoryInode directory, string name))
            {
                if (directory.Entries!.GetValueOrDefault(name) != at)    // renamed or removed
                {
                    if (at.Place is { } moved && moved.Directory.Entries!.GetValueOrDefault(moved.Name) == at) (directory, name) = moved;
                    else isGone = true;
                }

                names.Add(name);
                (at, place) = (directory, directory.Place);
            }

            names.Reverse();
            return $"{mount.Prefix}{(names.Count == 0 ? "" : "/")}{string.Join('/', names)}{(isGone ? DeletedMark.Text : "")}";
        }
    }

    public override Errno Status(out FileStatus status)
    {
        status = inode.Status;
        return Errno.None;
    }

    public override Errno Open(FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if (inode.IsDirectory)
        {
            if ((flags & (FileFlags.AccessMask | FileFlags.Create)) != 0) return Errno.EISDIR;
            open = files.OpenDirectory(this, flags);
            return Errno.None;
        }

        if (inode.Content is { } content) return files.RegularFiles.Open(content, this, flags, out open);
        return (inode.Mode & FileModes.TypeMask) switch
        {
            FileModes.SymbolicLink => Errno.ELOOP,
            FileModes.Fifo => files.NamedPipes.Open(this, inode.Status, flags, out open),
            _ => Errno.ENXIO,
        };
    }

    public override Errno ReadLink(out string target)
    {
        target = inode.Target;
        if ((inode.Mode & FileModes.TypeMask) != FileModes.SymbolicLink) return Errno.EINVAL;
        inode.WasRead();
        return Errno.None;
    }

    public override Errno ChangeMode(FileModes mode) => inode.ChangeMode(mode);

    public override Errno ChangeOwner(uint user, uint group) => inode.ChangeOwner(user, group);

    public override Errno SetTimes(ReadOnlySpan<long> times) => inode.SetTimes(times);

    public override Errno Find(string name, out TreeNode? child)
    {
        child = null;
        if (inode.Entries is not { } entries) return Errno.ENOTDIR;
        if (name.Length > NameByteLengthMax) return Errno.ENAMETOOLONG;
        if (!entries.TryGetValue(name, out MemoryInode? found)) return Errno.ENOENT;
        child = new MemoryNode(mount, files, found, (inode, name));
        return Errno.None;
    }

    public override Errno FindParent(out TreeNode? parent)
    {
        parent = null;
        if (inode.Place is not (MemoryInode directory, _)) return Errno.ENOENT;
        parent = IsRoot(directory) ? mount.Root.Hold() : new MemoryNode(mount, files, directory, directory.Place);
        return Errno.None;
    }

    public override Errno List(List<DirectoryEntry> entries)
    {
        if (inode.Entries is null) return Errno.ENOTDIR;
        inode.WasRead();
        foreach ((string name, MemoryInode child) in inode.Entries) entries.Add(new(name, child.Number, child.Status.EntryType));
        return Errno.None;
    }

    public override Errno Create(string name, FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        Errno error = Add(name, FileModes.Regular | mode, 0, "", out MemoryInode? made);
        if (error != Errno.None) return error;
        using MemoryNode node = new(mount, files, made!, (inode, name));
        return files.RegularFiles.Open(made!.Content!, node, flags & ~FileFlags.Truncate, out open);
    }

    public override Errno MakeDirectory(string name, FileModes mode)
    {
        Errno error = Add(name, FileModes.Directory | mode, 0, "", out MemoryInode? made);
        if (error != Errno.None) return error;
        made!.Links = 2;
        inode.Links++;    // for its ".."
        return Errno.None;
    }

    public override Errno MakeNode(string name, FileModes mode, ulong device) =>
        Add(name, (mode & FileModes.TypeMask) == 0 ? mode | FileModes.Regular : mode, device, "", out _);

    public override Errno MakeLink(string name, string target) =>
        Add(name, FileModes.SymbolicLink | FileModes.Everything, 0, target, out _);

    public override Errno Link(TreeNode file, string name)
    {
        Errno error = CheckNewName(name);
        if (error != Errno.None) return error;
        if (file is not MemoryNode { Inode: { IsDirectory: false } target }) return Errno.EPERM;    // also one that leads to a mount
        if (target.Links == 0 && !target.IsLinkable) return Errno.ENOENT;    // else a removed file would return
        error = files.Blocks.AddFile();
        if (error != Errno.None) return error;
        Put(name, target);
        target.Links++;
        target.IsLinkable = false;
        return Errno.None;
    }

    public override Errno CreateNameless(FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        if (inode.Entries is null) return Errno.ENOTDIR;
        MemoryInode made = files.MakeInode(mount.DeviceNumber, FileModes.Regular | mode, 0);
        made.IsLinkable = (flags & FileFlags.Exclusive) == 0;    // O_EXCL: it never gets a name (open(2))
        made.Content!.File.Name = $"{Path}/#{made.Number}{DeletedMark.Text}";    // as d_tmpfile names it
        using MemoryNode node = new(mount, files, made, (inode, $"#{made.Number}"));
        return files.RegularFiles.Open(made.Content, node, flags & ~FileFlags.Truncate, out open);
    }

    public override Errno RemoveDirectory(string name)
    {
        if (inode.Entries?.GetValueOrDefault(name) is not { } child) return Errno.ENOENT;
        if (!child.IsDirectory) return Errno.ENOTDIR;
        if (child.Entries!.Count > 0) return Errno.ENOTEMPTY;    // simple_empty
        Take(name);
        child.Links = 0;
        inode.Links--;
        return Errno.None;
    }

    public override Errno Unlink(string name)
    {
        if (inode.Entries?.GetValueOrDefault(name) is not { } child) return Errno.ENOENT;
        if (child.IsDirectory) return Errno.EISDIR;    // Linux; POSIX has EPERM (unlink(2))
        Take(name);
        Drop(child);
        return Errno.None;
    }

    /// <summary>Linux: shmem_rename2, vfs_rename.</summary>
    public override Errno Rename(string name, TreeNode directory, string to, bool mayReplace)
    {
        if (directory is not MemoryNode { Inode: var target }) return Errno.EXDEV;
        if (inode.Entries?.GetValueOrDefault(name) is not { } moved || target.Entries is not { } entries || target.Links == 0)
            return Errno.ENOENT;
        MemoryInode? old = entries.GetValueOrDefault(to);
        if (to.Length > NameByteLengthMax) return Errno.ENAMETOOLONG;    // before the kinds are compared
        if (old is not null && !mayReplace) return Errno.EEXIST;
        // A directory cannot come to lie in itself (rename(2))
        if (Holds(moved, target)) return Errno.EINVAL;
        if (old == moved) return Errno.None;    // two names of one file: rename(2) does nothing
        if (old is not null)
        {
            if (Holds(old, inode)) return Errno.ENOTEMPTY;    // an ancestor: it holds this directory (lock_rename)
            if (moved.IsDirectory && !old.IsDirectory) return Errno.ENOTDIR;
            if (!moved.IsDirectory && old.IsDirectory) return Errno.EISDIR;
            Errno error = old.IsDirectory ? directory.RemoveDirectory(to) : directory.Unlink(to);
            if (error != Errno.None) return error;
        }

        Leave(inode, name, moved);
        Enter(target, to, moved);
        moved.WasMoved();
        return Errno.None;
    }

    public MemoryInode Inode => inode;

    private bool IsRoot(MemoryInode one) => one == ((MemoryNode)mount.Root).Inode;

    /// <summary>Returns true if one directory is the other, or above it.</summary>
    private static bool Holds(MemoryInode above, MemoryInode below)
    {
        for (MemoryInode? at = below; at is not null; at = at.Place?.Directory)
        {
            if (at == above) return true;
        }

        return false;
    }

    private Errno CheckNewName(string name)
    {
        if (inode.Entries is not { } entries) return Errno.ENOTDIR;
        if (inode.Links == 0) return Errno.ENOENT;    // removed
        if (name.Length > NameByteLengthMax) return Errno.ENAMETOOLONG;
        return entries.ContainsKey(name) ? Errno.EEXIST : Errno.None;
    }

    private Errno Add(string name, FileModes mode, ulong device, string target, out MemoryInode? made)
    {
        made = null;
        Errno error = CheckNewName(name);
        if (error == Errno.None) error = files.Blocks.AddFile();
        if (error != Errno.None) return error;
        made = files.MakeInode(mount.DeviceNumber, mode, device, target);
        made.Links = 1;
        Put(name, made);
        if (made.Content is { } content) content.File.Name = $"{Path}/{name}";
        return Errno.None;
    }

    private void Put(string name, MemoryInode child)
    {
        inode.Entries!.Add(name, child);
        child.Place = (inode, name);
        inode.NoteWrite(files.Clock.RealTime);
    }

    private void Take(string name)
    {
        inode.Entries!.Remove(name);
        files.Blocks.RemoveFile();
        inode.NoteWrite(files.Clock.RealTime);
    }

    private static void Drop(MemoryInode child)
    {
        child.Links--;
        if (child.Links != 0 || child.Content is not { } content) return;
        content.File.Name += DeletedMark.Text;
        content.LostName();
    }

    private void Leave(MemoryInode from, string name, MemoryInode child)
    {
        from.Entries!.Remove(name);
        from.NoteWrite(files.Clock.RealTime);
        if (child.IsDirectory) from.Links--;
    }

    private void Enter(MemoryInode to, string name, MemoryInode child)
    {
        to.Entries!.Add(name, child);
        child.Place = (to, name);
        to.NoteWrite(files.Clock.RealTime);
        if (child.IsDirectory) to.Links++;
    }
}
