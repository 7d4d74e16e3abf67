namespace Paging.Native;

/// <summary>A run of pages: the first page and a count.</summary>
/// <param name="First">The lowest page.</param>
/// <param name="Count">The number of pages; the range may end at 4 GiB but not pass it.</param>
public readonly record struct PageRange(PageNumber First, PageCount Count)
{
    /// <summary>All pages of 4 GiB.</summary>
    internal static PageRange All => new(default, PageCount.AddressSpace);

    /// <summary>The page after the last one; 0x100000 where the range ends at 4 GiB.</summary>
    public PageNumber End => First + Count;

    /// <summary>True for no page at all.</summary>
    public bool IsEmpty => Count.IsZero;

    /// <summary>True when every page lies below 0xC0000000.</summary>
    public bool IsInUserHalf => (ulong)First.Value + Count.Value <= PageNumber.FirstKernel.Value;

    /// <summary>True when every page lies below 4 GiB: the numbers do not wrap.</summary>
    internal bool IsInAddressSpace => (ulong)First.Value + Count.Value <= PageCount.AddressSpace.Value;

    /// <summary>The pages from one up to, not including, another.</summary>
    public static PageRange Between(PageNumber first, PageNumber end) => new(first, end - first);

    /// <summary>True when the page is one of the range.</summary>
    public bool Contains(PageNumber page) => page.Value - First.Value < Count.Value;

    /// <summary>True when the two ranges share a page.</summary>
    public bool Intersects(PageRange other) => First < other.End && other.First < End;

    /// <summary>The pages in both ranges; empty when there are none.</summary>
    public PageRange Intersect(PageRange other)
    {
        PageNumber first = First > other.First ? First : other.First;
        PageNumber end = End < other.End ? End : other.End;
        return first < end ? Between(first, end) : new(first, PageCount.Zero);
    }

    /// <summary>A system call's (start, length), rounded up to pages. False: unaligned, empty, or past 4 GiB.</summary>
    public static bool TryCover(VirtualAddress start, uint byteLength, out PageRange range)
    {
        range = new(start.Page, PageCount.Covering(byteLength));
        return start.IsPageAligned && byteLength != 0 && range.End.Value <= PageCount.AddressSpace.Value;
    }

    /// <summary>Prints <c>start-end</c> as the kernel's maps do, the end with nine digits when it is 4 GiB.</summary>
    public override string ToString() =>
        $"{(ulong)First.Value << VirtualAddress.PageShift:x8}-{(ulong)End.Value << VirtualAddress.PageShift:x8}";
}
