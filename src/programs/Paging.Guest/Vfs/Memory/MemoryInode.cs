using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;

namespace Paging.Guest.Vfs.Memory;

/// <summary>A file that exists in the engine's memory only: of tmpfs, of whatever kind, or of memfd_create(2). Linux: mm/shmem.c.</summary>
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

    /// <summary>It has no name yet and may be given one (O_TMPFILE). Linux: I_LINKABLE.</summary>
    public bool IsLinkable { get; set; }

    /// <summary>What a link says.</summary>
    public string Target { get; init; } = "";

    /// <summary>The names in a directory; null for what is none.</summary>
    public SortedDictionary<string, MemoryInode>? Entries { get; }

    /// <summary>The directory where it was last given a name, and the name. None: it has none, or is the root.</summary>
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

    /// <summary>What was saved takes the place of what it was made with.</summary>
    public void Restore(in FileStatus status) => _status = status;

    /// <summary>Of a file without a name (memfd) every read is noted: the kernel's own mount has no relatime. Linux: touch_atime.</summary>
    public void NoteAccess(long now)
    {
        bool isNameless = Place is null && !IsDirectory;
        if (isNameless || _status.NeedsAccessTime(now)) _status.AccessedAt = now;
    }

    /// <summary>A directory has been read, or a link followed.</summary>
    public void WasRead() => NoteAccess(_clock.RealTime);

    /// <summary>It has another name now. Linux: simple_rename_timestamp.</summary>
    public void WasMoved() => _status.ChangedAt = _clock.RealTime;

    public void NoteWrite(long now) => (_status.ModifiedAt, _status.ChangedAt) = (now, now);

    public Errno ChangeMode(FileModes mode)
    {
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

/// <summary>The bytes of a file in memory: they go with its last name and its last use.</summary>
internal sealed class MemoryContent(MemoryInode inode, MemoryBlocks? blocks, GuestFile file) : RegularInode(file)
{
    /// <summary>Whose bytes they are.</summary>
    public MemoryInode Inode => inode;

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

    public override Errno JudgeWrite(int byteLength) => blocks?.Judge(byteLength) ?? Errno.None;

    /// <summary>A name has gone.</summary>
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
        inode.Content = null;    // who still holds the node may ask for its status
        File.Dispose();
    }
}
