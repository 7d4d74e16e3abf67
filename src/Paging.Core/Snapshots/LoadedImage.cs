using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>The state that further clones of an image share in an engine that has loaded it once, so that no page is read again.</summary>
/// <remarks>
/// Cost of a clone: O(processes + areas), a frame and a store for each table, and a bit for each page of shared memory. Made of the first
/// clone before it runs.
/// </remarks>
internal sealed class LoadedImage
{
    private readonly SuppliedRun[][] _memories;
    private readonly LoadedSpace?[] _spaces;    // of each process; null for a zombie

    private LoadedImage(SavedMachine machine, SuppliedRun[][] memories, LoadedSpace?[] spaces) =>
        (Machine, _memories, _spaces) = (machine, memories, spaces);

    /// <summary>The processes without their pages.</summary>
    public SavedMachine Machine { get; }

    /// <summary>Keeps the tables of the first clone, which a reader has filled.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="spaces">The memory of the processes; null for a zombie.</param>
    public static LoadedImage Of(SnapshotReader reader, IEnumerable<Space?> spaces) =>
        new(reader.Machine, [.. reader.MemoryRuns],
            [.. spaces.Select(space => space is null ? null : LoadedSpace.Of(space, reader.Tables))]);

    /// <summary>The page tables that each clone of a process gets; null for a zombie.</summary>
    public ImagePageTables? TablesOf(int index) => _spaces[index]?.Tables;

    /// <summary>Leads shared memory that was just created to its pages in the image.</summary>
    public void Supply(SavedAreas files)
    {
        for (int i = 0; i < _memories.Length; i++) files.MemoryAt(i).Supplied = new(_memories[i]);
    }

    /// <summary>Fills the space of a process of a further clone.</summary>
    /// <param name="index">The place of the process.</param>
    /// <param name="space">Its space.</param>
    /// <param name="files">Has opened the files.</param>
    /// <param name="histories">The roots that the processes share; null for one process.</param>
    /// <exception cref="NoMemoryException">The engine has too little memory. The caller ends the processes.</exception>
    public void Show(int index, Space space, SavedAreas files, SavedHistories? histories)
    {
        SavedProcess process = Machine.Processes[index];
        LoadedSpace loaded = _spaces[index]!;
        process.State.Apply(space);
        files.AddAll(space, process, histories);
        int i = 0;
        for (AreaIndex at = space.Areas.Tree.First; at.IsSome; at = space.Areas[at].Next)
        {
            if (loaded.HasRoot[i++] && !AnonymousFault.TryPrepareRoot(space, ref space.Areas[at])) throw SavedAreas.NoMemory();
        }

        while (!ImageLoan.TryShow(space.Tables, loaded.Tables)) files.FreeFor(space, (uint)loaded.Tables.Count);
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
