using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>Where the entry of one page lies, found once: a fault reads it, decides, and stores it without another look at the directory.</summary>
/// <remarks>Good until a table of the address space is freed, so for one turn of a fault and no longer. Made by <see cref="PageTables.SlotOf"/>.</remarks>
internal readonly unsafe ref struct EntrySlot(uint* word)
{
    /// <summary>The entry's word in its table; null where the page has no table yet.</summary>
    public readonly uint* Word = word;

    /// <summary>There is a table to store the entry in.</summary>
    public bool HasTable => Word != null;

    /// <summary>The entry as it is now; never touched where there is no table.</summary>
    public PageTableEntry Entry
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Word == null ? default : new(*Word);
    }
}
