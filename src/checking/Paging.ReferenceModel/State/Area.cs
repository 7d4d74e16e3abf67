using Paging.Native;

namespace Paging.ReferenceModel.State;

/// <summary>A run of pages for which the same has been agreed; one row of <c>maps</c>. Linux: struct vm_area_struct.</summary>
internal sealed class Area
{
    public required PageNumber First { get; set; }

    /// <summary>More than zero in every area of a list.</summary>
    public required PageCount Count { get; set; }

    public required AreaFlags Flags { get; set; }

    /// <summary>The mapped file; null for private anonymous memory, an object of its own for shared anonymous memory.</summary>
    public required OpenFile? File { get; init; }

    /// <summary>
    /// In pages: into the file or object; for private anonymous memory the position, that is its page when it was mapped.
    /// </summary>
    public required long Offset { get; set; }

    /// <summary>None until the area's first private page is made.</summary>
    public History? History { get; set; }

    /// <summary>The reservation of this area, if it is private memory of the pool and the process its owner.</summary>
    public PoolClaim? Claim { get; set; }

    /// <summary>Its owner took a page back: from now on a touch of an unmapped page fails. Linux: HPAGE_RESV_UNMAPPED.</summary>
    public bool IsRobbed { get; set; }

    /// <summary>The pool of its pages; null for ordinary memory.</summary>
    public HugePool? Pool => File is { IsDirectory: false } file ? file.Contents.Huge?.Pool : null;

    public bool IsOfPool => Pool is not null;

    public PageNumber End => First + Count;

    public PageRange Range => new(First, Count);

    public bool IsPrivateAnonymous => File is null;

    public bool IsShared => Has(AreaFlags.Shared);

    public bool IsWritable => Has(AreaFlags.Write);

    public bool GrowsDown => Has(AreaFlags.GrowsDown);

    public bool IsLocked => Has(AreaFlags.Locked);

    /// <summary>Any right at all: on this processor each of them allows reading.</summary>
    public bool IsReadable => Has(AreaFlags.Rights);

    /// <summary>Writes to it are fills of private pages: populating and locking break copy-on-write here.</summary>
    public bool IsPrivateWritable => IsWritable && !IsShared;

    public bool Has(AreaFlags any) => (Flags & any) != AreaFlags.None;

    /// <summary>The page of the file, or the position, that belongs to a page of the area.</summary>
    public long OffsetAt(PageNumber page) => Offset + ((long)page.Value - First.Value);

    /// <summary>An area like this one over another range, which the offset follows. Linux: vm_area_dup.</summary>
    public Area Like(PageRange range, long offset) => new()
    {
        First = range.First,
        Count = range.Count,
        Flags = Flags,
        File = File,
        Offset = offset,
        History = History,
        Claim = Claim,
        IsRobbed = IsRobbed,
    };

    /// <summary>True if a cut there is refused: it lies inside one of its huge pages. Linux: hugetlb_vm_op_split.</summary>
    public bool RefusesCutAt(PageNumber page) => Pool is { } pool && page.Value % pool.PagesEach != 0;

    /// <summary>The huge page of its object that belongs to a page of the area.</summary>
    public long HugeIndexAt(PageNumber page) => OffsetAt(page) / Pool!.PagesEach;

    /// <summary>Gives back the unused part of the reservation. Linux: hugetlb_vm_op_close.</summary>
    public void Close()
    {
        if (Claim is null || Pool is not { } pool) return;
        long first = Offset / pool.PagesEach, count = Count.Value / pool.PagesEach;
        pool.Unreserve(count - Claim.Used.Count(index => index >= first && index < first + count));
    }

    /// <summary>Moves the start, and the offset with it; the end stays.</summary>
    public void BeginAt(PageNumber first)
    {
        PageNumber end = End;
        Offset = OffsetAt(first);
        First = first;
        Count = end - first;
    }

    /// <summary>Moves the end; the start stays.</summary>
    public void FinishAt(PageNumber end) => Count = end - First;
}
