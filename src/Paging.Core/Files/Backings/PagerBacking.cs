using Paging.Native;

namespace Paging.Core.Files;

/// <summary>Requests the pages of a file from a source, and records which ones are pending and which ones have failed.</summary>
/// <remarks><code>
///   unknown ──Read──► Supplied, Zeros                    the page cache has it now
///      ▲       ├────► Later  ──► pending: EAGAIN ──Settle──┐
///      │       └────► Failed ──► failed: EIO               │
///      └───────────────────────────────────────────────────┘
/// </code></remarks>
internal sealed class PagerBacking(IPageSource source, long byteLength) : IFileBacking
{
    private const int PageBytes = (int)VirtualAddress.PageSize;

    private readonly Dictionary<FilePage, TaskCompletionSource?> _pending = [];
    private readonly HashSet<FilePage> _failed = [];
    private readonly Queue<FilePage> _requests = new();
    private byte[]? _part;    // a page of which only a part was requested

    public long ByteLength { get; } = byteLength;

    /// <summary>The number of pending pages.</summary>
    public int PendingCount => _pending.Count;

    public bool IsPending(FilePage page) => _pending.ContainsKey(page);

    public void Fail(FilePage page)
    {
        _failed.Add(page);    // before the wait ends, so that the repeated access fails
        Settle(page);
    }

    /// <summary>Ends the wait for a page that was supplied or has failed.</summary>
    public void Settle(FilePage page)
    {
        if (_pending.Remove(page, out TaskCompletionSource? waiting)) waiting?.SetResult();
    }

    /// <summary>Clears the failure of a page.</summary>
    public void Forgive(FilePage page)
    {
        if (_failed.Count != 0) _failed.Remove(page);
    }

    /// <summary>Takes the oldest request that is still pending and was not taken before.</summary>
    public bool TryTakeRequest(out FilePage page)
    {
        while (_requests.TryDequeue(out page))
        {
            if (_pending.ContainsKey(page)) return true;
        }

        return false;
    }

    public Task WhenSettled(FilePage page)
    {
        if (!_pending.TryGetValue(page, out TaskCompletionSource? waiting)) return Task.CompletedTask;
        if (waiting is null) _pending[page] = waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return waiting.Task;
    }

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (offset >= ByteLength || destination.IsEmpty) return Errno.None;
        FilePage page = FilePage.Containing(offset);
        int within = (int)(offset - page.ByteOffset);
        if (within == 0 && destination.Length >= PageBytes) return ReadPage(page, destination[..PageBytes], out byteCount);
        _part ??= new byte[PageBytes];    // a source supplies whole pages only
        Errno error = ReadPage(page, _part, out int count);
        if (error != Errno.None) return error;
        byteCount = Math.Min(count - within, destination.Length);
        _part.AsSpan(within, byteCount).CopyTo(destination);
        return Errno.None;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> bytes, out int byteCount)
    {
        byteCount = 0;
        while (byteCount < bytes.Length)
        {
            long at = offset + byteCount;
            if (at % PageBytes != 0 || bytes.Length - byteCount < PageBytes) return Errno.EINVAL;    // a source stores whole pages only
            Errno error = source.Store(FilePage.Containing(at), bytes.Slice(byteCount, PageBytes));
            if (error != Errno.None) return byteCount == 0 ? error : Errno.None;
            byteCount += PageBytes;
        }

        return Errno.None;
    }

    public Errno SetLength(long byteLength) => byteLength == ByteLength ? Errno.None : Errno.EPERM;    // the source's length is fixed

    public Errno PunchHole(long offset, long byteLength) => Errno.EOPNOTSUPP;

    public Errno Flush() => Errno.None;

    public void Dispose()
    {
        foreach (TaskCompletionSource? waiting in _pending.Values) waiting?.SetCanceled();
        _pending.Clear();
        _requests.Clear();
    }

    private Errno ReadPage(FilePage page, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (_failed.Count != 0 && _failed.Contains(page)) return Errno.EIO;
        if (_pending.Count != 0 && _pending.ContainsKey(page)) return Errno.EAGAIN;
        switch (source.Request(page, destination))
        {
            case PageAnswer.Supplied:
                break;
            case PageAnswer.Zeros:
                destination.Clear();
                break;
            case PageAnswer.Later:
                _pending.Add(page, null);
                _requests.Enqueue(page);
                return Errno.EAGAIN;
            default:
                return Errno.EIO;
        }

        byteCount = PageBytes;
        return Errno.None;
    }
}
