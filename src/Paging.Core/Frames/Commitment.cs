namespace Paging.Core.Frames;

/// <summary>
/// The memory that the engine has committed to all processes together, in pages. Linux: vm_committed_as, __vm_enough_memory (mm/util.c).
/// </summary>
internal sealed class Commitment(OvercommitMode mode, int overcommitRatio, long ramPages)
{
    /// <summary>V1: equals the pages of all accounted areas plus those of all accounted shared anonymous objects.</summary>
    public long Committed { get; private set; }

    public OvercommitMode Mode { get; set; } = mode;

    /// <summary>The share of RAM that mode 2 may commit, in percent.</summary>
    public int Ratio { get; set; } = overcommitRatio;

    /// <summary>The pages of all swap devices.</summary>
    public long SwapPages { get; set; }

    /// <summary>The most that mode 2 commits, in pages. Linux: vm_commit_limit.</summary>
    public long Limit => (ramPages * Ratio / 100) + SwapPages;

    /// <summary>Commits more pages. Returns false, and commits none, if the mode does not allow it.</summary>
    public bool TryCharge(long pages)
    {
        bool enough = pages <= 0 || Mode switch    // 0 or less always passes, even above the limit
        {
            OvercommitMode.Always => true,
            OvercommitMode.Heuristic => pages <= ramPages + SwapPages,    // each request by itself, whatever the sum
            _ => Committed + pages < Limit,    // never the last page, as in __vm_enough_memory
        };
        if (enough) Committed += pages;
        return enough;
    }

    /// <summary>
    /// Commits more pages for a system that never overcommits: returns false, and commits none, beyond RAM and swap.
    /// </summary>
    /// <remarks>Windows: STATUS_COMMITMENT_LIMIT. Ignores <see cref="Mode"/>.</remarks>
    public bool TryChargeStrictly(long pages)
    {
        bool enough = pages <= 0 || Committed + pages <= ramPages + SwapPages;
        if (enough) Committed += pages;
        return enough;
    }

    /// <summary>Commits more pages, or fewer if negative, without a limit: for states that were committed before.</summary>
    public void Move(long pages) => Committed += pages;

    /// <summary>Gives committed pages back.</summary>
    public void Uncharge(long pages) => Committed -= pages;
}
