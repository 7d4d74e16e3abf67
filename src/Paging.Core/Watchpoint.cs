using System.Diagnostics;
using Paging.Core.Spaces;
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
    private readonly WatchedBytes _range;
    private WatchedPages? _pages;

    internal Watchpoint(WatchedPages pages, WatchedBytes range)
    {
        (_pages, _range) = (pages, range);
        pages.Add(range);
    }

    /// <summary>The first watched byte.</summary>
    public VirtualAddress Start => _range.Start;

    /// <summary>The number of watched bytes.</summary>
    public uint ByteLength => _range.ByteLength;

    /// <summary>The kinds of access that are reported.</summary>
    public WatchedAccesses Accesses => _range.Accesses;

    /// <summary>The number of reported accesses.</summary>
    public long HitCount => _range.HitCount;

    /// <summary>Ends the watch. May be called again.</summary>
    public void Dispose()
    {
        _pages?.Remove(_range);
        _pages = null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Accesses} at {Start}, {ByteLength} bytes, {HitCount} hits";
}
