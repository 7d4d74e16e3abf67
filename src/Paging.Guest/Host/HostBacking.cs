using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>A file of the host behind the page cache, by descriptor: it goes on when its name is gone. Errors are the host's own.</summary>
/// <remarks>
/// Pages that are written back late would leave the host's time on the file: it gets the guest's when it is synchronized or closed, as what
/// tar or cp have set, too, must survive.
/// </remarks>
internal sealed class HostBacking(int descriptor, bool canWrite, long byteLength) : IFileBacking
{
    private const int KeepSize = (int)AllocationFlags.KeepSize, PunchHoleKeepSize = (int)AllocationFlags.PunchHole | KeepSize;

    private int _descriptor = descriptor;

    public long ByteLength => byteLength;

    public bool CanWrite { get; private set; } = canWrite;

    public int Descriptor => _descriptor;

    /// <summary>When the guest last read it, as far as relatime notes that, or what it has set; null: what the host says.</summary>
    public long? AccessedAt { get; set; }

    /// <summary>When the guest last wrote it, in the guest's time, or what it has set; null: what the host says.</summary>
    public long? ModifiedAt { get; set; }

    /// <summary>A descriptor that can do more takes the place of the old one.</summary>
    public void Replace(int wider)
    {
        HostCalls.Close(_descriptor);
        _descriptor = wider;
        CanWrite = true;
    }

    public Errno Read(long offset, Span<byte> destination, out int byteCount) =>
        Tell(HostCalls.ReadAt(_descriptor, destination, offset), out byteCount);

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount) =>
        Tell(HostCalls.WriteAt(_descriptor, source, offset), out byteCount);

    public Errno SetLength(long byteLength) => HostCalls.SetLength(_descriptor, byteLength);

    public Errno PunchHole(long offset, long byteLength) => HostCalls.Allocate(_descriptor, PunchHoleKeepSize, offset, byteLength);

    public Errno Allocate(long offset, long byteLength) => HostCalls.Allocate(_descriptor, KeepSize, offset, byteLength);

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
        if (_descriptor >= 0) HostCalls.Close(_descriptor);
        _descriptor = -1;
    }

    /// <summary>A file of somebody else keeps the host's times.</summary>
    private void LeaveTimes()
    {
        if (_descriptor < 0 || !CanWrite || ModifiedAt is not { } modified) return;
        Span<long> times = [0, TimeWords.Omitted, 0, 0];
        (times[2], times[3]) = TimeWords.ToPair(modified);
        if (AccessedAt is { } accessed) (times[0], times[1]) = TimeWords.ToPair(accessed);
        _ = HostNames.SetTimes(_descriptor, times);
    }

    private static Errno Tell(CallResult result, out int byteCount)
    {
        byteCount = result.Count;
        return result.Error;
    }
}
