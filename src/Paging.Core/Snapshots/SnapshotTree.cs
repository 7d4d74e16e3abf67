using System.Runtime.InteropServices;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Native.Translation;

namespace Paging.Core.Snapshots;

/// <summary>The snapshots of one process: a tree, the place of the process in it, and the changes since.</summary>
/// <remarks><code>
/// Taking          copies no page and no area: it write-protects the page directory. The changes since the last snapshot
///                 become the edge between the two, O(changes)
/// Going back      needs no frame. Only the way down to a node that is no ancestor may need frames for page tables
/// </code></remarks>
internal sealed class SnapshotTree(SnapshotSupplies supplies, Space space, DescriptorTable descriptors)
    : JournalTree<SnapshotNode, SnapshotDelta>, IDisposable
{
    private SnapshotJournal? _journal;
    private AreaJournal? _areas;
    private readonly PinnedPages _pinned = new(space, supplies);
    private readonly FrameCopy[] _copies = new FrameCopy[WrittenPages.CopiesAtOnce];
    private uint _iteration;
    private bool _keeps;    // the snapshot to go to keeps what was written since

    /// <summary>The number of pages that the edges hold, in RAM or on swap devices, beside those of the process itself.</summary>
    public long HeldCount { get; private set; }

    /// <summary>The number of entries that the edges have.</summary>
    public long EntryCount { get; private set; }

    /// <summary>The entries that have changed since the current snapshot, for audits.</summary>
    public EntryJournal? Entries => Current is null ? null : _journal;

    /// <summary>The areas that have changed since the current snapshot, for audits.</summary>
    public AreaJournal? Areas => Current is null ? null : _areas;

    /// <summary>The space, for audits.</summary>
    public Space Space => space;

    /// <summary>Takes a snapshot of the process as it is now. Returns null if there is no memory; nothing has changed then.</summary>
    public SnapshotNode? Take(string name, int outOfMemoryScore)
    {
        if (supplies.Injection.Refuses() || !TryMakeJournals() || !_pinned.TryCopy()) return null;    // before the first change
        if (!supplies.Pool.TryTake(space, out KeptPool? pool))
        {
            _pinned.Release();
            return null;
        }

        SnapshotNode node = new(Current)
        {
            Edge = Current is null ? null : Freeze(),
            State = new(space),
            Name = name,
            OutOfMemoryScore = outOfMemoryScore,
            Descriptors = descriptors.Hold(),
            Pool = pool,
        };
        node.Tables = space.Tables.CloseTables();    // before Add, which passes them to the journal
        Add(node);
        _pinned.MoveTo(_journal!);    // after Add: the journal is that of the new node
        if (supplies.Checks.IsOn) node.Copy = SpaceCopy.Of(space, supplies.Checks);
        return node;
    }

    /// <summary>Restores the process to its state at a snapshot of this tree.</summary>
    /// <returns>
    /// ENOMEM: no frames for page tables on the way down, or too few huge pages in the pool; nothing has changed.
    /// </returns>
    public Errno RestoreTo(SnapshotNode target)
    {
        if (!TryPrepare(target)) return Errno.ENOMEM;    // before any change; nothing after it can fail
        PoolRestore pool = supplies.Pool;
        bool isAlone = !pool.IsOpen;    // else the engine goes back
        if (isAlone && pool.Concerns(space, target.Pool))
        {
            pool.Add(space, target.Pool);
            if (!pool.TryPrepare(pool: null)) return Errno.ENOMEM;
            StripPool(target);
        }

        using WindowBatch batch = new(space.Translations);
        _keeps = target.KeepsWritten && target == Current && supplies.Store.Lists.Shootdown is null;
        Move(target);
        if (pool.IsOpen) pool.Put(space, target.Pool);
        if (isAlone && pool.IsOpen) pool.End();
        target.State.Restore(space);    // after Move, which counts pages in the statistics that it keeps
        descriptors.Restore(target.Descriptors);
        return Errno.None;
    }

    /// <summary>Takes the pages of the pool out that differ from a snapshot, before the process goes back to it.</summary>
    public void StripPool(SnapshotNode target) => supplies.Pool.Strip(space, target.Pool, target == Current ? _journal : null);

    /// <summary>Compares the memory with the copy of a snapshot that was restored. Returns the first difference; null: none.</summary>
    public string? FindDifference(SnapshotNode target) => target.Copy?.DifferenceFrom(space, supplies.Checks, target.KeepsWritten);

    /// <summary>Makes the page tables for the way to a snapshot. Returns false, with nothing changed, if there are no frames.</summary>
    public bool TryPrepare(SnapshotNode target) => target.IsOnWay || TryEnsureTables(target);

    /// <summary>Ends the journals as well, when the process ends.</summary>
    public void End()
    {
        DropAll();
        _journal?.Dispose();
        _journal = null;
    }

    /// <summary>Frees the host's memory when the engine is disposed. Frames that snapshots hold are freed with RAM.</summary>
    public void Dispose() => _journal?.Dispose();

    /// <summary>Returns the number of pages that going to a snapshot may change: those noted since Current, and each edge's.</summary>
    public long CountDirty(SnapshotNode target) =>
        JournalWalk.CountChanged(space.Tables, _journal!) + WayTo(target).Sum(static edge => (long)edge.Pages.Length)
        + supplies.Pool.CountChanged(space, target.Pool);

    /// <summary>Returns the pages, slots and page tables that the process's end would free (<see cref="SnapshotGain"/>).</summary>
    /// <param name="ending">The snapshots that end with the process, if others stay; otherwise null: all end.</param>
    /// <returns>0 without a snapshot.</returns>
    public long CountFreedByEnd<TOwner>(Dictionary<SnapshotNode, TOwner>? ending)
    {
        if (_journal is null || Current is null) return 0;
        SnapshotGain gain = new(space, supplies.Store.Frames, _journal, Current);
        return ending is null ? gain.CountAll(Nodes) : gain.CountBeside(Nodes, ending);
    }

    protected override void OnStandingAt(SnapshotNode? node)
    {
        space.Tables.Journal = node is null ? null : _journal;
        space.Areas.Journal = node is null ? null : _areas;
        if (node is null) supplies.Kept.Remove(this);
        else supplies.Kept.Add(this);
        _journal!.ForgetKept();    // their areas were those of another snapshot
        if (node is null) return;
        _journal.Tables = node.Tables;    // these stay, so that going back needs no frame
        _journal.Tables.MayHaveMore = true;    // those of the snapshot at which the tree stood before
    }

    protected override void RestoreCurrent() => RestoreOver([]);

    protected override void CrossAll(List<SnapshotDelta> way, SnapshotNode target)
    {
        SnapshotJournal journal = _journal!;
        if (journal.KeepsPages) journal.ForgetKept();    // a note may be exchanged; then its page equals nothing that is known
        space.Tables.Journal = null;    // splitting a leaf on the way is not a change
        SnapshotWalk walk = new(space, journal, _areas!);
        foreach (SnapshotDelta edge in way) HeldCount += walk.TakeIn(edge);
        space.Tables.Journal = journal;
        journal.Tables = target.Tables;    // empty tables become spare ones, or go, as there
        journal.Tables.MayHaveMore = true;
        RestoreOver(CollectionsMarshal.AsSpan(way));
    }

    /// <summary>Restores the entries of the journal and the areas of the current node, and those of the ends of edges beyond it.</summary>
    private void RestoreOver(ReadOnlySpan<SnapshotDelta> way)
    {
        EntryExchange exchange = new(space, supplies) { DefersCached = true };
        if (space.Tables.Huge.Count != 0) KeptLeaves.RemoveChanged(space, _journal!, ref exchange);
        if (!supplies.Pins.IsEmpty) _pinned.Restore(_journal!);
        bool isLeft = _keeps ? RestoreButKeepWritten(ref exchange) : RestoreEveryPage(ref exchange);
        exchange.Finish();
        supplies.Commitment.Move(_areas!.RestoreAreas());
        if (!way.IsEmpty) CrossAreas(way);
        if (isLeft)
        {
            exchange.DefersCached = false;    // the areas are back, which name the files of the pages
            _ = JournalWalk.RestoreEntries(space.Tables, _journal!, ref exchange);
            exchange.Finish();
        }

        if (!supplies.Pins.IsEmpty) _pinned.MoveTo(_journal!);
        if (_journal!.Tables.MayHaveMore) FreeMore();
        if (_journal.Tables.HasLeaves) KeptLeaves.Rejoin(space, _journal.Tables.Leaves);
    }

    private void FreeMore()
    {
        SpareTables.FreeBeyond(space.Tables, _journal!.Tables);
        _journal.Tables.MayHaveMore = false;
    }

    private bool RestoreEveryPage(ref EntryExchange exchange)
    {
        if (_journal!.KeepsPages) _journal.ForgetKept();
        return JournalWalk.RestoreEntries(space.Tables, _journal, ref exchange);
    }

    private bool RestoreButKeepWritten(ref EntryExchange exchange)
    {
        WrittenPages keeper = new(space, supplies, _areas!, ++_iteration, _copies);
        bool isLeft = JournalWalk.RestoreEntries(space.Tables, _journal!, ref exchange, ref keeper);
        keeper.Finish();
        return isLeft;
    }

    private void CrossAreas(ReadOnlySpan<SnapshotDelta> way)
    {
        SnapshotWalk walk = new(space, _journal!, _areas!);
        space.Areas.Journal = null;    // the walk itself is not a change
        foreach (SnapshotDelta edge in way) supplies.Commitment.Move(walk.CrossAreas(edge));
        space.Areas.Journal = _areas;
    }

    protected override void EndJournal()
    {
        EntryExchange exchange = new(space, supplies);
        for (PageNumber from = default; _journal!.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
        {
            exchange.Release(_journal[page]);
            _journal.Forget(page);
        }

        _journal.ForgetMarks();
        _journal.ForgetRegions();
        _areas!.Clear();
        space.Tables.Spares?.FreeAll();
        exchange.Finish();
    }

    protected override void Absorb(SnapshotDelta edge)
    {
        EntryExchange exchange = new(space, supplies);
        foreach (KeptPage kept in edge.Pages)
        {
            if (_journal!.Has(kept.Page)) exchange.Release(_journal[kept.Page]);    // the earlier state is the one to go back to
            _journal.Put(kept.Page, kept.Entry);
        }

        Count(edge, -1);
        _areas!.Absorb(edge.Areas);
        exchange.Finish();
    }

    protected override SnapshotDelta Join(SnapshotDelta near, SnapshotDelta far)
    {
        EntryExchange exchange = new(space, supplies);
        Count(near, -1);
        Count(far, -1);
        SnapshotDelta joined = SnapshotWalk.Join(near, far, ref exchange, space.Areas, _areas!);
        Count(joined, 1);
        exchange.Finish();
        return joined;
    }

    protected override void Release(SnapshotDelta edge)
    {
        EntryExchange exchange = new(space, supplies);
        foreach (KeptPage kept in edge.Pages) exchange.Release(kept.Entry);
        foreach (AreaIndex index in edge.Areas.Kept) _areas!.Release(index);
        exchange.Finish();
        Count(edge, -1);
    }

    protected override void ReleaseHolds(SnapshotNode node)
    {
        descriptors.Release(node.Descriptors);
        supplies.Pool.Release(node.Pool);
    }

    private bool TryMakeJournals()
    {
        if (_journal is not null) return true;
        try
        {
            _journal = new(supplies.Store.Frames, supplies.Swap, space);
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        _areas = space.Areas.NewJournal();    // after the one that can fail
        return true;
    }

    // Before anything changes: tables that are empty for now do no harm.
    private bool TryEnsureTables(SnapshotNode target)
    {
        TableSet wanted = target.Tables.All;
        for (int index = wanted.NextFrom(0); index >= 0; index = wanted.NextFrom(index + 1))
        {
            PageNumber page = space.Tables.FirstOf(index);
            bool hasReserve = KeptLeaves.HasReserve(space, page), isOfPool = !hasReserve && space.Tables.Huge.Has(page);
            while (!hasReserve && !(isOfPool ? SpareTables.TryReserve(space.Tables, index) : space.Tables.TryEnsureTable(page)))
            {
                if (supplies.Pressure.TryFreeFor(space.Group, 1)) continue;    // reclaim frees a frame for the table
                space.Tables.FreeEmptyTables(space.Tables.UserPages);    // those made so far
                return false;
            }

            _journal!.Tables.All.Add(index);    // it stays, although Current may not have it
        }

        return true;
    }

    private SnapshotDelta Freeze()
    {
        TableSet split = _journal!.NoteMarkedPages(space.Tables);    // an edge has whole entries
        KeptLeaves.Rejoin(space, split);
        KeptPage[] pages = new KeptPage[_journal.Count];
        int count = 0, held = 0;
        for (PageNumber from = default; _journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
        {
            pages[count++] = new(page, _journal[page]);
            if (EntryExchange.Holds(_journal[page])) held++;
            _journal.Forget(page);
        }

        _journal.ForgetRegions();
        SnapshotDelta edge = new(pages, _areas!.TakeAll()) { HeldCount = held };
        Count(edge, 1);
        return edge;
    }

    private void Count(SnapshotDelta edge, int sign)
    {
        HeldCount += sign * edge.HeldCount;
        EntryCount += sign * edge.Pages.Length;
    }
}
