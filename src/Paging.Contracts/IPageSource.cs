namespace Paging.Core;

/// <summary>The source of the pages of a <c>Pager</c>: an object store, a snapshot, another machine.</summary>
/// <remarks><code>
/// Errors          a source does not throw: it returns <see cref="PageAnswer.Failed"/> or an Errno
/// Threading       called on the engine's thread, inside the access that misses the page. It must not call the pager or the engine
/// Order           a page is requested once, and again only after it was supplied and has been reclaimed, or has failed
/// </code></remarks>
public interface IPageSource
{
    /// <summary>Requests a missing page, for which an access waits.</summary>
    /// <param name="page">The page.</param>
    /// <param name="destination">4096 bytes, which the source fills before it returns <see cref="PageAnswer.Supplied"/>.</param>
    PageAnswer Request(FilePage page, Span<byte> destination);

    /// <summary>Keeps a page that was written through a shared mapping or by write(2), before its frame can be reclaimed.</summary>
    /// <param name="page">The page.</param>
    /// <param name="bytes">Its 4096 bytes.</param>
    /// <returns>EIO and others: the page stays dirty, and msync(2) and fsync(2) report the error.</returns>
    Errno Store(FilePage page, ReadOnlySpan<byte> bytes);
}

/// <summary>The answers of a source to a request.</summary>
public enum PageAnswer
{
    /// <summary>The source has filled the destination.</summary>
    Supplied,
    /// <summary>The page holds zeros. Linux: UFFDIO_ZEROPAGE.</summary>
    Zeros,
    /// <summary>The host supplies the page later. Until then accesses end with <see cref="MemoryFaultKind.Pending"/>.</summary>
    Later,
    /// <summary>There is no such page: the access ends with SIGBUS. Linux: UFFDIO_POISON.</summary>
    Failed,
}
