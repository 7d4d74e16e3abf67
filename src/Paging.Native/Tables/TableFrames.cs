using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

/// <summary>The frames of page tables: gets and counts them, puts them below a directory, takes them out, and gives them back.</summary>
internal static class TableFrames
{
    /// <summary>A frame for a table, not cleared, counted as one of this address space, and below no directory yet.</summary>
    /// <returns>False: no frame, or the account's limit; nothing has changed.</returns>
    /// <remarks>It may lie in high memory. Linux: CONFIG_HIGHPTE.</remarks>
    public static bool TryTakeUncleared(this PageTables tables, out FrameNumber table)
    {
        table = default;
        if (!tables.Account.MayHaveTable) return false;
        bool isMade = tables.Allocator.Fixed is { } separate
            ? separate.TryAllocate(FrameState.PageTable, needsLow: false, out table)
            : tables.Allocator.TryAllocate(FrameState.PageTable, out table);
        if (isMade) tables.Account.NoteMade();
        return isMade;
    }

    /// <summary>A zeroed frame for a directory or a pointer table. It lies in low memory: CR3 has 32 bits.</summary>
    /// <returns>As <see cref="TryTakeUncleared"/>.</returns>
    public static bool TryTakeDirectoryFrame(this PageTables tables, out FrameNumber directory)
    {
        directory = default;
        if (!tables.Account.MayHaveTable) return false;
        bool isMade = tables.Allocator.Fixed is { } separate
            ? separate.TryAllocate(FrameState.PageTable, needsLow: true, out directory)
            : tables.Allocator.TryAllocateLow(FrameState.PageTable, out directory);
        if (!isMade) return false;
        tables.Account.NoteMade();
        tables.Ram.Clear(directory);
        return true;
    }

    /// <summary>Gives a table back that lies below no directory.</summary>
    public static void ReturnTableFrame(this PageTables tables, FrameNumber table)
    {
        tables.Account.NoteFreed();
        if (tables.Allocator.Fixed is { } separate) separate.Free(table);
        else tables.Allocator.Free(table);
    }

    /// <summary>
    /// Gives back the tables of the user half that cover a page of the range and hold no entry. Linux: free_pgtables (mm/memory.c).
    /// </summary>
    public static void FreeEmptyTables(this PageTables tables, PageRange range)
    {
        foreach (TablePart part in tables.PartsOf(range))
            if (tables.Frames[part.Table].Private == 0 && !tables.IsKeptTable(part.Index)) tables.FreeTable(part.Index, part.Table);
    }

    /// <summary>The slot of a page to whose table the directory does not lead: none, unless the table is lent, and copied now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static EntrySlot SlotOfLent(this PageTables tables, PageNumber page) =>
        tables.Loans.TryCopy(tables.IndexOf(page)) ? tables.SlotOf(page) : default;

    /// <summary>True if a frame is the table of a directory entry. P2: an entry that a host has written may lead to any frame.</summary>
    public static bool IsOwn(this PageTables tables, FrameNumber table, int index)
    {
        ref FrameDescriptor descriptor = ref tables.Frames.Named(table);
        return descriptor.State == FrameState.PageTable && descriptor.Owner == tables.Directory.Value && table != tables.Directory
            && descriptor.Index == (uint)index;
    }

    /// <summary>The slot of a page that has no table yet: makes the table. None still: no frame for it, and nothing has changed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static EntrySlot AddTableFor(this PageTables tables, PageNumber page)
    {
        tables.TryEnsureTable(page);
        return tables.SlotOf(page);
    }

    /// <summary>As <see cref="PageTables.CountEntries"/>, where other threads may count in the same table at the same time.</summary>
    public static void CountEntriesBeside(this PageTables tables, FrameNumber table, int change)
    {
        if (change == 0) return;
        ref FrameDescriptor descriptor = ref tables.Frames.Named(table);
        if (descriptor.State == FrameState.PageTable) Interlocked.Add(ref descriptor.Private, (uint)change);
    }

    /// <summary>The first page of the table that an entry of the directory leads to.</summary>
    public static PageNumber FirstOf(this PageTables tables, int index) => new((uint)index << tables.EntryShift);

    /// <summary>Records in a table's descriptor its directory, and the index of the entry that leads to it.</summary>
    public static void Own(this PageTables tables, int directoryIndex, FrameNumber table)
    {
        ref FrameDescriptor descriptor = ref tables.Frames[table];
        descriptor.Owner = tables.Directory.Value;
        descriptor.Index = (uint)directoryIndex;
    }

