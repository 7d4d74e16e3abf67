namespace Paging.Core.Accounting;

/// <summary>What the engine has promised to all its processes, in pages. Linux: vm_committed_as, __vm_enough_memory (mm/util.c).</summary>
internal sealed class Commitment(OvercommitMode mode, int overcommitRatio, long ramPages)
{
    /// <summary>V1: equals the pages of all accounted areas and of all shared anonymous objects that are.</summary>
    public long Committed { get; private set; }

    public OvercommitMode Mode { get; set; } = mode;

    /// <summary>The share of RAM, in per cent, that mode 2 promises.</summary>
    public int Ratio { get; set; } = overcommitRatio;

    /// <summary>Pages of all swap devices.</summary>
    public long SwapPages { get; set; }

    /// <summary>What mode 2 allows. Linux: vm_commit_limit.</summary>
    public long Limit => (ramPages * Ratio / 100) + SwapPages;

    public bool TryCharge(long pages)
    {
        bool enough = pages <= 0 || Mode switch
        {
            OvercommitMode.Always => true,
            OvercommitMode.Heuristic => pages <= ramPages + SwapPages,
            _ => Committed + pages < Limit,
        };
        if (enough) Committed += pages;
        return enough;
    }

    public void Uncharge(long pages) => Committed -= pages;
}
