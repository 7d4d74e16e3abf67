using Paging.Native.Translation;

namespace Paging.Native.Tables;

/// <summary>Compares the translations in a cache with the present entries of the page tables.</summary>
/// <remarks>Reads the tables by itself, word for word, so that an error in the walker cannot hide in its own mirror.</remarks>
internal static class TranslationAudit
{
    private const ulong Huge = EntryBits.Present | EntryBits.Large;
    private const ulong ClassicHugeBits = 0xFFC0_0F7F, PaeHugeBits = 0x8000_000F_FFE0_0F7F;
    private const ulong ReadableBits = EntryBits.Present | EntryBits.User;
    private const ulong WritableBits = ReadableBits | EntryBits.Writable;

    /// <summary>Checks each cached translation of one address space.</summary>
    public static void CompareWithTables(TranslationCache cache, PageTables tables, AuditReport report)
    {
        for (int region = cache.Filled.NextRegionFrom(0); region >= 0; region = cache.Filled.NextRegionFrom(region + 1))
        {
            for (uint i = 0; i < 1024; i++)
            {
                PageNumber page = new(((uint)region << 10) | i);
                if ((cache.ReadAddend(page) | cache.WriteAddend(page)) == 0) continue;
                ulong upper, leaf;
                if (tables.IsWide) LookUpWide(tables, page, out upper, out leaf);
                else LookUp(tables, page, out upper, out leaf);
                Compare(cache, tables.Ram, page, upper, leaf, report);
            }
        }

        CompareWindow(cache, tables, report);
        if (!cache.IsAttached && cache.Filled.NextRegionFrom(0) >= 0)
            report.Add("X4", "regions are marked as filled, but no storage is attached");
    }

    /// <summary>Checks each page that a window of the host shows.</summary>
    private static void CompareWindow(TranslationCache cache, PageTables tables, AuditReport report)
    {
        if (cache.Window is not { } window) return;
        window.Audit(report);
        for (PageNumber from = default; window.TryNext(from, out PageNumber page); from = page + PageCount.One)
        {
            ulong upper, leaf;
            if (tables.IsWide) LookUpWide(tables, page, out upper, out leaf);
            else LookUp(tables, page, out upper, out leaf);
            ulong rights = upper & leaf;
            uint word = window[page];

            // X8  a page that is shown is present and open to user mode on both levels, with A, and shows the frame of its entry
            bool isShown = (rights & ReadableBits) == ReadableBits && (leaf & EntryBits.Accessed) != 0;
            if (!isShown || FrameOf(leaf) != ShownPages.FrameOf(word))
                report.Add("X8", $"page {page.Value:x5} is shown by a window as {word:x8}, but its entries are {upper:x8} and {leaf:x8}");

            // X9  one that can be written is writable on both levels, with D, and a log that is open has noted it
            bool isWritable = (rights & WritableBits) == WritableBits && (leaf & EntryBits.Dirty) != 0
                && (!cache.ObservesWrites || cache.WriteAddend(page) != 0);
            if (ShownPages.IsWritable(word) && !isWritable)
                report.Add("X9", $"page {page.Value:x5} can be written in a window, but its entries are {upper:x8} and {leaf:x8}");
        }
    }

    // Two levels of 32-bit words; a huge entry has address bits 32 to 35 in its bits 13 to 16.
    private static void LookUp(PageTables tables, PageNumber page, out ulong upper, out ulong leaf)
    {
        upper = tables.Ram.Words(tables.Directory)[(int)(page.Value >> 10)];
        ulong high = ((upper >> 13) & 15) << 32;    // PSE-36
        leaf = (upper & Huge) == Huge ? (upper & ClassicHugeBits) | high | ((page.Value & 1023) << VirtualAddress.PageShift) : 0;
        FrameNumber table = new((uint)(upper >> VirtualAddress.PageShift));
        if ((upper & Huge) == EntryBits.Present && table.Value < tables.Ram.FrameCount.Value)
            leaf = tables.Ram.Words(table)[(int)(page.Value & 1023)];
    }

    // Three levels of 64-bit words, each half read by itself; NX and the bits above the 36 address lines must not be lost.
    private static void LookUpWide(PageTables tables, PageNumber page, out ulong upper, out ulong leaf)
    {
        upper = WideAt(tables.Ram, tables.Directory, page.Value >> 18);
        if ((upper & EntryBits.Present) != 0) upper = WideAt(tables.Ram, FrameOf(upper), (page.Value >> 9) & 511);
        leaf = (upper & Huge) == Huge ? (upper & PaeHugeBits) | ((page.Value & 511) << VirtualAddress.PageShift) : 0;
        if ((upper & Huge) == EntryBits.Present) leaf = WideAt(tables.Ram, FrameOf(upper), page.Value & 511);
    }

    private static FrameNumber FrameOf(ulong word) => new((uint)((word & 0xF_FFFF_F000) >> VirtualAddress.PageShift));

    private static ulong WideAt(PhysicalMemory ram, FrameNumber frame, uint index)
    {
        if (frame.Value >= ram.FrameCount.Value) return 0;
        ReadOnlySpan<uint> words = ram.Words(frame);
        return words[(int)(index * 2)] | ((ulong)words[(int)(index * 2) + 1] << 32);
    }

    // SAFETY: addresses are compared, never followed; the frame is compared with the end of RAM first.
    private static unsafe void Compare(TranslationCache cache, PhysicalMemory ram, PageNumber page, ulong upper, ulong leaf,
        AuditReport report)
    {
        long read = cache.ReadAddend(page), write = cache.WriteAddend(page);
        if ((read | write) == 0) return;
        ulong rights = upper & leaf;

        // X1  a cached page is present and open to user mode on both levels, and A is set, so that a hit need not set it
        if ((rights & ReadableBits) != ReadableBits || (leaf & EntryBits.Accessed) == 0)
            report.Add("X1", $"page {page.Value:x5} is cached, but its entries are {upper:x8} and {leaf:x8}");

        // X2  a page cached for writing is writable on both levels, and D is set, so that a hit need not set it
        if (write != 0 && ((rights & WritableBits) != WritableBits || (leaf & EntryBits.Dirty) == 0))
            report.Add("X2", $"page {page.Value:x5} is cached for writing, but its entries are {upper:x8} and {leaf:x8}");

        // X3  the addend leads from the page to the frame that the entry names
        FrameNumber frame = FrameOf(leaf);
        byte* host = ram.FindHost(frame);
        bool isFitted = host != null;
        long expected = isFitted ? (long)host - page.Address.Value : 0;
        if (!isFitted || (read != 0 && read != expected) || (write != 0 && write != expected))
            report.Add("X3", $"page {page.Value:x5} is cached, but not at frame {frame.Value:x5} of its entry {leaf:x8}");
    }
}
