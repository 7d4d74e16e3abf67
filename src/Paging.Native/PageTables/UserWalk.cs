using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>The walk of a program's own access, with the answer in one word: what a miss of the translation cache pays for.</summary>
/// <remarks><code>
/// Always holds    the answer, and every bit that is set, are those of Walker.Walk in user mode
/// Cost            two loads that depend on each other where the table was walked before and lies in RAM, which is nearly always;
///                 anything else takes the long way
/// </code></remarks>
internal static unsafe class UserWalk
{
    private const uint ForReading = EntryBits.Present | EntryBits.User;
    private const uint ForWriting = ForReading | EntryBits.Writable;
    private const uint OrdinaryTable = ForWriting | EntryBits.Accessed;

    /// <summary>The page's entry after the access, with no right that the directory withholds; all zero when the access faults.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry Translate(PhysicalMemory ram, FrameNumber directory, PageNumber page, bool isWrite)
    {
        uint upper = ((uint*)ram.HostAddress(directory))[page.DirectoryIndex];
        bool isOrdinary = (upper & (OrdinaryTable | EntryBits.Large)) == OrdinaryTable && upper >> VirtualAddress.PageShift < ram.FrameCount.Value;
        if (!isOrdinary) return TranslateAnyTable(ram, directory, page, isWrite);

        uint* word = (uint*)ram.HostAddress(new(upper >> VirtualAddress.PageShift)) + page.TableIndex;
        uint leaf = *word, asked = isWrite ? ForWriting : ForReading;
        if ((leaf & asked) != asked) return default;
        uint used = leaf | (isWrite ? EntryBits.Accessed | EntryBits.Dirty : EntryBits.Accessed);
        if (used != leaf) *word = used;
        return new(used);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PageTableEntry TranslateAnyTable(PhysicalMemory ram, FrameNumber directory, PageNumber page, bool isWrite) =>
        Walker.Walk(ram, directory, page.Address, isWrite ? AccessKind.Write : AccessKind.Read, ProcessorMode.User).Effective;
}
