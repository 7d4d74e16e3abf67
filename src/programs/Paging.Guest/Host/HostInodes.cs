using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Native;

namespace Paging.Guest.Host;

/// <summary>A regular file of the host that the guest has used: one object for all its names.</summary>
internal sealed class HostInode(HostInodes all, ulong device, ulong number, GuestFile file, HostBacking backing) : RegularInode(file)
{
    // When the guest last wrote it, and last noted a read, in the guest's time; 0 if never.
    private long _writtenAt;
    private long _readAt;

    public ulong Device => device;

    public ulong Number => number;

    public HostBacking Backing => backing;

    public override SavedFileKind SavedKind => IsLost ? SavedFileKind.Lost : SavedFileKind.Named;

    /// <summary>True if the file has no name left on the host, whether the host or the guest has unlinked it.</summary>
    public bool IsLost => Status(out FileStatus status) == Errno.None && status.Links == 0;

    /// <summary>True if it has no name left.</summary>
    public bool IsUnlinked { get; set; }

    public override Errno Status(out FileStatus status)
    {
        Errno error = HostCalls.Status(backing.Descriptor, out status);
        Overlay(ref status);
        return error;
    }

    /// <summary>Updates the host's status by the guest's unwritten pages: length, blocks and times.</summary>
    public void Overlay(ref FileStatus status)
    {
        const int blocksOfPage = PageWords.ByteLength / 512;    // st_blocks counts 512 bytes everywhere (stat(2))
        status.ByteLength = File.ByteLength;
        status.Blocks = Math.Max(status.Blocks, (ulong)File.DirtyPages.Value * blocksOfPage);    // the blocks that they will get
        status.AccessedAt = backing.AccessedAt ?? status.AccessedAt;
        status.ModifiedAt = backing.ModifiedAt ?? status.ModifiedAt;
        all.Times.Overlay(ref status);
        status.ChangedAt = Math.Max(status.ChangedAt, _writtenAt);    // writes here reach the host later
    }

    public override void NoteAccess(long now)
    {
        FileStatus known = new() { AccessedAt = _readAt, ChangedAt = Math.Max(_writtenAt, all.Times.LastChange(device, number)) };
        if (_readAt == 0 && Status(out FileStatus onHost) == Errno.None) known = onHost;    // relatime compares with the host's time first
        if (known.NeedsAccessTime(now)) backing.AccessedAt = _readAt = now;
    }

    public override void NoteWrite(long now)
    {
        backing.ModifiedAt = _writtenAt = now;
        all.Times.Changed(device, number);
    }

    public override void NoteBirth(long now)
    {
        backing.AccessedAt = backing.ModifiedAt = _writtenAt = now;
        all.Times.Made(device, number);
    }

    public override Errno ChangeMode(FileModes mode) => Changed(HostNames.ChangeMode(backing.Descriptor, mode));

    public override Errno ChangeOwner(uint user, uint group) => Changed(HostNames.ChangeOwner(backing.Descriptor, user, group));

    public override Errno SetTimes(ReadOnlySpan<long> times)
    {
        Errno error = Changed(HostNames.SetTimes(backing.Descriptor, times));
        if (error != Errno.None) return error;
        _readAt = 0;
        if (TimeWords.FromPair(times[..2]) is { } accessed) backing.AccessedAt = accessed;
        if (TimeWords.FromPair(times[2..]) is { } modified) backing.ModifiedAt = modified;
        return Errno.None;
    }

    /// <summary>Notes that its pages or times were written to the host.</summary>
    public void WrittenLater() => all.Times.WrittenLater(device, number);

    protected override void FirstOpened() => all.Opened(this);

    protected override void LastClosed()
    {
        backing.LeaveTimes();
        all.Closed(this);
    }

    private Errno Changed(Errno error)
    {
        if (error == Errno.None) all.Times.Changed(device, number);
        return error;
    }
}

/// <summary>The host's regular files by device and number, so that every name and every process sees the same pages.</summary>
/// <remarks>
/// Closed files keep their pages for a while, for later reads. Written data reaches the host before the call returns, unless
/// <paramref name="writesLater"/> leaves it in the engine's cache.
/// </remarks>
internal sealed class HostInodes(PagingEngine engine, NotedTimes times, HostDisk disk, bool writesLater) : IDisposable
{
    private const int ClosedMax = 128;    // each holds a descriptor of the host's process

