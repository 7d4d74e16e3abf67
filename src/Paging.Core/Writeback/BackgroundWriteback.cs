using Paging.Core.Cache;
using Paging.Native;

namespace Paging.Core.Writeback;

/// <summary>Decides when dirty pages are written although nobody has asked: by age, by number, or by who makes too many.</summary>
/// <remarks><code>
///   dirty   0 ├───────── Background ──── Ease ──── Hard ─────────►
///             │ old files only    │ the background     │ whoever dirties a page
///             │ are written       │ work writes        │ writes first, down to Ease
/// </code>
/// Linux: fs/fs-writeback.c wb_do_writeback, wb_check_background_flush, wb_check_old_data_flush; mm/page-writeback.c balance_dirty_pages.</remarks>
internal sealed class BackgroundWriteback(DirtyFiles dirty, FileWriteback writeback)
{
    private bool _isWriting;

    /// <summary>One turn of the background work.</summary>
    /// <returns>How many pages were written; at most the budget.</returns>
    public uint Run(uint pageBudget)
    {
        dirty.BeginTurn();
        uint done = 0;
        while (done < pageBudget && (dirty.HasExpired || dirty.PageCount > dirty.BackgroundLimit))
        {
            uint due = dirty.HasExpired ? uint.MaxValue : dirty.PageCount - dirty.BackgroundLimit;
            uint written = WriteOldest(Math.Min(due, pageBudget - done));
            if (written == 0) break;
            done += written;
        }

        return done;
    }

    /// <summary>Somebody is about to make a page dirty. True: pages were written first, and entries may have changed. Linux: balance_dirty_pages.</summary>
    public bool Balance()
    {
        if (dirty.PageCount <= dirty.HardLimit || _isWriting) return false;
        while (dirty.PageCount > dirty.EaseLimit && WriteOldest(dirty.PageCount - dirty.EaseLimit) != 0) { }
        return true;
    }

    /// <summary>Writes pages of the file that was dirtied first. A file whose pass is over waits behind the others, as if dirtied now.</summary>
    /// <returns>How many pages are no longer dirty; 0 when there are none, or when this is called from within.</returns>
    public uint WriteOldest(uint pageBudget)
    {
        if (_isWriting || dirty.Oldest is not { } file) return 0;    // within: a backing that is being written to has touched memory
        _isWriting = true;
        uint written = writeback.WriteSome(file, pageBudget, out bool isPassOver);
        if (isPassOver) dirty.Requeue(file);
        _isWriting = false;
        return written;
    }
}
