using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>How much more of the host's disk the files of a run may occupy in the end than at its beginning.</summary>
/// <remarks>
/// Counts what the host says that a file or directory occupies, so holes are free, and a page more for each file that is made. What is
/// written counts as whole pages at first; it is measured when it is too much, so that a write costs no call of the host's more. What an
/// unlinked file has occupied comes back when nothing holds the file any more, which is looked at when room is short.
/// </remarks>
internal sealed class HostDisk(long byteLengthMax)
{
    /// <summary>What a file takes beside its bytes: inode and name.</summary>
    public const long InodeByteLength = PageWords.ByteLength;

    private const int BytesOfBlock = 512, UnlinkedMin = 1024;

    private readonly Dictionary<(ulong Device, ulong Number), HostRoom> _rooms = [];
    private readonly Dictionary<(ulong Device, ulong Number), long> _unlinked = [];    // what comes back when nothing holds them
    private readonly HashSet<HostRoom> _estimated = [];
    private long _taken;
    private int _unlinkedMax = UnlinkedMin;

    /// <summary>Returns the files that are held by name (O_PATH, working directories), which keep what they occupy.</summary>
    public Func<HashSet<(ulong Device, ulong Number)>> Held { get; set; } = static () => [];

    /// <summary>Bytes that are left; none or less: none.</summary>
    public long Room => byteLengthMax - _taken;

    /// <summary>The same, without estimates.</summary>
    public long MeasuredRoom
    {
        get
        {
            Settle();
            return Room;
        }
    }

    /// <summary>What the host says that a file occupies; 0: it says nothing.</summary>
    public static long OccupiedBy(int descriptor) =>
        HostCalls.Status(descriptor, out FileStatus status) == Errno.None ? OccupiedBy(status) : 0;

    public static long OccupiedBy(in FileStatus status) => (long)status.Blocks * BytesOfBlock;

    /// <summary>The account of a file that has been opened, one for all who have it open; <see cref="HostRoom.Close"/> ends it.</summary>
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

    /// <summary>ENOSPC: there is no room for one more file.</summary>
    public Errno JudgeName()
    {
        const long wanted = InodeByteLength + PageWords.ByteLength;    // its directory may grow
        if (wanted > Room) Settle();
        return wanted > Room ? Errno.ENOSPC : Errno.None;
    }

    /// <summary>A file has been made, or a directory has grown.</summary>
    public void Add(long byteLength) => _taken += byteLength;

    /// <summary>Takes room. False: so much is not left.</summary>
    public bool TryTake(long byteLength)
    {
        if (byteLength > Room) Settle();
        if (byteLength > Room) return false;
        _taken += byteLength;
        return true;
    }

    /// <summary>A file has lost its last name; its last close gives back the space that it occupies.</summary>
    public void Unlinked(in FileStatus status)
    {
        (ulong, ulong) file = (status.Device, status.Inode);
        if (_rooms.ContainsKey(file)) return;
        _unlinked[file] = _unlinked.GetValueOrDefault(file) + OccupiedBy(status) + InodeByteLength;
        if (_unlinked.Count > _unlinkedMax) ReturnUnlinked();
    }

    /// <summary>A file that had no name has one again.</summary>
    public void Linked(in FileStatus status)
    {
        if (status.Links == 1 && !_rooms.ContainsKey((status.Device, status.Inode))) TakeBack(status);
    }

    /// <summary>The account of what a descriptor leads to; null: it is no regular file.</summary>
    public HostRoom? OpenStream(int descriptor) =>
        HostCalls.Status(descriptor, out FileStatus status) == Errno.None && status.IsRegular ? Open(status) : null;

    /// <summary>The last holder of an account has gone.</summary>
    public void Closed(HostRoom room, in FileStatus status)
    {
        _estimated.Remove(room);
        _rooms.Remove((status.Device, status.Inode));
        if (status.Links == 0) Unlinked(status);
    }

    /// <summary>An account begins to estimate.</summary>
    public void Estimates(HostRoom room) => _estimated.Add(room);

    /// <summary>A file without a name, which may have been given back, or may be one day, is to be counted: it is used again.</summary>
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

    /// <summary>A number that is open under its name again stands for another file: what the older one occupied is free.</summary>
    private void ReturnUnlinked()
    {
        HashSet<(ulong, ulong)> held = Held();
        foreach (((ulong, ulong) file, long byteLength) in _unlinked)
        {
            if (held.Contains(file) && !_rooms.ContainsKey(file)) continue;
            _taken -= byteLength;
            _unlinked.Remove(file);
        }

        _unlinkedMax = Math.Max(UnlinkedMin, 2 * _unlinked.Count);
    }
}
