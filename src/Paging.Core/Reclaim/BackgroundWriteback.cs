using Paging.Core.Cache;

namespace Paging.Core.Reclaim;

/// <summary>
/// Decides when dirty pages are written without a request: when they are old, when they are many, or when a writer is too fast.
/// </summary>
/// <remarks><code>
///   dirty   0 ├───────── Background ──── Ease ──── Hard ─────────►
///             │ only old files    │ background         │ a caller that dirties a page
///             │ are written       │ work writes        │ writes first, down to Ease
/// </code>
/// Linux: fs/fs-writeback.c wb_do_writeback, wb_check_background_flush, wb_check_old_data_flush;
/// mm/page-writeback.c balance_dirty_pages.</remarks>
internal sealed class BackgroundWriteback(DirtyFiles dirty, FileWriteback writeback)
{
    /// <summary>Does one tick of background work.</summary>
    /// <param name="pageBudget">The most pages to write.</param>
    /// <returns>The number of pages written.</returns>
    public uint Run(uint pageBudget)
    {
        dirty.BeginTick();
        uint done = 0;
        while (done < pageBudget && (dirty.HasExpired || dirty.PageCount > dirty.BackgroundLimit))
        {
            uint due = dirty.HasExpired ? uint.MaxValue : dirty.PageCount - dirty.BackgroundLimit;    // expired files go whatever the count
            uint written = WriteOldest(Math.Min(due, pageBudget - done));
            if (written == 0) break;
            done += written;
        }

        return done;
    }

    /// <summary>
    /// Called before a page becomes dirty: writes older dirty pages if there are too many. Frees no frame. Linux: balance_dirty_pages.
    /// </summary>
    public void Balance()
    {
        if (dirty.PageCount <= dirty.HardLimit) return;
        while (dirty.PageCount > dirty.EaseLimit && WriteOldest(dirty.PageCount - dirty.EaseLimit) != 0) { }
    }

    /// <summary>
    /// Writes pages of the file that was dirtied first. After a whole pass the file is queued after the others, as if dirtied now.
    /// </summary>
    /// <returns>The number of pages that are no longer dirty; 0 if no page is dirty.</returns>
    public uint WriteOldest(uint pageBudget)
    {
        if (dirty.Oldest is not { } file) return 0;
        uint written = writeback.WriteSome(file, pageBudget, out bool isPassOver);
        if (isPassOver) dirty.Requeue(file);
        return written;
    }
}
