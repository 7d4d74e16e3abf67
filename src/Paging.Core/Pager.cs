using System.Diagnostics;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Memory whose missing pages the host supplies: at once, or later.</summary>
/// <remarks><code>
///   load ──► not in the page cache ──► IPageSource.Request ──► Supplied, Zeros   the load goes on
///                                                       ├────► Later             MemoryFaultKind.Pending; a request waits
///                                                       └────► Failed            SIGBUS
///   Supply, SupplyZeros, Fail: the request is answered, and the access can be made again
/// </code>
/// Map <see cref="File"/>: privately, and written pages are the process's own, as after fork; or shared, and they come back through
/// <see cref="IPageSource.Store"/>. Clean pages can be reclaimed and are then requested again. MapFlags.NoReserve maps more than can be
/// committed. System calls that need a pending page end with EAGAIN.
/// Cost: a supplied page is one copy of 4 KiB and a page fault; only pages that come later allocate.
/// Threading: belongs to the engine's thread, to which a host that gets pages on other threads passes them.
/// Linux: userfaultfd(2), UFFDIO_REGISTER_MODE_MISSING with UFFDIO_COPY, UFFDIO_ZEROPAGE and UFFDIO_POISON.
/// </remarks>
[DebuggerDisplay("{File.Name}, {PendingCount} pending")]
public sealed class Pager : IDisposable
{
    private readonly CallerCheck _callers;
    private readonly MemoryGroups _groups;
    private readonly PhysicalMemory _ram;
    private readonly PageFiller _filler;
    private readonly PageCache _cache;
    private readonly PagerBacking _backing;
    private bool _isDisposed;

    internal Pager(
        CallerCheck callers, MemoryGroups groups, PhysicalMemory ram, PageFiller filler, PageCache cache, PagerBacking backing,
        GuestFile file)
    {
        (_callers, _groups, _ram, _filler, _cache, _backing) = (callers, groups, ram, filler, cache, backing);
        File = file;
    }

    /// <summary>The file to map. Its length is fixed.</summary>
    public GuestFile File { get; }

    /// <summary>The number of pending pages: requested, answered with <see cref="PageAnswer.Later"/>, and not supplied yet.</summary>
    public int PendingCount => _backing.PendingCount;

    /// <summary>True from the answer <see cref="PageAnswer.Later"/> until the page is supplied or fails.</summary>
    public bool IsPending(FilePage page) => _backing.IsPending(page);

    /// <summary>Takes the oldest pending request that was not taken before. False if there is none.</summary>
    public bool TryTakeRequest(out FilePage page)
    {
        using SlowPathHold hold = _callers.Hold();
        Enter();
        return _backing.TryTakeRequest(out page);
    }

    /// <summary>
    /// Completes when a pending page is supplied or fails; at once for any other page. Canceled when the last use of the file ends.
    /// </summary>
    public Task WhenAnsweredAsync(FilePage page)
    {
        FindAnswer(page, out Task answer);
        return answer;
    }

    private void FindAnswer(FilePage page, out Task answer)
    {
        using SlowPathHold hold = _callers.Hold();
        Enter();
        answer = _backing.WhenSettled(page);
    }

    /// <summary>Puts a page into the page cache, requested or not.</summary>
    /// <param name="page">The page.</param>
    /// <param name="bytes">Its 4096 bytes.</param>
    /// <returns>EEXIST: it is there already, and stays unchanged. ENOMEM: no frame is free.</returns>
    /// <exception cref="ArgumentException">There are not 4096 bytes, or the file has no such page.</exception>
    public Errno Supply(FilePage page, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != (int)VirtualAddress.PageSize)
            throw new ArgumentException($"A page has 4096 bytes; there are {bytes.Length}.", nameof(bytes));
        using SlowPathHold hold = _callers.Hold();    // no access sees the page before its bytes
        Errno error = Insert(page, cleared: false, out FrameNumber frame);    // not cleared: the bytes follow
        if (error == Errno.None) bytes.CopyTo(_ram.Bytes(frame));
        return _callers.Leave(error);    // reclaim may have called a backing of the host
    }

    /// <summary>Puts a page of zeros into the page cache. Otherwise as <see cref="Supply"/>.</summary>
    public Errno SupplyZeros(FilePage page)
    {
        using SlowPathHold hold = _callers.Hold();
        return _callers.Leave(Insert(page, cleared: true, out _));
    }

    /// <summary>Makes every access that misses the page end with SIGBUS, until it is supplied.</summary>
    /// <returns>EEXIST: the page is there already.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The file has no such page.</exception>
    public Errno Fail(FilePage page)
    {
        using SlowPathHold hold = _callers.Hold();
        Enter();
        CheckPage(page);
        if (_cache.TryFind(File.Object, page, out _)) return Errno.EEXIST;    // no access would miss it
        _backing.Fail(page);
        return Errno.None;
    }

    /// <summary>Closes <see cref="File"/>. Mappings stay; the source is used until the last of them is gone.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        File.Dispose();    // if it throws, the pager stays unchanged
        _isDisposed = true;
    }

    private Errno Insert(FilePage page, bool cleared, out FrameNumber frame)
    {
        Enter();
        CheckPage(page);
        if (_cache.TryFind(File.Object, page, out frame)) return Errno.EEXIST;
        if (!_filler.TryFindOrCreate(_groups.Root.Frames, File.Object, page, cleared, out frame)) return Errno.ENOMEM;
        _backing.Forgive(page);
        _backing.Settle(page);    // last: its waiters make their accesses again
        return Errno.None;
    }

    private void CheckPage(FilePage page) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page.Value, File.Object.PageLimit, nameof(page));

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _callers.Enter();
    }
}
