namespace Paging.Core;

/// <summary>Where the pages of a <c>Pager</c> come from: an object store, a snapshot, another machine.</summary>
/// <remarks><code>
/// Errors          a source does not throw: it answers <see cref="PageAnswer.Failed"/>, or returns an Errno
/// Threading       called on the engine's thread, inside the access that misses the page. It must not call the pager or the engine
/// Order           a page is asked for once; it is asked for again only after it was supplied and has been reclaimed, or has failed
/// </code></remarks>
public interface IPageSource
{
    /// <summary>A page is missing, and an access waits for it.</summary>
    /// <param name="page">Which page.</param>
    /// <param name="destination">4096 bytes, which the source fills before it answers <see cref="PageAnswer.Supplied"/>.</param>
    PageAnswer Request(FilePage page, Span<byte> destination);

    /// <summary>Keeps a page that was written through a shared mapping or by write(2), before its frame can be reclaimed.</summary>
    /// <param name="page">Which page.</param>
    /// <param name="bytes">Its 4096 bytes.</param>
    /// <returns>EIO and others: the page stays dirty, and msync(2) and fsync(2) report the error.</returns>
    Errno Store(FilePage page, ReadOnlySpan<byte> bytes);
}

/// <summary>What a source says to a request.</summary>
public enum PageAnswer
{
    /// <summary>The bytes are there.</summary>
    Supplied,
    /// <summary>The page holds zeros. Linux: UFFDIO_ZEROPAGE.</summary>
    Zeros,
    /// <summary>The host supplies the page later. Until then accesses end with <see cref="MemoryFaultKind.Pending"/>.</summary>
    Later,
    /// <summary>There is no such page: the access ends with SIGBUS. Linux: UFFDIO_POISON.</summary>
    Failed,
}
