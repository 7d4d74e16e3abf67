using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>
/// Where the entry of one page is. Found once, so that a fault reads, decides and stores without another look at the directory.
/// </summary>
/// <remarks>
/// Valid until a table of the address space is freed: for one turn of a fault and no longer. Made by <see cref="PageTables.SlotOf"/> and
/// <see cref="UserWalk.Find"/>, which have checked that the table lies in RAM.
/// </remarks>
internal readonly ref struct EntrySlot
{
    /// <summary>The entry's word in its table; null where the page has no table yet.</summary>
    public readonly unsafe uint* Word;

    /// <summary>A word of a table in RAM, or null.</summary>
    public unsafe EntrySlot(uint* word) => Word = word;

    /// <summary>There is a table to store the entry in.</summary>
    public unsafe bool HasTable => Word != null;

    /// <summary>The entry as it is now; never touched where there is no table.</summary>
    public unsafe PageTableEntry Entry
    {
        // SAFETY: not null, so the maker of the slot has found the word in a table in RAM.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Word == null ? default : new(*Word);
    }
}
