namespace Paging.Native;

/// <summary>Compares what a translation cache remembers with what the page tables say now.</summary>
/// <remarks>Reads the tables by itself, word for word, so that an error in the walker cannot hide in its own mirror.</remarks>
internal static class TranslationAudit
{
    private const uint ReadableBits = EntryBits.Present | EntryBits.User;
    private const uint WritableBits = ReadableBits | EntryBits.Writable;

    /// <summary>Looks at each cached translation of one address space.</summary>
    public static void CompareWithTables(TranslationCache cache, PhysicalMemory ram, FrameNumber directory, AuditReport report)
    {
        for (int region = cache.Regions.NextFrom(0); region >= 0; region = cache.Regions.NextFrom(region + 1))
        {
            uint upper = ram.Words(directory)[region];
            bool hasTable = (upper & EntryBits.Present) != 0 && (upper & EntryBits.Large) == 0
                && new FrameNumber(upper >> VirtualAddress.PageShift).Value < ram.FrameCount.Value;
            bool isLarge = (upper & (EntryBits.Present | EntryBits.Large)) == (EntryBits.Present | EntryBits.Large);
            ReadOnlySpan<uint> table = hasTable ? ram.Words(new(upper >> VirtualAddress.PageShift)) : [];
            for (int index = 0; index < 1024; index++)
            {
                PageNumber page = new(((uint)region << 10) | (uint)index);
                uint leaf = hasTable ? table[index] : isLarge ? LargePiece(upper, index) : 0;
                Compare(cache, ram, page, upper, leaf, report);
            }
        }

        if (!cache.IsAttached && !cache.Regions.IsEmpty) report.Add("X4", "regions are marked as filled, but no storage is attached");
    }

    /// <summary>X4  all that is cached lies in marked regions, or it would survive the clearing.</summary>
    public static void LookBetweenRegions(TranslationCache cache, AuditReport report)
    {
        for (int region = 0; region < 1024; region++)
        {
            if (cache.Regions.Contains(region)) continue;
            if (cache.Pair.ReadWords.Slice(region << 10, 1024).ContainsAnyExcept(0L))
                report.Add("X4", $"region {region} translates reads but is not marked as filled");
            if (cache.Pair.WriteWords.Slice(region << 10, 1024).ContainsAnyExcept(0L))
                report.Add("X4", $"region {region} translates writes but is not marked as filled");
        }
    }

    /// <summary>One of the 1024 pages of a 4 MB entry; rights, A and D are those of the entry.</summary>
    private static uint LargePiece(uint upper, int index) =>
        (upper & (EntryBits.LargeFrameMask | 0xFF & ~EntryBits.Large)) | ((uint)index << VirtualAddress.PageShift);

    // SAFETY: addresses are compared, never followed; the frame is compared with the end of RAM first.
    private static unsafe void Compare(TranslationCache cache, PhysicalMemory ram, PageNumber page, uint upper, uint leaf,
        AuditReport report)
    {
        long read = cache.ReadAddend(page), write = cache.WriteAddend(page);
        if ((read | write) == 0) return;
        uint rights = upper & leaf;

        // X1  what is cached is present and open to user mode on both levels, and A is set, so that a hit need not set it
        if ((rights & ReadableBits) != ReadableBits || (leaf & EntryBits.Accessed) == 0)
            report.Add("X1", $"page {page.Value:x5} is cached, but its entries are {upper:x8} and {leaf:x8}");

        // X2  what is cached for writing is writable on both levels, and D is set, so that a hit need not set it
        if (write != 0 && ((rights & WritableBits) != WritableBits || (leaf & EntryBits.Dirty) == 0))
            report.Add("X2", $"page {page.Value:x5} is cached for writing, but its entries are {upper:x8} and {leaf:x8}");

        // X3  the addend leads from the page to the frame that the entry names
        FrameNumber frame = new(leaf >> VirtualAddress.PageShift);
        byte* host = ram.FindHost(frame);
        bool isFitted = host != null;
        long expected = isFitted ? (long)host - page.Address.Value : 0;
        if (!isFitted || (read != 0 && read != expected) || (write != 0 && write != expected))
            report.Add("X3", $"page {page.Value:x5} is cached, but not at frame {frame.Value:x5} of its entry {leaf:x8}");
    }
}
