using Paging.Native;

namespace Paging.Core;

/// <summary>The kind of call that fills pages ahead, which decides how the filling ends.</summary>
internal enum PendingFillKind
{
    /// <summary>mmap, mremap, brk and mlockall, whose results do not depend on the pages.</summary>
    Ahead,
    /// <summary>mlock and mlock2.</summary>
    Lock,
    /// <summary>MADV_POPULATE_READ.</summary>
    Read,
    /// <summary>MADV_POPULATE_WRITE.</summary>
    Write,
}

/// <summary>The pages that a call has not filled yet, because a userfaultfd or a pager supplies the first of them later.</summary>
/// <remarks>
/// Linux waits for the page inside the call (__mm_populate, faultin_page_range). An embedder with threads makes the caller wait, and then
/// calls <c>MemoryUserfaultfds.GoOn</c>.
/// </remarks>
public readonly struct PendingFill
{
    internal PendingFill(PageRange rest, PendingFillKind kind) => (Rest, Kind) = (rest, kind);

    /// <summary>The missing page, and the pages after it that the call is to fill; empty for none.</summary>
    public PageRange Rest { get; }

    /// <summary>True if the call's result is that of <c>GoOn</c>; false if the call has its result already.</summary>
    public bool DecidesResult => Kind != PendingFillKind.Ahead;

    internal PendingFillKind Kind { get; }
}
