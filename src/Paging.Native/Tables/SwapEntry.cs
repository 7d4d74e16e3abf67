using System.Diagnostics;
using System.Diagnostics.Contracts;
using Paging.Native.Diagnostics;

namespace Paging.Native.Tables;

/// <summary>The kinds of page-table entries without P.</summary>
internal enum SwapEntryKind
{
    /// <summary>Nothing. The only valid word of this kind is zero: never touched.</summary>
    None = 0,

    /// <summary>The page's content lies in a slot of a swap device.</summary>
    Swap = 1,

    /// <summary>A marker: the page has no content, and the marker is the reason.</summary>
    Marker = 2,

    /// <summary>Like <see cref="Swap"/>, and the next write is reported first (Linux: pte_swp_uffd_wp).</summary>
    ProtectedSwap = 3,
}

/// <summary>The reasons why a page has no content.</summary>
internal enum PageMarker
{
    /// <summary>Not a marker.</summary>
    None = 0,

    /// <summary>A guard: a touch is a SIGSEGV (Linux: PTE_MARKER_GUARD, madvise(MADV_GUARD_INSTALL)).</summary>
    Guard = 1,

    /// <summary>The content was lost: a touch is a SIGBUS (Linux: PTE_MARKER_POISONED).</summary>
    Poison = 2,

    /// <summary>The page is not there now; once it is, its first write is reported (Linux: PTE_MARKER_UFFD_WP).</summary>
    WriteProtected = 4,
}

