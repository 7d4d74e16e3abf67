using Paging.Native;

namespace Paging.Core.Threads;

//   fault ──► Defer: the source is slow ──► EAGAIN: nothing has changed ──► the thread leaves the slow path, at rest, and reads
//     ▲                                                                                                       │
//     └───────────── checks everything again; the bytes that it needs are here ◄── takes the slow path ◄──────┘
/// <summary>Faults that read from slow sources outside the slow path, while other threads go on.</summary>
/// <remarks>
/// Only faults of the program's own accesses do so, not those inside a system call, which cannot be restarted. Without a source that
/// allows it (<see cref="IFileBacking.AllowsConcurrentReads"/>, <see cref="ISwapStore.AllowsConcurrentReads"/>) none of this is reached.
/// All members are used on the slow path. Linux: mm/filemap.c filemap_fault, maybe_unlock_mmap_for_io, VM_FAULT_RETRY; and
/// mm/memory.c do_swap_page, folio_lock_or_retry.
/// </remarks>
internal sealed class OutsideReads(ProcessorTable processors)
{
    private OutsideRead? _current;    // of the fault that is being handled and may leave; null for any other
    private OutsideRead? _other;    // reads the page that the fault needs
    private int _liveCount;

    /// <summary>True if a source may be read outside the slow path.</summary>
    public bool IsOn { get; set; }

    /// <summary>True if the fault being handled has requested pages.</summary>
    public bool IsAsked => _current is { IsAsked: true };

    /// <summary>Lets the calling thread's fault leave the slow path.</summary>
    public void Begin(ProcessorState here)
    {
        if (!here.Reads.IsUnderWay) _current = here.Reads;    // else a fault of the host's code in that read: it reads at once
    }

    /// <summary>Begins one attempt of the fault: drops the request of the attempt before.</summary>
    public void BeginLook()
    {
        _current?.Forget();
        _other = null;
    }

    /// <summary>Ends the access.</summary>
    public void End()
    {
        if (_current is { IsLive: true }) _liveCount--;
        _current?.End();
        (_current, _other) = (null, null);
    }

    /// <summary>Answers a read of a slow source from bytes that were read outside, or requests them.</summary>
    /// <param name="source">The source.</param>
    /// <param name="page">The first page, or slot.</param>
    /// <param name="destination">Receives whole pages; the last one may be cut.</param>
    /// <param name="alone">False: other pages of the same 64 may be requested as well, before the fault ends.</param>
    /// <param name="byteCount">The number of bytes copied.</param>
    /// <param name="error">EAGAIN: the read is requested; the fault ends as pending and is retried. Others: the source's.</param>
    /// <returns>False: nothing is deferred, and the caller reads from the source itself.</returns>
    public bool TryDefer(IOutsideSource source, uint page, Span<byte> destination, bool alone, out int byteCount, out Errno error)
    {
        (byteCount, error) = (0, Errno.None);
        if (_current is not { } current) return false;
        if (current.TryAnswer(source, page, destination, out byteCount, out error)) return true;
        error = Errno.EAGAIN;
        if (FindOther(source, page) is { } other) _other = other;
        else current.Ask(source, page, (destination.Length + (int)VirtualAddress.OffsetMask) >> VirtualAddress.PageShift, alone);
        return true;
    }

    /// <summary>Called before a range of a source changes: discards bytes that were read there.</summary>
    public void NoteChange(IOutsideSource source, ulong first, ulong end)
    {
        if (_liveCount == 0) return;
        foreach (ProcessorState state in processors.All) state.Reads.NoteChange(source, first, end);
    }

    /// <summary>Called when the fault has ended as pending. Finds the read that its thread makes, or the other's that it awaits.</summary>
    /// <returns>False if there is neither: a pager or a userfaultfd supplies the page.</returns>
    public bool TryTake(out OutsideRead? reads, out OutsideRead? other)
    {
        (reads, other) = (IsAsked ? _current : null, _other);
        if (reads is not null)
        {
            if (!reads.IsLive) _liveCount++;    // a fault that reads again is counted already
            reads.Begin();
        }
        else if (other is not null)
        {
            End();    // a thread that waits for another's read has none of its own
        }

        return reads is not null || other is not null;
    }

    /// <summary>Called when the thread leaves the slow path, where faults of other threads are then handled.</summary>
    public void Suspend() => (_current, _other) = (null, null);

    /// <summary>Called when the thread is on the slow path again.</summary>
    public void Resume(ProcessorState here) => _current = here.Reads;

    private OutsideRead? FindOther(IOutsideSource source, uint page)
    {
        if (_liveCount == 0) return null;
        foreach (ProcessorState state in processors.All)
            if (state.Reads != _current && state.Reads.Covers(source, page)) return state.Reads;
        return null;
    }
}

/// <summary>The source of an <see cref="OutsideRead"/>: the backing of a file or the store of a swap device.</summary>
internal interface IOutsideSource
{
    /// <summary>The number of threads that read from it outside the slow path. Changes on the slow path only.</summary>
    int OutsideReaders { get; set; }

    /// <summary>Outside the slow path: reads whole pages. Exceptions of the host's code reach the caller.</summary>
    /// <param name="page">The first page, or slot.</param>
    /// <param name="bytes">Receives the pages. Bytes beyond the end of a file are zeros.</param>
    /// <param name="wholeCount">The number of pages, from the first on, that were read completely.</param>
    Errno ReadOutside(uint page, Span<byte> bytes, out int wholeCount);

    /// <summary>On the slow path: called when the last of those threads is back. Closes the source if closing had to wait.</summary>
    void EndOutsideReads();
}