    /// <summary>One access as the processor makes it, by the walker of the format.</summary>
    public static WalkResult Walk(
        this PageTables tables, VirtualAddress address, AccessKind kind, ProcessorMode mode, bool writeProtect = true)
    {
        tables.Loans.TryCopy(tables.IndexOf(address.Page));
        return Walker.Walk(tables.Ram, tables.Format, tables.Directory, address, kind, mode, writeProtect);
    }

    /// <summary>Returns the entries of the table that covers a page, or false without a table.</summary>
    public static bool TryTable(this PageTables tables, PageNumber page, out EntryTable words, out FrameNumber table)
    {
        PageDirectoryEntry upper = tables.ReadUpper(tables.IndexOf(page));
        bool isThere = tables.IsTable(upper);
        table = isThere ? upper.Table : default;
        words = isThere ? tables.WordsOf(table) : default;
        return isThere;
    }

    /// <summary>Clears a frame and makes it the table of a directory entry that leads to none.</summary>
    public static void InstallCleared(this PageTables tables, int index, FrameNumber table)
    {
        tables.Ram.Clear(table);
        tables.Own(index, table);
        // It may replace a table that was counted, or an entry written from outside. Linux: pmd_none_or_clear_bad
        if (tables.UpperAt(index).Word == 0) tables.Frames[tables.Directory].Private++;
        Volatile.WriteBarrier();    // a touch that finds the table finds zeros in it, on processors that reorder stores as well
        tables.StoreUpper(index, PageDirectoryEntry.ForTable(table));
    }

    /// <summary>Fills a table with the pieces of a huge leaf, then lets the directory lead to it.</summary>
    public static void InstallFullTable(this PageTables tables, PageNumber first, FrameNumber table, PageTableEntry entry)
    {
        EntryTable words = tables.WordsOf(table);
        int count = (int)tables.HugeCountOf().Value;
        for (int i = 0; i < count; i++) words[i] = entry.WithFrame(entry.Frame + new FrameCount((uint)i)).Word;
        tables.Frames[table].Private = (uint)count;
        tables.Own(tables.IndexOf(first), table);
        tables.StoreUpper(tables.IndexOf(first), PageDirectoryEntry.ForTable(table));
        tables.Frames[tables.Directory].Private++;
    }

    /// <summary>Takes a table of the user half out of the directory and empties it. It stays counted in the account.</summary>
    public static void DetachTable(this PageTables tables, int directoryIndex, FrameNumber table)
    {
        tables.StoreUpper(directoryIndex, default);
        tables.Frames[tables.Directory].Private--;
        tables.Frames[table].Private = 0;
        tables.Ram.Clear(table);
    }

    /// <summary>X1 to X3: nothing that is cached of the entry goes with this change.</summary>
    public static void CheckRaises(EntrySlot slot, PageTableEntry entry)
    {
        EntryChange change = new(slot.Word, entry.Word);
        if (!slot.Entry.IsPresent || change.TakesReads || change.TakesWrites)
            throw new InvariantException($"X1: {entry} is to give more than {slot.Entry}, and takes something away. Replace changes it.");
    }

    [DoesNotReturn]
    public static void ThrowKernelPage(PageNumber page) =>
        throw new InvariantException($"P2: page {page.Value:x5} belongs to the kernel half, which is shared. SetKernelEntry sets it up.");

    [DoesNotReturn]
    public static void ThrowNotBegun() => throw new InvariantException("P1: there is no directory. TryBegin gets one.");

    [DoesNotReturn]
    public static void ThrowBegun(FrameNumber directory) =>
        throw new InvariantException($"P1: there is a directory already, {directory.Value:x5}. FreeAll gives it back.");

    [DoesNotReturn]
    public static void ThrowNoTable(PageTables tables, PageNumber page, PageTableEntry entry) =>
        throw new InvariantException(tables.IsHuge(page)
            ? $"P7: page {page.Value:x5} lies in a huge leaf, so {entry} has no entry of its own. SplitHuge comes first."
            : $"P2: page {page.Value:x5} has no page table to store {entry} in. TryEnsureTable comes first.");

    [DoesNotReturn]
    public static void ThrowTouched(EntrySlot slot) =>
        throw new InvariantException($"P3: an entry is to be the first of its page, which has {slot.Entry} already. Replace changes it.");

    [DoesNotReturn]
    public static void ThrowStillMapped(PageTables tables, in TablePart part) =>
        throw new InvariantException($"P3: the table of page {part.Pages.First} still holds {tables.Frames[part.Table].Private} entries. " +
            "TakeRange takes them out first, or their frames are lost.");

    [DoesNotReturn]
    public static void ThrowHugeStillMapped(PageTables tables) =>
        throw new InvariantException($"P7: {tables.HugeLeafCount} huge leaves are still mapped. TakeRange takes them out first.");
}
