using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>A run of bytes of a space whose accesses are reported. Not empty.</summary>
internal sealed class WatchedBytes(VirtualAddress start, uint byteLength, WatchedAccesses accesses, Action<WatchedAccess> handler)
{
    public VirtualAddress Start => start;

    public uint ByteLength => byteLength;

    public WatchedAccesses Accesses => accesses;

    /// <summary>The number of reported accesses.</summary>
    public long HitCount { get; private set; }

    public PageRange Pages => PageRange.Between(start.Page, (start + (byteLength - 1)).Page + PageCount.One);

    public bool Sees(VirtualAddress address, int length, AccessKind kind) =>
        (accesses & AccessesOf(kind)) != 0
        && address.Value < (ulong)start.Value + byteLength && start.Value < (ulong)address.Value + (uint)length;

    public void Report(in WatchedAccess access)
    {
        HitCount++;
        handler(access);
    }

    private static WatchedAccesses AccessesOf(AccessKind kind) => kind switch
    {
        AccessKind.Write => WatchedAccesses.Write,
        AccessKind.Fetch => WatchedAccesses.Fetch,
        _ => WatchedAccesses.Read,
    };
}
