using System.Diagnostics.Contracts;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The words Core puts into page tables, and what it means by the software bits.</summary>
/// <remarks>
/// Bit 9, exclusive: an anonymous page that no other process can map; it may be made writable without a look at its frame.
/// Fork takes it from both sides together with RW (Linux: PageAnonExclusive). Frame 0 is the zero page of every read-only first touch.
/// Bit 10, soft-dirty: written since clear_refs last cleared it (Linux: _PAGE_SOFT_DIRTY). Counts only in areas that are soft-clean.
/// Entries are born accessed, and dirty when born of a write, as in Linux: the access that faulted is about to happen.
/// </remarks>
internal static class EntryWords
{
    /// <summary>The frame of zeros that reads of fresh anonymous memory show. Reserved, never counted, never written.</summary>
    public static FrameNumber ZeroFrame => default;

    [Pure] public static PageTableEntry ZeroPage => PageTableEntry.Map(ZeroFrame, PageAccess.User).WithAccessed();

    /// <summary>A page of the program's own.</summary>
    [Pure]
    public static PageTableEntry Own(FrameNumber frame, bool writable)
    {
        PageTableEntry entry = PageTableEntry.Map(default, PageAccess.User).WithAccessed().WithDirty().WithSoftware1().WithSoftware2();
        return (writable ? entry.WithWritable() : entry).WithFrame(frame);    // the frame last: the rest is a constant then
    }

    /// <summary>A page of the cache, mapped as it is.</summary>
    [Pure]
    public static PageTableEntry Cached(FrameNumber frame, bool writable, bool written)
    {
        PageTableEntry entry = PageTableEntry.Map(frame, PageAccess.User).WithAccessed();
        if (writable) entry = entry.WithWritable();
        return written ? entry.WithDirty().WithSoftware2() : entry;
    }

    [Pure] public static bool IsZeroPage(PageTableEntry entry) => entry.IsPresent && entry.Frame == ZeroFrame;

    /// <summary>The entry of a page that its program is about to write: dirty, to the processor and to clear_refs. Linux: pte_mkdirty.</summary>
    [Pure] public static PageTableEntry Written(PageTableEntry entry) => entry.WithWritable().WithDirty().WithAccessed().WithSoftware2();

    [Pure] public static bool IsSoftDirty(PageTableEntry entry) => entry.Software2;

    /// <summary>A private page, be it in the swap cache, too. Linux: folio_test_anon.</summary>
    [Pure] public static bool IsOwnPage(in FrameDescriptor descriptor) => descriptor.State is FrameState.Anonymous or FrameState.SwapCache;

    [Pure] public static bool IsExclusive(PageTableEntry entry) => entry.Software1;
}
