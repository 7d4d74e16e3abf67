using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Cache;

/// <summary>The files with dirty pages, the number of dirty pages, and the limits on it.</summary>
/// <remarks><code>
///   Oldest ◄──► … ◄──► newest      W5  exactly the files with dirty pages, in the order in which they were dirtied
/// </code>
/// Time is counted in ticks of <c>PagingEngine.RunBackground</c>, not by a clock.
/// Linux: b_dirty of struct bdi_writeback; mm/page-writeback.c domain_dirty_limits.</remarks>
internal sealed class DirtyFiles(FrameCount ram, int backgroundRatio, int hardRatio, int expireTicks)
{
    private FileObject? _newest;

    public FileObject? Oldest { get; private set; }

    /// <summary>W4: the dirty pages of all files.</summary>
    public uint PageCount { get; private set; }

    /// <summary>The ticks of background work so far.</summary>
    public long Tick { get; private set; }

    /// <summary>With more dirty pages, background work writes. Linux: dirty_background_ratio.</summary>
    public uint BackgroundLimit { get; } = ShareOf(ram, backgroundRatio);

    /// <summary>With more dirty pages, the caller that dirties another one has to write first. Linux: dirty_ratio.</summary>
    public uint HardLimit { get; } = ShareOf(ram, hardRatio);

    /// <summary>That caller writes until at most this many pages are dirty. Linux: dirty_freerun_ceiling.</summary>
    public uint EaseLimit => (BackgroundLimit + HardLimit) / 2;

    /// <summary>
    /// True if the oldest file has been dirty so long that it must be written even below the limits. Linux: dirty_expire_interval.
    /// </summary>
    public bool HasExpired => Oldest is not null && Tick - Oldest.DirtiedAt >= expireTicks;

    public void BeginTick() => Tick++;

    /// <summary>Counts a page of the file that has become dirty.</summary>
    public void Add(FileObject file)
    {
        PageCount++;
        if (file.DirtyCount++ == 0) Append(file);    // W5: at its first dirty page. Later ones do not move it
    }

    /// <summary>Counts pages of the file that are no longer dirty.</summary>
    public void Remove(FileObject file, uint count)
    {
        PageCount -= count;
        file.DirtyCount -= count;
        if (file.DirtyCount == 0) Unlink(file);
    }

    /// <summary>Moves a file that has dirty pages left after a pass to the end of the list. Linux: redirty_tail.</summary>
    public void Requeue(FileObject file)
    {
        if (file.DirtyCount == 0) return;
        Unlink(file);
        Append(file);
    }

    private static uint ShareOf(FrameCount ram, int percent) => (uint)((ulong)ram.Value * (uint)percent / 100);

    private void Append(FileObject file)
    {
        file.DirtiedAt = Tick;
        file.WritebackFrom = FilePage.First;    // a new pass over the file
        file.DirtiedBefore = _newest;
        if (_newest is null) Oldest = file;
        else _newest.DirtiedAfter = file;
        _newest = file;
    }

    private void Unlink(FileObject file)
    {
        if (file.DirtiedBefore is null) Oldest = file.DirtiedAfter;
        else file.DirtiedBefore.DirtiedAfter = file.DirtiedAfter;
        if (file.DirtiedAfter is null) _newest = file.DirtiedBefore;
        else file.DirtiedAfter.DirtiedBefore = file.DirtiedBefore;
        file.DirtiedBefore = file.DirtiedAfter = null;
    }
}
