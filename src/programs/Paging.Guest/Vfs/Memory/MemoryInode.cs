using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs.Memory;

/// <summary>A file in the engine's memory only: any file of tmpfs, or one of memfd_create(2). Linux: mm/shmem.c.</summary>
internal sealed class MemoryInode
{
    private readonly GuestClock _clock;
    private FileStatus _status;

    public MemoryInode(GuestClock clock, in FileStatus birth)
    {
        (_clock, _status) = (clock, birth);
        if (birth.IsDirectory) Entries = new(StringComparer.Ordinal);
    }

    public ulong Number => _status.Inode;

    public bool IsDirectory => _status.IsDirectory;

    public uint Links
    {
        get => _status.Links;
        set => (_status.Links, _status.ChangedAt) = (value, _clock.RealTime);
    }

    public FileModes Mode => _status.Mode;

    /// <summary>True if it has no name yet but may get one (O_TMPFILE). Linux: I_LINKABLE.</summary>
    public bool IsLinkable { get; set; }

    /// <summary>The target of a link.</summary>
    public string Target { get; init; } = "";

    /// <summary>The names in a directory; null for other files.</summary>
    public SortedDictionary<string, MemoryInode>? Entries { get; }

    /// <summary>The directory of its latest name, and the name. Null if it has none, or is the root.</summary>
    public (MemoryInode Directory, string Name)? Place { get; set; }

    /// <summary>The bytes of a regular file.</summary>
    public MemoryContent? Content { get; set; }

    public FileStatus Status
    {
        get
        {
            FileStatus status = _status;
            if (Content is { } content)
                (status.ByteLength, status.Blocks) = (content.File.ByteLength, content.PageCount * (PageWords.ByteLength / 512));
            else if (Entries is not null) status.ByteLength = (Entries.Count + 2) * 20;    // BOGO_DIRENT_SIZE
            else status.ByteLength = Target.Length;
            return status;
        }
    }

    /// <summary>Restores a saved status.</summary>
    public void Restore(in FileStatus status) => _status = status;

    /// <summary>
    /// Notes a read; for a file without a name (memfd) every one, since the kernel's own mount has no relatime. Linux: touch_atime.
    /// </summary>
    public void NoteAccess(long now)
    {
        bool isNameless = Place is null && !IsDirectory;
        if (isNameless || _status.NeedsAccessTime(now)) _status.AccessedAt = now;
    }

    /// <summary>Notes that a directory was read, or a link followed.</summary>
    public void WasRead() => NoteAccess(_clock.RealTime);

    /// <summary>Notes a rename. Linux: simple_rename_timestamp.</summary>
    public void WasMoved() => _status.ChangedAt = _clock.RealTime;

    public void NoteWrite(long now) => (_status.ModifiedAt, _status.ChangedAt) = (now, now);

    public Errno ChangeMode(FileModes mode)
    {
        bool isSealed = Content is { } content && (content.File.Seals & FileSeals.Execute) != 0;
        if (isSealed && ((_status.Mode ^ mode) & FileModes.AllExecute) != 0) return Errno.EPERM;    // Linux: shmem_setattr
        _status.Mode = (_status.Mode & ~FileModes.Changeable) | (mode & FileModes.Changeable);
        _status.ChangedAt = _clock.RealTime;
        return Errno.None;
    }

    public Errno ChangeOwner(uint user, uint group)
    {
        (_status.User, _status.Group) = FileStatus.OwnerAfterChown((_status.User, _status.Group), user, group);
        _status.Mode = FileStatus.ModeAfterChown(_status.Mode);
        _status.ChangedAt = _clock.RealTime;
        return Errno.None;
    }

    public Errno SetTimes(ReadOnlySpan<long> times)
    {
        _status.AccessedAt = TimeWords.FromPair(times[..2]) ?? _status.AccessedAt;
        _status.ModifiedAt = TimeWords.FromPair(times[2..]) ?? _status.ModifiedAt;
        _status.ChangedAt = _clock.RealTime;
        return Errno.None;
    }
}

/// <summary>The bytes of a file in memory, freed with its last name and last use.</summary>
internal sealed class MemoryContent(MemoryInode inode, MemoryBlocks? blocks, GuestFile file) : RegularInode(file)
{
    /// <summary>The inode of the bytes.</summary>
    public MemoryInode Inode => inode;

    public override SavedFileKind SavedKind => inode.Links == 0 ? SavedFileKind.InMemory : SavedFileKind.Named;

    public ulong PageCount => File.CachedPages.Value + File.SwappedPages.Value;

    public override Errno Status(out FileStatus status)
    {
        status = inode.Status;
        return Errno.None;
    }

    public override void NoteAccess(long now) => inode.NoteAccess(now);

    public override void NoteWrite(long now)
    {
        blocks?.Count(this);
        inode.NoteWrite(now);
    }

    public override Errno ChangeMode(FileModes mode) => inode.ChangeMode(mode);

    public override Errno ChangeOwner(uint user, uint group) => inode.ChangeOwner(user, group);

    public override Errno SetTimes(ReadOnlySpan<long> times) => inode.SetTimes(times);

    public override Errno CheckRoom(int byteLength) => blocks?.CheckRoom(byteLength) ?? Errno.None;

    /// <summary>Notes a removed name.</summary>
    public void LostName()
    {
        if (inode.Links == 0 && OpenCount == 0) Free();
    }

    protected override void LastClosed()
    {
        if (inode.Links == 0) Free();
    }

    private void Free()
    {
        blocks?.Forget(this);
        inode.Content = null;    // holders of the node may still read its status
        File.Dispose();
    }
}
