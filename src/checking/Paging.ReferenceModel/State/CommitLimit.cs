using Paging.Core;

namespace Paging.ReferenceModel.State;

/// <summary>The memory that all processes together have committed, and whether more may be. Linux: __vm_enough_memory.</summary>
/// <param name="options">The mode and its limits.</param>
/// <param name="processes">All that live.</param>
internal sealed class CommitLimit(ReferenceOptions options, IReadOnlyCollection<ModelProcess> processes)
{
    /// <summary>MAP_NORESERVE means nothing in mode 2.</summary>
    public bool IsStrict => options.Overcommit == OvercommitMode.Never;

    /// <summary>True if that many more pages may be committed, on top of those that a fork has already committed for its child.</summary>
    public bool Allow(long pages, long ofChild = 0) => pages <= 0 || options.Overcommit switch
    {
        OvercommitMode.Always => true,
        OvercommitMode.Heuristic => pages <= options.RamPages,
        _ => Count() + ofChild + pages < options.CommitLimitPages,
    };

    /// <summary>Accounted areas, and each shared anonymous object once for as long as it is mapped.</summary>
    private long Count()
    {
        long count = 0;
        HashSet<FileObject> objects = [];
        foreach (ModelProcess process in processes)
        {
            foreach (Area area in process.Areas.All)
            {
                if (area.Has(AreaFlags.Accounted)) count += area.Count.Value;
                if (area.File is { IsDirectory: false } file && objects.Add(file.Contents)) count += file.Contents.CommittedPages;
            }
        }
        return count;
    }
}
