namespace Paging.ReferenceModel.State;

/// <summary>The pool of huge pages of one size (docs/DIALECT-HUGE.md section 5). Linux: struct hstate.</summary>
/// <param name="pagesEach">Small pages to a huge one.</param>
/// <param name="total">The number of pages at the start, all free.</param>
/// <param name="surplusMax">The number of further pages that may be taken from ordinary memory.</param>
internal sealed class HugePool(uint pagesEach, long total, long surplusMax)
{
    /// <summary>The pages of 1 GiB, of which there are none.</summary>
    public const uint GiantPages = 1 << 18;

    public uint PagesEach { get; } = pagesEach;

    public long BytesEach => (long)PagesEach << 12;

    public bool IsGiant => PagesEach == GiantPages;

    public long Total { get; private set; } = total;

    public long Free { get; private set; } = total;

    /// <summary>Reserved and not yet used; below zero while a child holds a page that its owner discarded.</summary>
    public long Reserved { get; private set; }

    public long Surplus { get; private set; }

    /// <summary>
    /// A page that is not reserved. Any difference between free and reserved pages counts as available, one below zero too:
    /// it is unsigned. Linux: alloc_hugetlb_folio, where the reserve map has none; available_huge_pages.
    /// </summary>
    public bool TryTake()
    {
        if (Free != Reserved && Free > 0) Free--;
        else if (!TryTakeSurplus()) return false;
        return true;
    }

    /// <summary>A page that was reserved.</summary>
    public bool TryTakeReserved()
    {
        if (Free > 0) Free--;
        else if (!TryTakeSurplus()) return false;
        Reserved--;
        return true;
    }

    /// <summary>Linux: free_huge_folio.</summary>
    public void GiveBack(HugeBlock block)
    {
        if (block.IsMarked) Reserved++;
        if (Surplus > 0)
        {
            Total--;
            Surplus--;
        }
        else
        {
            Free++;
        }
    }

    /// <summary>
    /// Reserves that many pages, and adds surplus pages if too few are free. Never reserves more than are free then, even if the count of
    /// reserved pages is below zero. Linux: hugetlb_acct_memory, gather_surplus_pages.
    /// </summary>
    public bool TryReserve(long count)
    {
        if (count == 0) return true;
        long missing = Math.Max(0, Reserved + count - Free);
        if (missing > 0 && Surplus + missing > surplusMax) return false;
        Total += missing;
        Free += missing;
        Surplus += missing;
        Reserved += count;
        if (count <= Free) return true;
        Unreserve(count);
        return false;
    }

    /// <summary>Linux: return_unused_surplus_pages.</summary>
    public void Unreserve(long count)
    {
        Reserved -= count;
        long leaving = Math.Min(Math.Min(count, Surplus), Free);
        Total -= leaving;
        Free -= leaving;
        Surplus -= leaving;
    }

    /// <summary>The administrator sets the pool. Linux: set_max_huge_pages.</summary>
    public void Set(long count)
    {
        long ordinary = Math.Min(Surplus, Math.Max(0, count - (Total - Surplus)));
        Surplus -= ordinary;
        long added = Math.Max(0, count - (Total - Surplus));
        Total += added;
        Free += added;
        long kept = Math.Max(count, Reserved + Total - Free);
        long leaving = Math.Clamp(Total - Surplus - kept, 0, Free);
        Total -= leaving;
        Free -= leaving;
        Surplus += Math.Max(0, Total - Surplus - count);
    }

    public override string ToString() => $"total={Total} free={Free} rsvd={Reserved} surplus={Surplus}";

    private bool TryTakeSurplus()
    {
        if (Surplus >= surplusMax) return false;
        Total++;
        Surplus++;
        return true;
    }
}
