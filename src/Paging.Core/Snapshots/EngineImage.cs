using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>What further clones of an image need in an engine that has loaded it once: no page is read or stored again.</summary>
/// <remarks>Cost of a clone: O(areas), and a frame and a store for each table. Made of the first clone before it runs.</remarks>
internal sealed class EngineImage
{
    private readonly SavedState _state;
    private readonly bool[] _hasRoot;    // of each area: it has private pages
    private readonly ImagePageTables _tables;
    private readonly SavedMemoryRun[] _memoryRuns;
    private readonly HostWindow? _window;    // the image's pages; null: they are all zeros

    private EngineImage(SnapshotReader reader, bool[] hasRoot, ImagePageTables tables)
    {
        (_state, _hasRoot, _tables) = (reader.State, hasRoot, tables);
        (Name, OutOfMemoryScore, Areas) = (reader.Name, reader.OutOfMemoryScore, [.. reader.Areas]);
        (Memories, _memoryRuns, _window) = ([.. reader.Memories], [.. reader.MemoryRuns], reader.Window);
        MapsFiles = Areas.Any(static area => area.File != SnapshotFormat.NoFile);
    }

    /// <summary>The process's name.</summary>
    public string Name { get; }

    /// <summary>The process's preference for being ended.</summary>
    public int OutOfMemoryScore { get; }

    /// <summary>The host's state; null: there was none.</summary>
    public byte[]? HostState => _state.HostState;

    /// <summary>The pages that the process may map.</summary>
    public SpaceBounds Bounds => _state.Bounds;

    /// <summary>The areas, in the order of their addresses.</summary>
    public SavedArea[] Areas { get; }

    /// <summary>The shared memory that was saved with the process. Each clone has its own.</summary>
    public SavedMemory[] Memories { get; }

    /// <summary>The settings of the shadow, and whether there is one.</summary>
    public SavedState State => _state;

    /// <summary>True if an area maps a file or shared memory.</summary>
    public bool MapsFiles { get; }

    /// <summary>Keeps the tables of the first clone, which a reader has filled.</summary>
    public static EngineImage Of(Space first, SnapshotReader reader)
    {
        bool[] hasRoot = new bool[reader.Areas.Count];
        int i = 0;
        for (AreaIndex at = first.Areas.Tree.First; at.IsSome; at = first.Areas[at].Next) hasRoot[i++] = first.Areas[at].Root.IsSome;
        return new(reader, hasRoot, ImagePageTables.Of(first.Tables));
    }

    /// <summary>Fills the space of a new process.</summary>
    /// <param name="space">The space.</param>
    /// <param name="areas">Has opened the files.</param>
    /// <param name="memories">Fills the shared memory, which was created empty.</param>
    /// <exception cref="NoMemoryException">The engine has too little memory. The caller ends the process.</exception>
    public void Show(Space space, SavedAreas areas, SavedMemoryReader memories)
    {
        _state.Apply(space);
        memories.Copy(_memoryRuns, areas, _window);
        foreach (SavedArea area in Areas) areas.Add(space, area);
        int i = 0;
        for (AreaIndex at = space.Areas.Tree.First; at.IsSome; at = space.Areas[at].Next)
        {
            if (_hasRoot[i++] && !AnonymousFault.TryPrepareRoot(space, ref space.Areas[at])) throw SavedAreas.NoMemory();
        }

        while (!ImageLoan.TryShow(space.Tables, _tables)) areas.FreeFor(space);
    }
}
