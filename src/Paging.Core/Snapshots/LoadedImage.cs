using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>The state that further clones of an image share in an engine that has loaded it once, so that no page is read again.</summary>
/// <remarks>
/// Cost of a clone: O(processes + areas), a frame and a store for each table, and a bit for each page of shared memory. Made of the first
/// clone before it runs. With memory of the pool, its huge pages are copied for each clone as well.
/// </remarks>
internal sealed class LoadedImage
{
    private readonly SuppliedRun[][] _memories;
    private readonly LoadedSpace?[] _spaces;    // of each process; null for a zombie
    private readonly LoadedPool? _pool;    // null: no memory of the pool

    private LoadedImage(SavedMachine machine, SuppliedRun[][] memories, LoadedSpace?[] spaces, LoadedPool? pool) =>
        (Machine, _memories, _spaces, _pool) = (machine, memories, spaces, pool);

    /// <summary>The processes without their pages.</summary>
    public SavedMachine Machine { get; }

    /// <summary>Keeps the tables of the first clone, which a reader has filled.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="spaces">The memory of the processes; null for a zombie.</param>
    public static LoadedImage Of(SnapshotReader reader, IEnumerable<Space?> spaces) =>
        new(reader.Machine, [.. reader.MemoryRuns],
            [.. spaces.Select(space => space is null ? null : LoadedSpace.Of(space, reader.Tables))], reader.Pool);

    /// <summary>The page tables that each clone of a process gets; null for a zombie, and if there is no such process.</summary>
    public ImagePageTables? TablesOf(int index) => index < _spaces.Length ? _spaces[index]?.Tables : null;

    /// <summary>The pages of the pool for one clone; null: it has none.</summary>
    public PoolFiller? FillerIn(PhysicalMemory ram, SnapshotSupplies supplies) =>
        _pool is null ? null : new(ram, supplies, reader: null, farPages: null, _pool.Frames);

    /// <summary>Leads shared memory that was just created to its pages in the image, and fills files of huge pages.</summary>
    /// <exception cref="NoMemoryException">The pool has too few pages.</exception>
    public void Supply(SavedAreas files, PoolFiller? filler)
    {
        int huge = 0;
        for (int i = 0; i < _memories.Length; i++)
        {
            FileObject memory = files.MemoryAt(i);
            if (!memory.IsHuge) memory.Supplied = new(_memories[i]);
            else foreach (PoolRun run in _pool!.Files[huge++]) filler!.FillFile(memory, run);
        }
    }

    /// <summary>Fills the space of a process of a further clone.</summary>
    /// <param name="index">The place of the process.</param>
    /// <param name="spaces">The spaces of all processes.</param>
    /// <param name="files">Has opened the files.</param>
    /// <param name="histories">The roots that the processes share; null for one process.</param>
    /// <param name="filler">Gives the pages of the pool; null: there are none.</param>
    /// <exception cref="NoMemoryException">The engine has too little memory, or the pool too few pages. The caller ends the
    /// processes.</exception>
    public void Show(int index, ReadOnlySpan<Space> spaces, SavedAreas files, SavedHistories? histories, PoolFiller? filler)
    {
        Space space = spaces[index];
        SavedProcess process = Machine.Processes[index];
        LoadedSpace loaded = _spaces[index]!;
        process.State.Apply(space);
        files.AddAll(space, process, histories);
        if (filler is not null) GiveAreas(space, _pool!.Spaces[PoolPlaceOf(index)], filler);
        int i = 0;
        for (AreaIndex at = space.Areas.Tree.First; at.IsSome; at = space.Areas[at].Next)
        {
            if (loaded.HasRoot[i++] && !AnonymousFault.TryPrepareRoot(space, ref space.Areas[at])) throw SavedAreas.NoMemory();
        }

        while (!ImageLoan.TryShow(space.Tables, loaded.Tables)) files.FreeFor(space, (uint)loaded.Tables.Count);
        if (filler is not null) ShowPool(space, _pool!.Spaces[PoolPlaceOf(index)], spaces, filler);
    }

    /// <summary>The place of a process among those that run.</summary>
    private int PoolPlaceOf(int index)
    {
        int place = 0;
        foreach (LoadedSpace? space in _spaces.AsSpan(0, index))
            if (space is not null) place++;
        return place;
    }

    private static void GiveAreas(Space space, LoadedPoolSpace pool, PoolFiller filler)
    {
        int next = 0;
        for (AreaIndex at = space.Areas.Tree.First; at.IsSome; at = space.Areas[at].Next)
        {
            ref Area area = ref space.Areas[at];
            if (space.Areas.PoolObject(area) is { } file) filler.TryGiveArea(ref area, file, pool.Areas[next++]);
        }
    }

    private static void ShowPool(Space space, LoadedPoolSpace pool, ReadOnlySpan<Space> spaces, PoolFiller filler)
    {
        foreach (PoolRun run in pool.Runs)
        {
            PageNumber first = new(run.First);
            ref Area area = ref space.Areas[space.Areas.Tree.Covering(first)];
            if (run.Source is not { } source) filler.Show(space, area, space.Areas.PoolObject(area)!, run);
            else if (spaces[(int)source].Tables.Huge.TryRead(new(run.From), out PageTableEntry leaf))
                filler.Show(space, area, first, leaf.Frame, run.Bits);
        }
    }

    /// <summary>One address space of the first clone.</summary>
    /// <param name="HasRoot">Of each area: it has private pages.</param>
    /// <param name="Tables">The page tables.</param>
    private sealed record LoadedSpace(bool[] HasRoot, ImagePageTables Tables)
    {
        public static LoadedSpace Of(Space first, ImagePageTables? tables)
        {
            bool[] hasRoot = new bool[first.Areas.Count];
            int i = 0;
            for (AreaIndex at = first.Areas.Tree.First; at.IsSome; at = first.Areas[at].Next) hasRoot[i++] = first.Areas[at].Root.IsSome;
            return new(hasRoot, tables ?? ImagePageTables.Of(first.Tables));
        }
    }
}
