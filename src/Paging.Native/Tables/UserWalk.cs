using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

/// <summary>The page walk of a program's own access, with the answer in one word: the cost of a miss of the translation cache.</summary>
/// <remarks><code>
/// Always holds    the answer, and every bit that is set, are those of Walker.Walk in user mode
/// Cost            two loads that depend on each other if the table was walked before and lies in RAM, as nearly always;
///                 anything else goes through the walkers. The classic format is inlined, PAE costs a call.
/// </code></remarks>
internal static class UserWalk
{
    private const ulong ForReading = EntryBits.Present | EntryBits.User;
    private const ulong ForWriting = ForReading | EntryBits.Writable;
    private const ulong OrdinaryTable = ForWriting | EntryBits.Accessed;

    /// <summary>The slot of a page's entry, if its table is ordinary: open to every user access, walked before, and in RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static EntrySlot Find(PageTables tables, PhysicalMemory ram, PageNumber page) =>
        tables.IsWide ? FindWide(ram, tables.Quarters[(int)(page.Value >> 18)], page) : FindClassic(ram, tables.Directory, page);

    // SAFETY: the directory is a frame of RAM, the page comes from a 32-bit address, and the table is compared with the end of RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe EntrySlot FindClassic(PhysicalMemory ram, FrameNumber directory, PageNumber page)
    {
        uint upper = ((uint*)ram.HostAddress(directory))[page.DirectoryIndex];
        bool isOrdinary = (upper & (uint)(OrdinaryTable | EntryBits.Large)) == (uint)OrdinaryTable
            && upper >> VirtualAddress.PageShift < ram.FrameCount.Value;
        return isOrdinary ? new((uint*)ram.HostAddress(new(upper >> VirtualAddress.PageShift)) + page.TableIndex) : default;
    }

    /// <summary>The entry in a slot that was found, after the access; all zero when the access faults.</summary>
    // SAFETY: the slot has a table, which Find or SlotOf has found in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry Use(EntrySlot slot, bool isWrite) => slot.IsWide ? UseWide(slot, isWrite) : UseNarrow(slot, isWrite);

    // SAFETY: as Use, and the slot's table is classic.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe PageTableEntry UseNarrow(EntrySlot slot, bool isWrite)
    {
        uint leaf = *slot.Narrow, asked = (uint)(isWrite ? ForWriting : ForReading);
        if ((leaf & asked) != asked) return default;
        uint used = leaf | (uint)(isWrite ? EntryBits.Accessed | EntryBits.Dirty : EntryBits.Accessed);
        if (used != leaf) *slot.Narrow = used;
        return new(used);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PageTableEntry UseWide(EntrySlot slot, bool isWrite)
    {
        ulong leaf = slot.Word, asked = isWrite ? ForWriting : ForReading;
        if ((leaf & (asked | PaeDirectoryEntry.BeyondMask)) != asked) return default;    // the walker reports a reserved bit
        ulong used = leaf | (isWrite ? EntryBits.Accessed | EntryBits.Dirty : EntryBits.Accessed);
        if (used != leaf) slot.Set(used);
        return new(used);
    }

    /// <summary>The page's entry after the access, with no right that the directory withholds; all zero when the access faults.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry Translate(PageTables tables, PhysicalMemory ram, PageNumber page, bool isWrite)
    {
        EntrySlot slot = Find(tables, ram, page);
        return slot.HasTable ? Use(slot, isWrite) : TranslateAnyTable(tables, page, isWrite);
    }

    /// <summary>Walks any tables in RAM, for comparisons with a processor.</summary>
    // SAFETY: the pointer table is a frame of RAM.
    public static unsafe PageTableEntry TranslateIn(
        PhysicalMemory ram, FrameNumber directory, PageNumber page, bool isWrite, TableFormat format)
    {
        AccessKind kind = isWrite ? AccessKind.Write : AccessKind.Read;
        if (format == TableFormat.Classic)
        {
            EntrySlot found = FindClassic(ram, directory, page);
            return found.HasTable ? Use(found, isWrite)
                : ClassicWalker.Walk(ram, directory, page.Address, kind, ProcessorMode.User).Effective;
        }

        PageDirectoryEntry pointer = new(((ulong*)ram.HostAddress(directory))[page.Value >> 18]);
        EntrySlot slot = pointer.IsTableIn(ram.FrameCount) ? FindWide(ram, pointer.Table, page) : default;
        return slot.HasTable ? Use(slot, isWrite) : PaeWalker.Walk(ram, directory, page.Address, kind, ProcessorMode.User).Effective;
    }

    // A table that forbids fetches is not an ordinary one: NX is in the directory's entry, and a slot shows only the table's.
    // SAFETY: as Find; the directory is one of the four.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe EntrySlot FindWide(PhysicalMemory ram, FrameNumber directory, PageNumber page)
    {
        const ulong asked = OrdinaryTable | EntryBits.Large | EntryBits.NoExecute | PaeDirectoryEntry.BeyondMask;
        ulong upper = ((ulong*)ram.HostAddress(directory))[(page.Value >> 9) & 511];
        FrameNumber table = new PageDirectoryEntry(upper).Table;
        bool isOrdinary = (upper & asked) == OrdinaryTable && table.Value < ram.FrameCount.Value;
        return isOrdinary ? new((ulong*)ram.HostAddress(table) + (page.Value & 511)) : default;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PageTableEntry TranslateAnyTable(PageTables tables, PageNumber page, bool isWrite) =>
        tables.Walk(page.Address, isWrite ? AccessKind.Write : AccessKind.Read, ProcessorMode.User).Effective;
}