//  63        35 34      32 31                   8 7           6          3 2     1 0
// ┌────────────┬─────────────────────────────────┬───────────┬────────────┬───────┬───┐
// │     0      │              slot               │ exclusive │   device   │1 or 3 │ 0 │  Swap: 16 devices of 2^24 slots (64 GiB each),
// │            │                                 │           │            │       │   │  2^27 (512 GiB) under PAE; 3: a write is
// ├────────────┼─────────────────────────────────┼───────────┼────────────┼───────┼───┤  reported (userfaultfd)
// │     0      │ 1 guard, 2 poison, 4 protected  │     0     │     0      │   2   │ 0 │  Marker
// ├────────────┼─────────────────────────────────┼───────────┼────────────┼───────┼───┤
// │     0      │               0                 │     0     │     0      │   0   │ 0 │  None: never touched
// └────────────┴─────────────────────────────────┴───────────┴────────────┴───────┴───┘
/// <summary>A page-table entry without P, as Core reads it. The processor reads bit 0 and no further.</summary>
/// <param name="Word">The bits as they lie in the table: 32, or 64 under PAE.</param>
[DebuggerDisplay("{ToString(),nq}")]
internal readonly record struct SwapEntry(ulong Word)
{
    private const int KindShift = 1, DeviceShift = 3, SlotShift = 8;
    private const uint KindMask = 3, DeviceMask = 0xF, SlotMask = (1 << 27) - 1;
    private const ulong Exclusive = 1 << 7;
    private const ulong SwapBit = 1 << KindShift, ProtectedBit = 2 << KindShift;    // bits of the kind; both kinds of swap have SwapBit

    /// <summary>The number of swap devices that can be named.</summary>
    public const int DeviceCountMax = (int)DeviceMask + 1;

    /// <summary>The largest number of slots on one device. Linux keeps 27 bits in a swp_entry_t of 32, under PAE too.</summary>
    public const uint SlotCountMax = SlotMask + 1;

    /// <summary>The largest number of slots on one device where entries have 32 bits.</summary>
    public const uint ClassicSlotCountMax = 1 << 24;

    /// <summary>The kind of the entry.</summary>
    public SwapEntryKind Kind => (SwapEntryKind)((Word >> KindShift) & KindMask);

    /// <summary>True for the zero word: never touched.</summary>
    public bool IsNone => Word == 0;

    /// <summary>True for a slot of a swap device.</summary>
    public bool IsSwap => (Word & SwapBit) != 0;

    /// <summary>True if the first write to the page is to be reported: a slot or a marker. Linux: pte_swp_uffd_wp_any.</summary>
    public bool IsProtected => Kind == SwapEntryKind.ProtectedSwap || Marker == PageMarker.WriteProtected;

    /// <summary>True for a guard, a poisoned page, or one that is not there and protected.</summary>
    public bool IsMarker => Kind == SwapEntryKind.Marker;

    /// <summary>The swap device, 0 to 15. Has a meaning for <see cref="SwapEntryKind.Swap"/> only.</summary>
    public int Device => (int)((Word >> DeviceShift) & DeviceMask);

    /// <summary>The slot on the device. Has a meaning for <see cref="SwapEntryKind.Swap"/> only.</summary>
    public uint Slot => (uint)(Word >> SlotShift);

    /// <summary>The page belongs to one process alone: brought back, it may be written without a copy. Linux: pte_swp_exclusive.</summary>
    public bool IsExclusive => IsSwap && (Word & Exclusive) != 0;

    /// <summary>The marker; <see cref="PageMarker.None"/> when the word is not a marker.</summary>
    public PageMarker Marker => IsMarker ? (PageMarker)(uint)(Word >> SlotShift) : PageMarker.None;

    /// <summary>True when the word could have been made by one of the constructors below, or is zero.</summary>
    public bool IsWellFormed => Kind switch
    {
        SwapEntryKind.None => IsNone,
        SwapEntryKind.Swap or SwapEntryKind.ProtectedSwap => (Word & EntryBits.Present) == 0 && Word >> SlotShift <= SlotMask,
        SwapEntryKind.Marker => Marker is PageMarker.Guard or PageMarker.Poison or PageMarker.WriteProtected
            && this == ForMarker(Marker),
        _ => false,
    };

    /// <summary>A slot of a swap device.</summary>
    [Pure]
    public static SwapEntry ForSlot(int device, uint slot)
    {
        if (Check.Cheap && ((uint)device > DeviceMask || slot > SlotMask)) ThrowDoesNotFit(device, slot);
        return new(((ulong)slot << SlotShift) | ((uint)device << DeviceShift) | ((uint)SwapEntryKind.Swap << KindShift));
    }

    /// <summary>A reason for a page to have no content.</summary>
    [Pure]
    public static SwapEntry ForMarker(PageMarker marker) =>
        new(((uint)marker << SlotShift) | ((uint)SwapEntryKind.Marker << KindShift));

    /// <summary>Marks a slot's page as one process's own.</summary>
    [Pure] public SwapEntry WithExclusive() => new(Word | Exclusive);

    /// <summary>The same entry without the mark that the page belongs to one process alone.</summary>
    [Pure] public SwapEntry WithoutExclusive() => new(Word & ~Exclusive);

    /// <summary>Marks a slot's page: its first write is reported. Linux: pte_swp_mkuffd_wp.</summary>
    [Pure] public SwapEntry WithProtection() => new(Word | ProtectedBit);

    /// <summary>
    /// Clears the mark of a slot; an entry that is only a marker becomes "never touched". Linux: pte_swp_clear_uffd_wp.
    /// </summary>
    [Pure] public SwapEntry WithoutProtection() => IsSwap ? new(Word & ~ProtectedBit) : IsProtected ? default : this;

    /// <summary>The device and the slot alone in 32 bits, never 0: the form in descriptors and trees.</summary>
    public uint Key => (Slot << 5) | ((uint)Device << 1) | 1;

    /// <summary>Reads a key. The empty entry for 0.</summary>
    [Pure] public static SwapEntry FromKey(uint key) => key == 0 ? default : ForSlot((int)((key >> 1) & DeviceMask), key >> 5);

    /// <summary>Reads a page-table entry that is not present.</summary>
    [Pure] public static SwapEntry From(PageTableEntry entry) => new(entry.Word);

    /// <summary>The word to store in a page table.</summary>
    [Pure] public PageTableEntry ToPageTableEntry() => new(Word);

    /// <summary>The entry as text: <c>swap 0:1a</c>, <c>guard</c>.</summary>
    public override string ToString() => Kind switch
    {
        SwapEntryKind.None when IsNone => "never touched",
        SwapEntryKind.Swap => $"swap {Device}:{Slot:x}",
        SwapEntryKind.ProtectedSwap => $"swap {Device}:{Slot:x}, protected",
        SwapEntryKind.Marker when Marker == PageMarker.Guard => "guard",
        SwapEntryKind.Marker when Marker == PageMarker.Poison => "poison",
        SwapEntryKind.Marker when Marker == PageMarker.WriteProtected => "protected",
        _ => $"not an entry: {Word:x8}",
    };

    private static void ThrowDoesNotFit(int device, uint slot) =>
        throw new InvariantException($"P5: slot {slot:x} of swap device {device} does not fit into a page-table entry " +
            $"({DeviceCountMax} devices of {SlotCountMax:x} slots). SwapDevice limits its own length.");
}
