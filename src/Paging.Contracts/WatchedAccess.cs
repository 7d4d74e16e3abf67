using Paging.Native;

namespace Paging.Core;

/// <summary>The kinds of access that a <c>Watchpoint</c> reports.</summary>
[Flags]
public enum WatchedAccesses
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Reading.</summary>
    Read = 1,
    /// <summary>Writing.</summary>
    Write = 2,
    /// <summary>Fetching code by <c>Mmu.TryFetch</c>.</summary>
    Fetch = 4,
    /// <summary>Every kind.</summary>
    All = Read | Write | Fetch,
}

/// <summary>An access to watched bytes that is allowed and about to happen.</summary>
public readonly ref struct WatchedAccess
{
    internal WatchedAccess(VirtualAddress address, AccessKind kind, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        Address = address;
        Kind = kind;
        Before = before;
        After = after;
    }

    /// <summary>The first byte of the access.</summary>
    public VirtualAddress Address { get; }

    /// <summary>The kind of the access.</summary>
    public AccessKind Kind { get; }

    /// <summary>The bytes in memory: as many as the access has, all of one page. Valid during the call.</summary>
    public ReadOnlySpan<byte> Before { get; }

    /// <summary>The bytes that a write is going to store; the same as <see cref="Before"/> for any other access.</summary>
    public ReadOnlySpan<byte> After { get; }
}
