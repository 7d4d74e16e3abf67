using System.Diagnostics;
using System.Diagnostics.Contracts;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Windows.Entries;

/// <summary>The kinds of words in page tables of Windows processes.</summary>
internal enum WindowsEntryKind
{
    /// <summary>All zero: the VAD decides.</summary>
    None,
    /// <summary>The processor can walk the entry, or could without its guard.</summary>
    Valid,
    /// <summary>Committed or decommitted, and without contents.</summary>
    DemandZero,
    /// <summary>The contents lie in a page file.</summary>
    PageFile,
    /// <summary>The contents are still in a frame, but the page is not in the working set.</summary>
    Transition,
    /// <summary>The section's prototype entry locates the contents.</summary>
    Prototype,
    /// <summary>A word that the engine never writes.</summary>
    Malformed,
}

//  31                            12 11  10   9       8   7   6   5   4       3   2   1   0
// ┌────────────────────────────────┬───────────────┬───┬───┬───┬───┬───────┬───┬───┬───┬───┐
// │          frame number          │ base of the   │ 0 │ 0 │ D │ A │  0    │ WC│ US│ RW│ 1 │  Valid: US = 0 with a base is a guard,
// │                                │ protection    │   │   │   │   │       │   │   │   │   │         without one no access
// ├────────────────────────────────┼───┬───┬───────┴───┴───┴───┴───┬───┴───┴───┴───┼───┤
// │               0                │ 0 │ 0 │      protection       │       0       │ 0 │      DemandZero
// ├────────────────────────────────┼───┼───┼───────────────────────┼───────────────┼───┤
// │     place in the file + 1      │ 0 │ 0 │      protection       │  page file    │ 0 │      PageFile: 16 of 4 GB
// ├────────────────────────────────┼───┼───┼───────────────────────┼───────────────┼───┤
// │          frame number          │ 1 │ 0 │      protection       │       0       │ 0 │      Transition
// ├────────────────────────────────┼───┼───┼───────────────────────┼───────────────┼───┤
// │            all ones            │ 0 │ 1 │      protection       │       0       │ 0 │      Prototype: look it up through the VAD
// └────────────────────────────────┴───┴───┴───────────────────────┴───────────────┴───┘
/// <summary>A page table entry of a Windows process: the hardware's form when present, the software forms when not.</summary>
/// <param name="Word">The 32 bits as they lie in the table.</param>
/// <remarks>
/// The forms that are not valid are those of Windows (MMPTE_SOFTWARE, MMPTE_TRANSITION, MMPTE_PROTOTYPE). A valid entry keeps the base of
/// its protection in the three bits that the processor ignores, where Windows keeps copy-on-write, prototype and software write, and looks
/// the protection up in the PFN entry or the working set. A guard page keeps its frame here, closed to user mode.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
internal readonly record struct WindowsEntry(uint Word)
{
    private const int FrameShift = 12, ProtectionShift = 5, BaseShift = 9, FileShift = 1;
    private const uint PresentBit = 1, WriteBit = 1 << 1, UserBit = 1 << 2, CombineBit = 1 << 3, AccessedBit = 1 << 5, DirtyBit = 1 << 6;
    private const uint PrototypeBit = 1 << 10, TransitionBit = 1 << 11, Everywhere = 0xFFFF_F000;
    private const uint ProtectionMask = 31, BaseMask = 7, FileMask = 15;

    /// <summary>The most slots of a page file that an entry can name: 4 GB less a page.</summary>
    public const uint SlotCountMax = (1 << 20) - 1;    // place 0 of file 0 would be the word of demand zero

    /// <summary>Nothing was ever done for the page.</summary>
    public bool IsZero => Word == 0;

    /// <summary>P is set.</summary>
    public bool IsValid => (Word & PresentBit) != 0;

    /// <summary>The form, decoded from P and from the bits that software uses.</summary>
    public WindowsEntryKind Kind
    {
        get
        {
            if (Word == 0) return WindowsEntryKind.None;
            if (IsValid) return WindowsEntryKind.Valid;
            uint high = Word & Everywhere, file = (Word >> FileShift) & FileMask;
            switch (Word & (PrototypeBit | TransitionBit))
            {
                case PrototypeBit: return high == Everywhere && file == 0 ? WindowsEntryKind.Prototype : WindowsEntryKind.Malformed;
                case TransitionBit: return high != 0 && file == 0 ? WindowsEntryKind.Transition : WindowsEntryKind.Malformed;
                case 0 when high == 0: return file == 0 ? WindowsEntryKind.DemandZero : WindowsEntryKind.Malformed;
                case 0: return WindowsEntryKind.PageFile;
                default: return WindowsEntryKind.Malformed;
            }
        }
    }

    /// <summary>The protection. Of no meaning for the zero word.</summary>
    public ProtectionCode Protection
    {
        get
        {
            if (!IsValid) return new((Word >> ProtectionShift) & ProtectionMask);
            uint @base = (Word >> BaseShift) & BaseMask;
            if (@base == 0) return ProtectionCode.NoAccess;
            ProtectionCode code = new(@base);
            return (Word & UserBit) == 0 ? code.WithGuard() : (Word & CombineBit) != 0 ? new(@base | 24) : code;
        }
    }

    /// <summary>The frame of a valid or transition entry.</summary>
    public FrameNumber Frame => new(Word >> FrameShift);

    /// <summary>The slot of a page file that the word names; the empty entry if it names none.</summary>
    public SwapEntry Slot => Kind == WindowsEntryKind.PageFile
        ? SwapEntry.ForSlot((int)((Word >> FileShift) & FileMask), (Word >> FrameShift) - 1)
        : default;

    /// <summary>The form that the page tables store. NX, in bit 63, is there where tables are those of PAE; others drop it.</summary>
    public PageTableEntry ToEntry() => IsValid && !Protection.AllowsExecute ? new(Word | (ulong)PageAccess.NoExecute) : new(Word);

    /// <summary>Reads a word of a page table.</summary>
    [Pure] public static WindowsEntry From(PageTableEntry entry) => new((uint)entry.Word);

    /// <summary>Committed, or decommitted, without contents.</summary>
    [Pure] public static WindowsEntry DemandZero(ProtectionCode protection) => new(protection.Value << ProtectionShift);

    /// <summary>A page in a page file.</summary>
    [Pure]
    public static WindowsEntry InPageFile(ProtectionCode protection, SwapEntry slot) =>
        new(((slot.Slot + 1) << FrameShift) | (protection.Value << ProtectionShift) | ((uint)slot.Device << FileShift));

    /// <summary>A page in a frame, outside the working set.</summary>
    [Pure]
    public static WindowsEntry InTransition(ProtectionCode protection, FrameNumber frame) =>
        new((frame.Value << FrameShift) | TransitionBit | (protection.Value << ProtectionShift));

    /// <summary>A page of a view with a protection of its own.</summary>
    [Pure]
    public static WindowsEntry OfPrototype(ProtectionCode protection) =>
        new(Everywhere | PrototypeBit | (protection.Value << ProtectionShift));

    /// <summary>A page in a frame. Neither accessed nor dirty.</summary>
    /// <param name="protection">The agreed protection.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="writable">True if the processor may write without a fault.</param>
    [Pure]
    public static WindowsEntry Valid(ProtectionCode protection, FrameNumber frame, bool writable)
    {
        bool isOpen = protection.Base != 0 && !protection.IsGuard;
        uint word = (frame.Value << FrameShift) | (protection.Base << BaseShift) | PresentBit;
        if (isOpen) word |= UserBit;
        if (isOpen && writable) word |= WriteBit;    // CR0.WP: the kernel's own stores fault as well
        return new(protection.IsWriteCombine ? word | CombineBit : word);
    }

    /// <summary>
    /// Another protection for a valid entry, A and D as they are. It is not writable until a write fault has been resolved.
    /// </summary>
    [Pure]
    public WindowsEntry WithProtection(ProtectionCode protection) =>
        new(Valid(protection, Frame, writable: false).Word | (Word & (AccessedBit | DirtyBit)));    // D may be the only note of a store

    /// <summary>This entry with A, as the access that faulted is about to happen; and with D and RW if it is a write.</summary>
    [Pure] public WindowsEntry Touched(bool isWrite) => new(Word | AccessedBit | (isWrite ? DirtyBit | WriteBit : 0));

    /// <summary>The entry's kind, and its frame or slot, as text.</summary>
    public override string ToString() => Kind switch
    {
        WindowsEntryKind.None => "none",
        WindowsEntryKind.PageFile => $"page file {Slot.Device}:{Slot.Slot:x} {Protection}",
        WindowsEntryKind.Valid or WindowsEntryKind.Transition => $"{Kind} {Frame.Value:x5} {Protection}",
        _ => $"{Kind} {Protection}",
    };
}