    private readonly Dictionary<(ulong Device, ulong Number), HostInode> _inodes = [];
    private readonly LinkedList<HostInode> _closed = new();

    /// <summary>The times of the guests' changes.</summary>
    public NotedTimes Times => times;

    /// <summary>The disk quota.</summary>
    public HostDisk Disk => disk;

    /// <summary>Returns the inode of a file of the engine, by <see cref="GuestFile.Id"/>; null if it is not a file of the host.</summary>
    public HostInode? Find(int fileId) => _inodes.Values.FirstOrDefault(inode => inode.File.Id == fileId);

    /// <summary>Returns the inode of a file, if it is known.</summary>
    public HostInode? Find(ulong device, ulong number) => _inodes.GetValueOrDefault((device, number));

    /// <summary>
    /// Returns the inode of a file just opened on the host. Takes the descriptor, or closes it if the file is known already.
    /// </summary>
    public HostInode Take(int descriptor, bool canWrite, in FileStatus status, string name)
    {
        if (Find(status.Device, status.Inode) is { } known)
        {
            if (canWrite && !known.Backing.CanWrite)
            {
                known.Backing.Replace(descriptor);
                known.File.Rights |= FileRights.Write;
            }
            else
            {
                HostCalls.Close(descriptor);
            }

            Reread(known, status);
            return known;
        }

        // reading into the page cache is not the guest's reading
        HostBacking backing = new(descriptor, canWrite, status.ByteLength, disk.Open(status))
        {
            AccessedAt = status.AccessedAt,
            Clock = () => times.Now,
        };
        FileRights rights = FileRights.Read | (canWrite ? FileRights.Write : FileRights.None);
        HostInode inode = new(this, status.Device, status.Inode, engine.Files.CreateFile(name, backing, rights), backing);
        inode.File.IsWrittenThrough = !writesLater;
        backing.Left = inode.WrittenLater;
        backing.Stored = () => inode.NoteWrite(times.Now);
        _inodes.Add((status.Device, status.Inode), inode);
        inode.IsUnlinked = status.Links == 0;
        return inode;
    }

    /// <summary>Notes that it is open again.</summary>
    public void Opened(HostInode inode) => _closed.Remove(inode);

    /// <summary>Notes the end of its last use, with which an unlinked file is dropped.</summary>
    public void Closed(HostInode inode)
    {
        if (!_inodes.ContainsValue(inode)) return;
        if (inode.IsUnlinked)
        {
            Forget(inode);
            return;
        }

        _closed.AddLast(inode);
        if (_closed.Count > ClosedMax) Forget(_closed.First!.Value);
    }

    /// <summary>Drops the pages of all closed files, so that the next open reads them from the host.</summary>
    public void ForgetClosed()
    {
        while (_closed.First is { Value: var inode }) Forget(inode);
    }

    /// <summary>
    /// Notes that it is unlinked, and dropped with its last use. Until then the host keeps its inode number, so it can be opened again.
    /// </summary>
    public void Unlinked(ulong device, ulong number)
    {
        if (Find(device, number) is not { IsUnlinked: false } inode) return;
        inode.IsUnlinked = true;
        inode.File.Name += DeletedMark.Text;
        if (inode.OpenCount == 0) Forget(inode);
    }

    /// <summary>Notes that an unlinked file has a name again (linkat of /proc/self/fd/N).</summary>
    public void Linked(ulong device, ulong number)
    {
        if (Find(device, number) is { IsUnlinked: true } inode) inode.IsUnlinked = false;
    }

    public void Dispose()
    {
        foreach (HostInode inode in _inodes.Values.ToArray()) Forget(inode);
    }

    /// <summary>
    /// If the host has changed the length while no guest had the file open, drops the cached pages.
    /// </summary>
    private static void Reread(HostInode inode, in FileStatus status)
    {
        // The guest's own pages must not be lost
        if (inode.OpenCount != 0 || inode.File.DirtyPages != PageCount.Zero || inode.File.MappingCount != 0) return;
        if (inode.File.ByteLength != status.ByteLength) inode.File.Reload(status.ByteLength);
    }

    private void Forget(HostInode inode)
    {
        _closed.Remove(inode);
        _inodes.Remove((inode.Device, inode.Number));
        inode.File.Dispose();
    }
}
