using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>The quota by which the files of a run may grow on the host's disk.</summary>
/// <remarks>
/// Counts the blocks that the host reports for a file or directory, so holes are free, and a page for each new file. Writes are first
/// estimated in whole pages, and measured only when the estimate exceeds the quota, so that a write needs no further host call. The room of
/// an unlinked file is returned when the file has no user left, which is checked when room is short.
/// </remarks>
internal sealed class HostDisk(long byteLengthMax)
{
    /// <summary>The room of a file beside its bytes: inode and name.</summary>
    public const long InodeByteLength = PageWords.ByteLength;    // so that empty files cannot fill the host's disk

    private const int BytesOfBlock = 512, UnlinkedMin = 1024;    // st_blocks, whatever the block size (stat(3type))

    private readonly Dictionary<(ulong Device, ulong Number), HostRoom> _rooms = [];
    private readonly Dictionary<(ulong Device, ulong Number), long> _unlinked = [];    // returned when they have no user left
    private readonly HashSet<HostRoom> _estimated = [];
    private long _taken;
    private int _unlinkedMax = UnlinkedMin;

    /// <summary>Returns the files held by O_PATH descriptors and working directories, which keep their room.</summary>
    public Func<HashSet<(ulong Device, ulong Number)>> Held { get; set; } = static () => [];

    /// <summary>The remaining bytes; may be negative.</summary>
    public long Room => byteLengthMax - _taken;

    /// <summary>The remaining bytes, after measuring all estimates.</summary>
    public long MeasuredRoom
    {
        get
        {
            Settle();
            return Room;
        }
    }

    /// <summary>Returns the bytes that a file occupies; 0 if the host does not report them.</summary>
    public static long OccupiedBy(int descriptor) =>
        HostCalls.Status(descriptor, out FileStatus status) == Errno.None ? OccupiedBy(status) : 0;

    public static long OccupiedBy(in FileStatus status) => (long)status.Blocks * BytesOfBlock;

    /// <summary>Returns the account of an opened file, which all its users share; <see cref="HostRoom.Close"/> releases it.</summary>
    public HostRoom Open(in FileStatus status)
    {
        (ulong, ulong) file = (status.Device, status.Inode);
        if (!_rooms.TryGetValue(file, out HostRoom? room))
        {
            room = new(this, OccupiedBy(status));
            _rooms.Add(file, room);
            if (status.Links == 0) TakeBack(status);
        }

        return room.Hold();
    }

    /// <summary>Checks the room for one more file. Returns ENOSPC if there is none.</summary>
    public Errno CheckRoomForName()
    {
        const long wanted = InodeByteLength + PageWords.ByteLength;    // its directory may grow
        if (wanted > Room) Settle();
        return wanted > Room ? Errno.ENOSPC : Errno.None;
    }

    /// <summary>Counts a new file, or the growth of a directory.</summary>
    public void Add(long byteLength) => _taken += byteLength;

    /// <summary>Takes room. Returns false if there is not enough.</summary>
    public bool TryTake(long byteLength)
    {
        if (byteLength > Room) Settle();
        if (byteLength > Room) return false;
        _taken += byteLength;
        return true;
    }

    /// <summary>Notes an unlinked file, whose room is returned at its last close.</summary>
    public void Unlinked(in FileStatus status)
    {
        (ulong, ulong) file = (status.Device, status.Inode);
        if (_rooms.ContainsKey(file)) return;
        _unlinked[file] = _unlinked.GetValueOrDefault(file) + OccupiedBy(status) + InodeByteLength;
        if (_unlinked.Count > _unlinkedMax) ReturnUnlinked();
    }

    /// <summary>Notes that an unlinked file has a name again.</summary>
    public void Linked(in FileStatus status)
    {
        if (status.Links == 1 && !_rooms.ContainsKey((status.Device, status.Inode))) TakeBack(status);
    }

    /// <summary>Returns the account of a descriptor's file; null if it is not a regular file.</summary>
    public HostRoom? OpenStream(int descriptor) =>
        HostCalls.Status(descriptor, out FileStatus status) == Errno.None && status.IsRegular ? Open(status) : null;

    /// <summary>Notes the end of an account's last user.</summary>
    public void Closed(HostRoom room, in FileStatus status)
    {
        _estimated.Remove(room);
        _rooms.Remove((status.Device, status.Inode));
        if (status.Links == 0) Unlinked(status);
    }

    /// <summary>Notes that an account has an estimate.</summary>
    public void Estimates(HostRoom room) => _estimated.Add(room);

    /// <summary>Counts an unlinked file again when it is used again, if its room was returned.</summary>
    private void TakeBack(in FileStatus status)
    {
        (ulong, ulong) file = (status.Device, status.Inode);
        long wanted = OccupiedBy(status) + InodeByteLength, returned = Math.Min(wanted, _unlinked.GetValueOrDefault(file));
        _taken += wanted - returned;
        if (returned == 0) return;
        _unlinked[file] -= returned;
        if (_unlinked[file] == 0) _unlinked.Remove(file);
    }

    private void Settle()
    {
        foreach (HostRoom room in _estimated) room.Settle();
        _estimated.Clear();
        if (_unlinked.Count > 0) ReturnUnlinked();
    }

    /// <summary>Returns the room of unlinked files without users. An inode number that is in use with a name is another file.</summary>
    private void ReturnUnlinked()
    {
        HashSet<(ulong, ulong)> held = Held();
        foreach (((ulong, ulong) file, long byteLength) in _unlinked)
        {
            if (held.Contains(file) && !_rooms.ContainsKey(file)) continue;
            _taken -= byteLength;
            _unlinked.Remove(file);
        }

        _unlinkedMax = Math.Max(UnlinkedMin, 2 * _unlinked.Count);    // doubled, so that a check costs O(1) per file
    }
}
