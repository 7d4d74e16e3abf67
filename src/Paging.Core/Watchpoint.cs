using System.Diagnostics;
using Paging.Native;

namespace Paging.Core;

/// <summary>A run of bytes of a process whose accesses are reported to the host. Disposing it ends the reports.</summary>
/// <remarks>
/// Covers addresses, mapped or not, until it is disposed or the process ends. A forked child has none.
/// Source: the debug registers of x86 (Intel SDM volume 3, "Debug Registers"), without their limits of four, and of 8 bytes.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class Watchpoint : IDisposable
{
    private readonly Action<WatchedAccess> _handler;
    private WatchedPages? _pages;

    internal Watchpoint(WatchedPages pages, VirtualAddress start, uint byteLength, WatchedAccesses accesses, Action<WatchedAccess> handler)
    {
        _pages = pages;
        _handler = handler;
        (Start, ByteLength, Accesses) = (start, byteLength, accesses);
    }

    /// <summary>The first watched byte.</summary>
    public VirtualAddress Start { get; }

    /// <summary>The number of watched bytes.</summary>
    public uint ByteLength { get; }

    /// <summary>The kinds of access that are reported.</summary>
    public WatchedAccesses Accesses { get; }

    /// <summary>The number of reported accesses.</summary>
    public long HitCount { get; private set; }

    internal PageRange Pages => PageRange.Between(Start.Page, (Start + (ByteLength - 1)).Page + PageCount.One);

    /// <summary>Ends the watch. May be called again.</summary>
    public void Dispose()
    {
        _pages?.Remove(this);
        _pages = null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Accesses} at {Start}, {ByteLength} bytes, {HitCount} hits";

    internal bool Sees(VirtualAddress address, int byteLength, AccessKind kind) =>
        (Accesses & AccessesOf(kind)) != 0
        && address.Value < (ulong)Start.Value + ByteLength && Start.Value < (ulong)address.Value + (uint)byteLength;

    internal void Report(in WatchedAccess access)
    {
        HitCount++;
        _handler(access);
    }

    private static WatchedAccesses AccessesOf(AccessKind kind) => kind switch
    {
        AccessKind.Write => WatchedAccesses.Write,
        AccessKind.Fetch => WatchedAccesses.Fetch,
        _ => WatchedAccesses.Read,
    };
}
