using System.Diagnostics.CodeAnalysis;

namespace Paging.Native.Tables;

/// <summary>The broken rules of <see cref="PageTables"/>, as exceptions that name the rule and the way out.</summary>
internal static class TableRules
{
    /// <summary>X1 to X3: nothing that is cached of the entry goes with this change.</summary>
    public static void CheckRaises(EntrySlot slot, PageTableEntry entry)
    {
        EntryChange change = new(slot.Word, entry.Word);
        if (!slot.Entry.IsPresent || change.TakesReads || change.TakesWrites)
            throw new InvariantException($"X1: {entry} is to give more than {slot.Entry}, and takes something away. Replace changes it.");
    }

    /// <summary>Both entries are present, and their frames differ.</summary>
    public static void CheckOtherFrame(EntrySlot slot, PageTableEntry entry)
    {
        if (!slot.Entry.IsPresent || !entry.IsPresent || slot.Entry.Frame == entry.Frame)
            throw new InvariantException($"X3: {entry} is no page of another frame than {slot.Entry}. Replace changes it.");
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
        throw new InvariantException(tables.Huge.Has(page)
            ? $"P7: page {page.Value:x5} lies in a huge leaf, so {entry} has no entry of its own. Huge.Split comes first."
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
        throw new InvariantException($"P7: {tables.Huge.Count} huge leaves are still mapped. TakeRange takes them out first.");

    [DoesNotReturn]
    public static void ThrowOpen(PageDirectoryEntry entry) =>
        throw new ArgumentException($"P6: the kernel half is closed to user mode, but the entry is {entry}.", nameof(entry));
}
