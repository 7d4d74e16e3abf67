using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>The room of one file of the host, shared by all its users.</summary>
internal sealed class HostRoom(HostDisk disk, long occupied)
{
    private const int PageMask = PageWords.ByteLength - 1;

    // Offsets of pages stored to through mappings and not yet written back: each has taken the room of a page.
    private readonly HashSet<long> _reserved = [];

    private long _occupied = occupied;    // at the last measurement
    private long _estimated;    // whole pages written since
    private bool _isEstimated;    // it is in the disk's list
    private int _descriptor = -1;    // the last caller's

    public int HolderCount { get; private set; }

    public HostRoom Hold()
    {
        HolderCount++;
        return this;
    }

    /// <summary>Takes room for bytes written to a stream.</summary>
    /// <returns>The number of bytes with room.</returns>
    public int Grant(int descriptor, int byteLength)
    {
        _descriptor = descriptor;
        if (TryTake(PagesOf(0, byteLength))) return byteLength;
        int granted = (int)Math.Clamp(disk.Room, 0, byteLength);
        return TryTake(granted) ? granted : 0;
    }

    /// <summary>Takes room for a range of a file, except for the blocks that it has already.</summary>
    /// <returns>The number of bytes that may be written or allocated; if not all, they end at a page.</returns>
    public long Grant(int descriptor, long offset, long byteLength)
    {
        _descriptor = descriptor;
        long at = offset & ~(long)PageMask, wanted = PagesOf(offset, byteLength), end = at + wanted;
        if (TryTake(wanted)) return byteLength;
        while (at < end)    // the estimate exceeds the room, but some blocks may exist already
        {
            HostExtent next = HostExtent.Find(descriptor, at);
            long hole = Math.Min(next.First, end) - at, granted = Math.Min(hole, disk.Room & ~(long)PageMask);
            if (hole > 0 && (granted <= 0 || !TryTake(granted))) break;
            at = hole > 0 ? at + granted : Math.Min(next.End, end);
        }

        return Math.Clamp(at - offset, 0, byteLength);
    }

    /// <summary>Takes room for a page that a mapping stores to, unless it has been taken already.</summary>
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

    /// <summary>Returns the room of mapped pages that begin in the range, when they are written or dropped.</summary>
    public void Release(long offset, long byteLength)
    {
        if (_reserved.Count == 0) return;
        long first = offset & ~(long)PageMask, end = offset + byteLength;
        int released = 0;
        if (byteLength / PageWords.ByteLength > _reserved.Count) released = _reserved.RemoveWhere(at => at >= first && at < end);
        else for (long at = first; at < end; at += PageWords.ByteLength) released += _reserved.Remove(at) ? 1 : 0;
        disk.Add(-released * (long)PageWords.ByteLength);
    }

    /// <summary>Measures the file after it was shortened or holes were made.</summary>
    public void Measure(int descriptor)
    {
        _descriptor = descriptor;
        Measure();
    }

    /// <summary>Same as <see cref="Measure(int)"/>, when the disk empties its list.</summary>
    public void Settle()
    {
        _isEstimated = false;
        disk.Add(-_reserved.RemoveWhere(IsOccupied) * (long)PageWords.ByteLength);
        Measure();
    }

    /// <summary>Replaces the estimate by the host's figure.</summary>
    private void Measure()
    {
        if (HostCalls.Status(_descriptor, out FileStatus status) == Errno.None) Set(HostDisk.OccupiedBy(status));
    }

    /// <summary>Releases one user of the account.</summary>
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
