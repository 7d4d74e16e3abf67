using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>A file of the host behind the page cache, by descriptor: it goes on when its name is gone. Errors are the host's own.</summary>
internal sealed class HostBacking(int descriptor, bool canWrite, long byteLength) : IFileBacking
{
    private const int KeepSize = (int)AllocationFlags.KeepSize, PunchHoleKeepSize = (int)AllocationFlags.PunchHole | KeepSize;

    private int _descriptor = descriptor;

    public long ByteLength => byteLength;

    public bool CanWrite { get; private set; } = canWrite;

    public int Descriptor => _descriptor;

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

    public Errno Flush() => CanWrite ? HostCalls.Synchronize(_descriptor) : Errno.None;

    public void Dispose()
    {
        if (_descriptor >= 0) HostCalls.Close(_descriptor);
        _descriptor = -1;
    }

    private static Errno Tell(CallResult result, out int byteCount)
    {
        byteCount = result.Count;
        return result.Error;
    }
}
