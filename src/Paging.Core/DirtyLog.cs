using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>The pages of an address space that were written since the log was last collected.</summary>
/// <remarks>
/// <para>
/// Logs are independent: any number may be open, and each is collected on its own. Collecting costs O(pages written), however much is
/// mapped, and allocates nothing. A write that hits costs nothing; the first write to a page after a collection misses its translation
/// once.
/// </para>
/// <para>
/// A page counts as written as for Linux's soft-dirty bits: a store, the first touch by a write, copy on write, bytes that a system
/// call copies in, pages filled ahead for writing, and every page that mremap has moved, at its new place. Reading, swapping and forking
/// do not count. Writes of other processes to shared memory count in their logs. Mapping, unmapping and MADV_DONTNEED change the
/// content of a page without a write; the caller knows their ranges already.
/// </para>
/// <para>Linux: fs/proc/task_mmu.c (soft-dirty); virt/kvm/kvm_main.c (KVM_GET_DIRTY_LOG).</para>
/// </remarks>
[DebuggerDisplay("{Count} pages written")]
public sealed class DirtyLog : IDisposable
{
    private readonly CallerCheck _callers;
    private readonly WriteObservers _observers;
    private readonly Space _space;
    private readonly DirtySet _set;
    private bool _isDisposed;

    internal DirtyLog(CallerCheck callers, WriteObservers observers, Space space, bool needsFaults)
    {
        (_callers, _observers, _space) = (callers, observers, space);
        _set = new(space.Tables.End.Value, needsFaults);    // the kernel half is never logged
        observers.Open(space, _set);
    }

    /// <summary>Returns true if the first write to a page must be a page fault in order to be seen.</summary>
    internal static bool NeedsFaults(WriteSources sources, PhysicalMemory ram) =>
        sources == WriteSources.Processor || (sources == WriteSources.Attached && ram.TracksCode);    // one is attached

    /// <summary>The number of pages written since the last collection.</summary>
    public int Count => _isDisposed ? 0 : _set.Count;

    /// <summary>Returns true if the page was written since the last collection.</summary>
    public bool IsDirty(PageNumber page) => !_isDisposed && _set.Contains(page.Value);

    /// <summary>Returns the pages written since the last collection, in the order of their first writes, and empties the log.</summary>
    /// <returns>The log's own list, not a copy. It is valid until the next collection of this log.</returns>
    /// <remarks>After the process has ended, its last writes are returned once.</remarks>
    public ReadOnlySpan<PageNumber> CollectDirty()
    {
        using SlowPathHold hold = _callers.Hold();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ReadOnlySpan<uint> pages = _set.Take();
        Rearm(pages);
        return MemoryMarshal.Cast<uint, PageNumber>(pages);
    }

    /// <summary>Sets the bit of each page of a range that was written, and removes these pages from the log.</summary>
    /// <param name="range">The pages. Others stay in the log.</param>
    /// <param name="bitmap">Bit 0 of the first word is the range's first page. No bit is cleared.</param>
    /// <returns>The number of pages of the range that were written.</returns>
    /// <exception cref="ArgumentException">The bitmap is too short for the range.</exception>
    public int CollectDirty(PageRange range, Span<ulong> bitmap)
    {
        using SlowPathHold hold = _callers.Hold();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        // Checked before TakeWithin, which empties the log.
        if ((ulong)bitmap.Length * 64 < range.Count.Value) throw new ArgumentException("The bitmap is too short for the range.",
            nameof(bitmap));
        ReadOnlySpan<uint> pages = _set.TakeWithin(range.First.Value, range.Count.Value);
        Rearm(pages);
        DirtySet.SetBits(pages, range.First.Value, bitmap);
        return pages.Length;
    }

    /// <summary>Closes the log.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        if (_callers.TryHoldToDispose(out SlowPathHold hold))
        {
            using (hold)
            {
                if (_isDisposed) return;    // another thread has disposed it meanwhile
                _isDisposed = true;
                _observers.Close(_space, _set);    // before the set is freed below, because every write notes into it
            }
        }

        _isDisposed = true;
        _set.Dispose();
    }

    /// <summary>
    /// Rearms the pages, unless the process has ended. If the space now belongs to another process, the pages only miss once more.
    /// </summary>
    private void Rearm(ReadOnlySpan<uint> pages)
    {
        if (!_space.Observers.Logs.IsEmpty) WriteObservers.Rearm(_space, pages);
    }
}

/// <summary>The writers whose stores a dirty log records.</summary>
public enum WriteSources
{
    /// <summary>
    /// Stores by <see cref="Mmu"/> and the engine; and by a processor with a TLB of its own, if one is attached when the log is opened
    /// (<see cref="PhysicalMemory.TracksCode"/>).
    /// </summary>
    Attached,

    /// <summary>Stores by <see cref="Mmu"/> and the engine only. A first write is a missed translation and no page fault.</summary>
    Mmu,

    /// <summary>
    /// Also stores by a processor with a TLB of its own over the same page tables. The first write to each page after each collection is a
    /// page fault, and counted as one, as with Linux's soft-dirty bits and KVM's dirty log. A huge page of the pool has one entry and is
    /// logged as a whole; a transparent huge page is split before its first write is logged.
    /// </summary>
    Processor,
}
