using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>A file of the host after the page cache, by descriptor, so that it outlives its name. Errors are the host's.</summary>
/// <remarks>
/// Late write-back sets the host's time on the file. The guest's time is set again when it is synchronized, and after its last close, so
/// that times set by tar or cp survive. After that, the host's own changes are visible.
/// </remarks>
internal sealed class HostBacking(int descriptor, bool canWrite, long byteLength, HostRoom room) : IFileBacking
{
    private const int KeepSize = (int)AllocationFlags.KeepSize, PunchHoleKeepSize = (int)AllocationFlags.PunchHole | KeepSize;

    private int _descriptor = descriptor;
    private long? _modifiedAt;
    private bool _isAfter;    // the host's time differs from the guest's

    public long ByteLength => byteLength;

    public bool CanWrite { get; private set; } = canWrite;

    public int Descriptor => _descriptor;

    /// <summary>The time of the guest's last read (by relatime), or the time that the guest has set; null for the host's.</summary>
    public long? AccessedAt { get; set; }

    /// <summary>The time of the guest's last write, or the time that the guest has set; null for the host's.</summary>
    public long? ModifiedAt
    {
        get => _isAfter ? _modifiedAt : null;
        set => (_modifiedAt, _isAfter) = (value, value is not null);
    }

    /// <summary>Called when the host has set its own time for a change by the guest.</summary>
    public Action Left { get; set; } = static () => { };

    /// <summary>Called when a store makes a page of a shared mapping writable, which updates the file's times.</summary>
    public Action Stored { get; set; } = static () => { };

    /// <summary>The guest's clock, for stores through mappings of a file that was not written otherwise.</summary>
    public Func<long>? Clock { get; init; }

    /// <summary>Replaces the descriptor by one with more rights.</summary>
    public void Replace(int wider)
    {
        room.Measure(wider);    // before the old one, which the account may use, is closed
        HostCalls.Close(_descriptor);
        _descriptor = wider;
        CanWrite = true;
    }

    public Errno Read(long offset, Span<byte> destination, out int byteCount) =>
        Report(HostCalls.ReadAt(_descriptor, destination, offset), out byteCount);

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        room.Release(offset, source.Length);    // pages of mappings have taken this room already
        int granted = (int)room.Grant(_descriptor, offset, source.Length);
        return granted == 0 && !source.IsEmpty ? Errno.ENOSPC
            : Report(Changed(HostCalls.WriteAt(_descriptor, source[..granted], offset)), out byteCount);
    }

    public Errno SetLength(long byteLength)
    {
        room.Release(byteLength, long.MaxValue - byteLength);
        return Freed(Changed(HostCalls.SetLength(_descriptor, byteLength)));
    }

    public Errno PunchHole(long offset, long byteLength)
    {
        room.Release(offset, byteLength);
        return Freed(Changed(HostCalls.Allocate(_descriptor, PunchHoleKeepSize, offset, byteLength)));
    }

    /// <summary>
    /// Linux: the page_mkwrite of a file system, such as ext4_page_mkwrite, which updates the times before it finds room.
    /// </summary>
    public Errno PermitStore(long offset)
    {
        Stored();
        return room.TryReserve(_descriptor, offset) ? Errno.None : Errno.ENOSPC;
    }

    public Errno Allocate(long offset, long byteLength) => room.Grant(_descriptor, offset, byteLength) < byteLength ? Errno.ENOSPC
        : Changed(HostCalls.Allocate(_descriptor, KeepSize, offset, byteLength));

    public Errno FindExtent(long offset, FileExtent wanted, out long found)
    {
        CallResult at = HostCalls.Seek(_descriptor, offset, (int)wanted);
        found = at.IsValue ? at.Value : -1;
        return at.Error;
    }

    public Errno Flush()
    {
        LeaveTimes();
        return CanWrite ? HostCalls.Synchronize(_descriptor) : Errno.None;
    }

    public void Dispose()
    {
        LeaveTimes();
        if (_descriptor < 0) return;
        room.Close(_descriptor);
        HostCalls.Close(_descriptor);
        _descriptor = -1;
    }

    /// <summary>Sets the guest's times on the host's file; a file of another user keeps the host's.</summary>
    public void LeaveTimes()
    {
        if (_descriptor < 0 || !CanWrite || ModifiedAt is not { } modified) return;
        _isAfter = false;    // first: the guest makes none of the following changes
        Span<long> times = stackalloc long[4];
        TimeWords.ToPairs(AccessedAt, modified, times);
        _ = HostNames.SetTimes(_descriptor, times);
        Left();
    }

    /// <summary>Notes that the host has set its own time.</summary>
    private T Changed<T>(T result)
    {
        _modifiedAt ??= Clock?.Invoke();
        _isAfter = _modifiedAt is not null;
        Left();
        return result;
    }

    private Errno Freed(Errno error)
    {
        room.Measure(_descriptor);
        return error;
    }

    private static Errno Report(CallResult result, out int byteCount)
    {
        byteCount = result.Count;
        return result.Error;
    }
}
