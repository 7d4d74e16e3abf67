using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Cache;

/// <summary>Which files have dirty pages, how many there are, and when there are too many.</summary>
/// <remarks><code>
///   Oldest ◄──► … ◄──► newest      W5  exactly the files with dirty pages, the one that was dirtied first at the front
/// </code>
/// Time is counted in turns of <c>PagingEngine.RunBackground</c>; nothing here looks at a clock.
/// Linux: b_dirty of struct bdi_writeback; mm/page-writeback.c domain_dirty_limits.</remarks>
internal sealed class DirtyFiles(FrameCount ram, int backgroundRatio, int hardRatio, int expireTurns)
{
    private FileObject? _newest;

    public FileObject? Oldest { get; private set; }

    /// <summary>W4: dirty pages of all files.</summary>
    public uint PageCount { get; private set; }

    /// <summary>Turns of the background work so far.</summary>
    public long Turn { get; private set; }

    /// <summary>Above this the background work writes. Linux: dirty_background_ratio.</summary>
    public uint BackgroundLimit { get; } = ShareOf(ram, backgroundRatio);

    /// <summary>Above this whoever dirties has to write, too. Linux: dirty_ratio.</summary>
    public uint HardLimit { get; } = ShareOf(ram, hardRatio);

    /// <summary>Down to this those who dirty have to write. Linux: dirty_freerun_ceiling.</summary>
    public uint EaseLimit => (BackgroundLimit + HardLimit) / 2;

    /// <summary>The oldest file is old enough to be written whatever the limits say. Linux: dirty_expire_interval.</summary>
    public bool HasExpired => Oldest is not null && Turn - Oldest.DirtiedAt >= expireTurns;

    public void BeginTurn() => Turn++;

    /// <summary>A page of the file has become dirty.</summary>
    public void Add(FileObject file)
    {
        PageCount++;
        if (file.DirtyCount++ == 0) Append(file);
    }

    /// <summary>Pages of the file are dirty no longer.</summary>
    public void Remove(FileObject file, uint count)
    {
        PageCount -= count;
        file.DirtyCount -= count;
        if (file.DirtyCount == 0) Unlink(file);
    }

    /// <summary>A file that is dirty still, or again, after a pass waits behind the others. Linux: redirty_tail.</summary>
    public void Requeue(FileObject file)
    {
        if (file.DirtyCount == 0) return;
        Unlink(file);
        Append(file);
    }

    private static uint ShareOf(FrameCount ram, int percent) => (uint)((ulong)ram.Value * (uint)percent / 100);

    private void Append(FileObject file)
    {
        file.DirtiedAt = Turn;
        file.WritebackFrom = 0;
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
