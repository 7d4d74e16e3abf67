using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

/// <summary>
/// The location of one page's entry. Found once, so that a fault reads, decides and stores without reading the directory again.
/// </summary>
/// <remarks>
/// Valid until a table of the address space is freed: for one attempt of a fault and no longer. Made by <see cref="PageTables.SlotOf"/> and
/// <see cref="UserWalk.Find"/>, which have checked that the table lies in RAM. It encodes the width of its entry: bit 0 of the place, which
/// is 0 in every address of an entry, is set if the entry has eight bytes. Both widths are stored at once, by an aligned store.
/// </remarks>
internal readonly ref struct EntrySlot
{
    private readonly nuint _place;

    /// <summary>An entry of a classic table in RAM, or null: there is no table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe EntrySlot(uint* word) => _place = (nuint)word;

    /// <summary>An entry of a PAE table in RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe EntrySlot(ulong* word) => _place = (nuint)word | 1;

    /// <summary>There is a table to store the entry in.</summary>
    public bool HasTable => _place != 0;

    /// <summary>The host address of the entry. Precondition: there is a table.</summary>
    public unsafe void* Address => (void*)(_place & ~(nuint)1);

    /// <summary>An address in the same frame as the entry, to find the frame: the bit of the width stays in the address.</summary>
    public unsafe void* PlaceInFrame => (void*)_place;

    /// <summary>The host address of an entry of four bytes. Precondition: there is a table, and it is classic.</summary>
    public unsafe uint* Narrow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint*)_place;
    }

    /// <summary>The entry as it is now; never touched where there is no table.</summary>
    public PageTableEntry Entry
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _place == 0 ? default : new(Word);
    }

    /// <summary>The entry's bits. Precondition: there is a table.</summary>
    public unsafe ulong Word
    {
        // SAFETY: the maker of the slot has found the entry in a table in RAM, and has recorded its width.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsWide ? *(ulong*)(_place - 1) : *(uint*)_place;
    }

    /// <summary>The entry has eight bytes.</summary>
    public bool IsWide
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_place & 1) != 0;
    }

    /// <summary>Stores the entry's bits, as far as the format has room for them. Precondition: there is a table.</summary>
    // SAFETY: as Word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Set(ulong word)
    {
        if (IsWide) *(ulong*)(_place - 1) = word;
        else *(uint*)_place = (uint)word;
    }

    /// <summary>
    /// Stores the entry's bits if the page was never touched, in one atomic step. Returns false, and stores nothing, if another thread
    /// was faster. Precondition: there is a table.
    /// </summary>
    // SAFETY: as Word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool TrySetFirst(ulong word) => IsWide
        ? Interlocked.CompareExchange(ref *(ulong*)(_place - 1), word, 0) == 0
        : Interlocked.CompareExchange(ref *(uint*)_place, (uint)word, 0) == 0;

    /// <summary>The entry without the bits that the format has no room for: NX, in classic tables.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PageTableEntry Fit(PageTableEntry entry) => IsWide ? entry : new((uint)entry.Word);
}
