using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>What one file of the host occupies, for all who have it open.</summary>
internal sealed class HostRoom(HostDisk disk, long occupied)
{
    private const int PageMask = PageWords.ByteLength - 1;

    // Offsets of pages that mappings have stored to, and which are not written back yet: each has taken a page's room.
    private readonly HashSet<long> _reserved = [];

    private long _occupied = occupied;    // when it was last measured
    private long _estimated;    // whole pages that were written since
    private bool _isEstimated;    // it is in the disk's list
    private int _descriptor = -1;    // who asked last

    public int HolderCount { get; private set; }

    public HostRoom Hold()
    {
        HolderCount++;
        return this;
    }

    /// <summary>Takes room for bytes that are written in a stream.</summary>
    /// <returns>How many of them there is room for.</returns>
    public int Grant(int descriptor, int byteLength)
    {
        _descriptor = descriptor;
        if (TryTake(PagesOf(0, byteLength))) return byteLength;
        int granted = (int)Math.Clamp(disk.Room, 0, byteLength);
        return TryTake(granted) ? granted : 0;
    }

    /// <summary>Takes room for a range of a file, without what it occupies already.</summary>
    /// <returns>How many of the bytes may be written, or allocated; if not all, they end with a page.</returns>
    public long Grant(int descriptor, long offset, long byteLength)
    {
        _descriptor = descriptor;
        long at = offset & ~(long)PageMask, wanted = PagesOf(offset, byteLength), end = at + wanted;
        if (TryTake(wanted)) return byteLength;
        while (at < end)    // the estimate is too much, but some of it may be occupied already
        {
            HostExtent next = HostExtent.Find(descriptor, at);
            long hole = Math.Min(next.First, end) - at, granted = Math.Min(hole, disk.Room & ~(long)PageMask);
            if (hole > 0 && (granted <= 0 || !TryTake(granted))) break;
            at = hole > 0 ? at + granted : Math.Min(next.End, end);
        }

        return Math.Clamp(at - offset, 0, byteLength);
    }

    /// <summary>Takes room for a page that a mapping stores to, unless the page has it already.</summary>
    public bool TryReserve(int descriptor, long offset)
    {
        _descriptor = descriptor;
        if (_reserved.Contains(offset)) return true;
        if (disk.TryTake(PageWords.ByteLength))
        {
            _reserved.Add(offset);
            NoteEstimate();
            return true;
        }

        return IsOccupied(offset);
    }

    /// <summary>Gives back the room of stores to pages that begin in the range: they are being written, or are dropped.</summary>
    public void Release(long offset, long byteLength)
    {
        if (_reserved.Count == 0) return;
        long first = offset & ~(long)PageMask, end = offset + byteLength;
        int released = 0;
        if (byteLength / PageWords.ByteLength > _reserved.Count) released = _reserved.RemoveWhere(at => at >= first && at < end);
        else for (long at = first; at < end; at += PageWords.ByteLength) released += _reserved.Remove(at) ? 1 : 0;
        disk.Add(-released * (long)PageWords.ByteLength);
    }

    /// <summary>The file has become shorter, or holes have been made.</summary>
    public void Measure(int descriptor)
    {
        _descriptor = descriptor;
        Measure();
    }

    /// <summary>As <see cref="Measure(int)"/>; the disk's list is emptied.</summary>
    public void Settle()
    {
        _isEstimated = false;
        disk.Add(-_reserved.RemoveWhere(IsOccupied) * (long)PageWords.ByteLength);
        Measure();
    }

    /// <summary>Counts what the host says in place of the estimate.</summary>
    private void Measure()
    {
        if (HostCalls.Status(_descriptor, out FileStatus status) == Errno.None) Set(HostDisk.OccupiedBy(status));
    }

    /// <summary>One who has it open closes it now.</summary>
    public void Close(int descriptor)
    {
        HolderCount--;
        if (HolderCount == 0) Release(0, long.MaxValue);
        if (_descriptor == descriptor) _descriptor = -1;
        if (HostCalls.Status(descriptor, out FileStatus status) != Errno.None) return;
        Set(HostDisk.OccupiedBy(status));
        if (HolderCount == 0) disk.Closed(this, status);
    }

    private bool TryTake(long byteLength)
    {
        if (!disk.TryTake(byteLength)) return false;
        _estimated += byteLength;
        NoteEstimate();
        return true;
    }

    private void NoteEstimate()
    {
        if (!_isEstimated) disk.Estimates(this);
        _isEstimated = true;
    }

    private bool IsOccupied(long offset) => HostExtent.Find(_descriptor, offset).First <= offset;

    private void Set(long occupied)
    {
        disk.Add(occupied - _occupied - _estimated);
        (_occupied, _estimated) = (occupied, 0);
    }

    private static long PagesOf(long offset, long byteLength) => ((offset & PageMask) + byteLength + PageMask) & ~(long)PageMask;
}
