using System.Diagnostics.CodeAnalysis;

namespace Paging.Native;

/// <summary>The frames that page tables lie in: how they are got, counted, put below a directory, taken out, and given back.</summary>
internal static class TableFrames
{
    /// <summary>A zeroed frame for a table, counted as one of this address space, and below no directory yet.</summary>
    /// <returns>False: no frame, or the account's limit; nothing has changed.</returns>
    public static bool TryTakeTableFrame(this PageTables tables, out FrameNumber table)
    {
        table = default;
        if (!tables.Account.MayHaveTable || !tables.Allocator.TryAllocate(FrameState.PageTable, out table)) return false;
        tables.Account.NoteMade();
        tables.Ram.Clear(table);
        return true;
    }

    /// <summary>Gives a table back that lies below no directory.</summary>
    public static void ReturnTableFrame(this PageTables tables, FrameNumber table)
    {
        tables.Account.NoteFreed();
        tables.Allocator.Free(table);
    }

    /// <summary>Says in its descriptor whose table a frame is, and for which entry of the directory.</summary>
    public static void Own(this PageTables tables, int directoryIndex, FrameNumber table)
    {
        ref FrameDescriptor descriptor = ref tables.Frames[table];
        descriptor.Owner = tables.Directory.Value;
        descriptor.Index = (uint)directoryIndex;
    }

    /// <summary>Fills a table with the pieces of a huge leaf, then lets the directory lead to it.</summary>
    // SAFETY: the table is a frame of ours with an entry for each piece.
    public static unsafe void InstallFullTable(this PageTables tables, PageNumber first, FrameNumber table, PageTableEntry entry)
    {
        uint* words = tables.WordsOf(table);
        uint count = tables.HugeCountOf().Value;
        for (uint i = 0; i < count; i++) words[i] = entry.WithFrame(entry.Frame + new FrameCount(i)).Word;
        tables.Frames[table].Private = count;
        tables.Own(first.DirectoryIndex, table);
        tables.StoreUpper(first.DirectoryIndex, PageDirectoryEntry.ForTable(table));
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
            ? $"P7: page {page.Value:x5} lies in a huge leaf, so {entry} has no entry of its own. TrySplitHuge comes first."
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
