namespace Paging.Core.Snapshots;

/// <summary>The memory of the pool of an image in an engine that has loaded it once, for further clones. Never changes then.</summary>
/// <param name="frames">The frames of the image.</param>
internal sealed class LoadedPool(ImageFrames frames)
{
    /// <summary>The frames of the image, from which each clone's pages are copied.</summary>
    public ImageFrames Frames => frames;

    /// <summary>The pages of each file of huge pages, in the order of the memories.</summary>
    public List<List<PoolRun>> Files { get; } = [];

    /// <summary>The pool of each process that runs, in their order.</summary>
    public List<LoadedPoolSpace> Spaces { get; } = [];
}

/// <summary>The memory of the pool of one process.</summary>
internal sealed class LoadedPoolSpace
{
    /// <summary>What each area of the pool has beside its record, in their order.</summary>
    public List<PoolArea> Areas { get; } = [];

    /// <summary>Its pages, in their order.</summary>
    public List<PoolRun> Runs { get; } = [];
}

/// <summary>What an area of the pool has beside its record.</summary>
/// <param name="Flags">Of <see cref="Spaces.PoolAreas"/>.</param>
/// <param name="Used">The huge pages whose reservation is used up, in order.</param>
internal readonly record struct PoolArea(AreaFlags Flags, uint[] Used);

/// <summary>Pages of the pool in a row, in one huge page.</summary>
/// <param name="First">The first page of the process or the file.</param>
/// <param name="Count">The number of pages.</param>
/// <param name="Bits">The saved bits.</param>
/// <param name="Slot">The place of the first one in the store or the image.</param>
/// <param name="Source">The process before that has the huge page, by its place; null: none.</param>
/// <param name="From">Its first page there.</param>
internal readonly record struct PoolRun(uint First, uint Count, uint Bits, uint Slot, uint? Source = null, uint From = 0);
