using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>The page walk of a program's own access, with the answer in one word: what a miss of the translation cache costs.</summary>
/// <remarks><code>
/// Always holds    the answer, and every bit that is set, are those of Walker.Walk in user mode
/// Cost            two loads that depend on each other if the table was walked before and lies in RAM, as nearly always;
///                 anything else goes through Walker
/// </code></remarks>
internal static class UserWalk
{
    private const uint ForReading = EntryBits.Present | EntryBits.User;
    private const uint ForWriting = ForReading | EntryBits.Writable;
    private const uint OrdinaryTable = ForWriting | EntryBits.Accessed;

    /// <summary>Where a page's entry lies, if its table is an ordinary one: open to every user access, walked before, and in RAM.</summary>
    // SAFETY: the directory is a frame of PageTables' own, the page comes from a 32-bit address, and the table is compared with the end of
    // RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe EntrySlot Find(PhysicalMemory ram, FrameNumber directory, PageNumber page)
    {
        uint upper = ((uint*)ram.HostAddress(directory))[page.DirectoryIndex];
        bool isOrdinary = (upper & (OrdinaryTable | EntryBits.Large)) == OrdinaryTable
            && upper >> VirtualAddress.PageShift < ram.FrameCount.Value;
        return isOrdinary ? new((uint*)ram.HostAddress(new(upper >> VirtualAddress.PageShift)) + page.TableIndex) : default;
    }

    /// <summary>The entry in a slot that was found, after the access; all zero when the access faults.</summary>
    // SAFETY: the slot has a table, which Find or SlotOf has found in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe PageTableEntry Use(EntrySlot slot, bool isWrite)
    {
        uint leaf = *slot.Word, asked = isWrite ? ForWriting : ForReading;
        if ((leaf & asked) != asked) return default;
        uint used = leaf | (isWrite ? EntryBits.Accessed | EntryBits.Dirty : EntryBits.Accessed);
        if (used != leaf) *slot.Word = used;
        return new(used);
    }

    /// <summary>The page's entry after the access, with no right that the directory withholds; all zero when the access faults.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry Translate(PhysicalMemory ram, FrameNumber directory, PageNumber page, bool isWrite)
    {
        EntrySlot slot = Find(ram, directory, page);
        return slot.HasTable ? Use(slot, isWrite) : TranslateAnyTable(ram, directory, page, isWrite);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PageTableEntry TranslateAnyTable(PhysicalMemory ram, FrameNumber directory, PageNumber page, bool isWrite) =>
        Walker.Walk(ram, directory, page.Address, isWrite ? AccessKind.Write : AccessKind.Read, ProcessorMode.User).Effective;
}
