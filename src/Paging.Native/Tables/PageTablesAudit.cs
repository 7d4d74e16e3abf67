namespace Paging.Native.Tables;

/// <summary>Recounts one address space's page tables, word by word.</summary>
internal static class PageTablesAudit
{
    private const ulong TableRights = EntryBits.Present | EntryBits.Writable | EntryBits.User;

    /// <summary>Checks P1 to P7. The mappings of frames are recounted elsewhere, with all address spaces.</summary>
    public static void Run(PageTables tables, AuditReport report)
    {
        FrameState state = tables.Frames[tables.Directory].State;
        int firstKernel = tables.IndexOf(tables.End), end = tables.IndexOf(new(PageCount.AddressSpace.Value - 1)) + 1;
        uint tableCount = 0, leafCount = 0;
        for (int index = 0; index < firstKernel; index++)
        {
            PageDirectoryEntry upper = tables.ReadUpper(index);
            if (upper.Word == 0) continue;
            if (tables.Huge.Count != 0 && tables.Huge.IsLeaf(upper))
            {
                CheckLeaf(tables, index, upper, report);
                leafCount++;
                continue;
            }

            tableCount++;
            if (IsOwnTable(tables, index, upper, report)) CheckTable(tables, index, upper.Table, report);
        }

        // P1  the directory is a page table to the frame allocator; its Private counts the tables of the user half
        if (state != FrameState.PageTable) report.Add("P1", $"directory {tables.Directory.Value:x5} is in state {state}");
        report.AddIfDifferent("P1", $"tables below directory {tables.Directory.Value:x5}", tableCount, tables.TableCount.Value);
        report.AddIfDifferent("P7", $"huge leaves below directory {tables.Directory.Value:x5}", leafCount, (uint)tables.Huge.Count);

        if (tables.IsWide) CheckQuarters(tables, report);

        // P6  the kernel half is closed to user mode
        for (int index = firstKernel; index < end; index++)
        {
            PageDirectoryEntry upper = tables.ReadUpper(index);
            if (upper.IsPresent && upper.IsUser) report.Add("P6", $"directory entry {index} of the kernel half is {upper}");
        }
    }

    // P1  under PAE the pointer table leads to the four directories, which belong to it, and to nothing else
    private static unsafe void CheckQuarters(PageTables tables, AuditReport report)
    {
        ulong* pointers = (ulong*)tables.Ram.HostAddress(tables.Directory);    // SAFETY: a frame of our own, of 512 words
        for (int i = 0; i < 512; i++)
        {
            ulong expected = i < 4 ? QuarterFrames.PointerTo(tables.Quarters[i]) : 0;
            if (pointers[i] != expected) report.Add("P1", $"entry {i} of pointer table {tables.Directory.Value:x5} is {pointers[i]:x}");
            if (i >= 4) continue;
            ref readonly FrameDescriptor descriptor = ref tables.Frames[tables.Quarters[i]];
            if (descriptor.State != FrameState.PageTable || descriptor.Owner != tables.Directory.Value)
                report.Add("P1", $"directory {i} of {tables.Directory.Value:x5} is {descriptor.State} of {descriptor.Owner:x5}");
        }
    }

    // P2  an entry of the user half is zero or leads to a table of this directory, open to user mode and writing:
    //     the page's own entry decides
    private static bool IsOwnTable(PageTables tables, int index, PageDirectoryEntry upper, AuditReport report)
    {
        ulong rights = tables.MayBeClosed ? TableRights & ~EntryBits.Writable : TableRights;    // closed until its first write
        if ((upper.Word & rights) != rights || upper.IsLarge || upper.Table.Value >= tables.Frames.Count.Value)
        {
            report.Add("P2", $"directory entry {index} is {upper}, which is no page table of the user half");
            return false;
        }

        ref readonly FrameDescriptor descriptor = ref tables.Frames[upper.Table];
        if (descriptor.State == FrameState.PageTable && descriptor.Owner == tables.Directory.Value && descriptor.Index == (uint)index)
            return true;
        report.Add("P2",
            $"directory entry {index} is {upper}, but that frame is {descriptor.State}, entry {descriptor.Index} of {descriptor.Owner:x5}");
        return false;
    }

    private static void CheckTable(PageTables tables, int directoryIndex, FrameNumber table, AuditReport report)
    {
        uint touched = 0;
        EntryTable entries = tables.WordsOf(table);
        for (int index = 0; index <= tables.EntryMask; index++)
        {
            PageTableEntry entry = new(entries[index]);
            if (entry.IsNeverTouched) continue;
            touched++;
            uint page = tables.FirstOf(directoryIndex).Value + (uint)index;
            if (entry.IsPresent) CheckFrame(tables, page, entry, report);

            // P5  an entry without P is a swap slot, a marker, or never touched
            else if (!tables.HasForeignWords && !SwapEntry.From(entry).IsWellFormed) report.Add("P5", $"page {page:x5}: {entry}");
        }

        // P3  a table's Private counts its entries that are not zero
        report.AddIfDifferent("P3", $"entries in the table of directory entry {directoryIndex}", touched, tables.Frames[table].Private);
    }

    // P7  a huge leaf has no reserved bit, and leads to frames that may be mapped
    private static void CheckLeaf(PageTables tables, int index, PageDirectoryEntry upper, AuditReport report)
    {
        if (upper.HasReservedBitsIn(tables.Format)) report.Add("P7", $"directory entry {index} is {upper}, with reserved bits");
        CheckFrame(tables, tables.FirstOf(index).Value, upper.PieceIn(tables.Format, 0), report);
    }

    // P4  a present entry leads to a frame of RAM that may be mapped: not to a free one, nor to a table; or to a window of the host
    private static unsafe void CheckFrame(PageTables tables, uint page, PageTableEntry entry, AuditReport report)
    {
        bool isInWindow = entry.Frame.Value >= tables.Frames.Count.Value && tables.Ram.FindHost(entry.Frame) != null;
        if (isInWindow && entry.Software3) return;
        if (entry.Frame.Value >= tables.Frames.Count.Value)
        {
            report.Add("P4", $"page {page:x5} leads beyond RAM: {entry}");
            return;
        }

        FrameState state = tables.Frames[entry.Frame].State;
        bool mayBeMapped = state is FrameState.Anonymous or FrameState.PageCache or FrameState.SwapCache
            or FrameState.Kernel or FrameState.Reserved;
        if (!mayBeMapped) report.Add("P4", $"page {page:x5} leads to a frame in state {state}: {entry}");
    }
}
