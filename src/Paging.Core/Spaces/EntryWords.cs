using System.Diagnostics.Contracts;
using System.Runtime.CompilerServices;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Spaces;

/// <summary>The page table entries that Core writes, and the meaning of their software bits.</summary>
/// <remarks>
/// Bit 9, exclusive: an anonymous page that no other process can map, so it may be made writable without reading its descriptor.
/// Fork clears it together with RW on both sides (Linux: PageAnonExclusive). A read-only first touch maps frame 0, the zero page.
/// Bit 10, soft-dirty: written since clear_refs last cleared it (Linux: _PAGE_SOFT_DIRTY). Counts only in areas that are soft-clean.
/// Bit 63, NX: the area may not be executed. Only PAE tables have it.
/// Bit 11, special: the frame is not counted, and does not belong to a page of the engine (Linux: _PAGE_SPECIAL).
/// Bit 7, protected: the next write is reported to a userfaultfd (Linux: _PAGE_UFFD_WP). The processor calls it PAT; alone it chooses the
/// fifth memory type of IA32_PAT, which is write-back at reset, as the first is (Intel SDM 3A, 11.12).
/// As in Linux, new entries are accessed, and dirty if made for a write, since the access that faulted is about to happen.
/// </remarks>
internal static class EntryWords
{
    private const ulong ZeroPageBits = EntryBits.Present | EntryBits.User | EntryBits.Accessed | EntryBits.Software3;
    private const ulong OwnBits = EntryBits.Present | EntryBits.User | EntryBits.Accessed | EntryBits.Dirty
        | EntryBits.Software1 | EntryBits.Software2;

    /// <summary>The frame of zeros that reads of untouched anonymous memory see. It is reserved, never counted and never written.</summary>
    public static FrameNumber ZeroFrame => default;

    // Its frame number is 0, so no bits are set for it.
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry ZeroPage(AreaFlags flags) => new(ZeroPageBits | NoExecuteOf(flags));

    /// <summary>The zero page's entry for a slot.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry ZeroPage(AreaFlags flags, EntrySlot slot) =>
        new(slot.IsWide ? ZeroPageBits | NoExecuteOf(flags) : ZeroPageBits);

    /// <summary>NX (bit 63) for an area without VM_EXEC (bit 2). Classic tables have no room for it. Linux: protection_map.</summary>
    [Pure] public static ulong NoExecuteOf(AreaFlags flags) => (ulong)(~(uint)flags & (uint)AreaFlags.Execute) << 61;

    /// <summary>NX for an entry of this slot. A fault in classic tables skips the work.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong NoExecuteOf(AreaFlags flags, EntrySlot slot) => slot.IsWide ? NoExecuteOf(flags) : 0;

    /// <summary>The same entry, with NX set or cleared as the area's rights require. Linux: pte_modify.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry WithFetch(PageTableEntry entry, AreaFlags flags) =>
        new(entry.WithoutNoExecute().Word | NoExecuteOf(flags));

    /// <summary>The entry of a private page: accessed, dirty, exclusive and soft-dirty.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry Own(FrameNumber frame, AreaFlags flags, bool writable)
    {
        ulong bits = writable ? OwnBits | EntryBits.Writable : OwnBits;
        return new(bits | ((ulong)frame.Value << VirtualAddress.PageShift) | NoExecuteOf(flags));
    }

    /// <summary>The entry of a private page that is being written, for a slot: as above, and writable.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry OwnWritable(FrameNumber frame, AreaFlags flags, EntrySlot slot) =>
        new(OwnBits | EntryBits.Writable | ((ulong)frame.Value << VirtualAddress.PageShift) | NoExecuteOf(flags, slot));

    /// <summary>The entry of a page of the page cache.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry Cached(FrameNumber frame, AreaFlags flags, bool writable, bool written)
    {
        ulong bits = EntryBits.Present | EntryBits.User | EntryBits.Accessed;
        if (writable) bits |= EntryBits.Writable;
        if (written) bits |= EntryBits.Dirty | EntryBits.Software2;
        return new(bits | ((ulong)frame.Value << VirtualAddress.PageShift) | NoExecuteOf(flags));
    }

    /// <summary>The entry of a page of the host's frames or memory.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageTableEntry OfHost(FrameNumber frame, AreaFlags flags, bool writable, bool written) =>
        Cached(frame, flags, writable, written).WithSoftware3();

    /// <summary>
    /// True for an entry whose frame is not counted: the zero page's, or a page of the host's frames. Linux: pte_special.
    /// </summary>
    [Pure]
    public static bool IsSpecial(PageTableEntry entry) =>
        (entry.Word & (EntryBits.Present | EntryBits.Software3)) == (EntryBits.Present | EntryBits.Software3);

    /// <summary>True for an entry that maps a page of an image: special, but not the zero page's (ProcessImage).</summary>
    [Pure]
    public static bool IsImagePage(PageTableEntry entry, FrameTable frames) =>
        IsSpecial(entry) && entry.Frame != ZeroFrame && frames.IsReserved(entry.Frame);

    [Pure] public static bool IsZeroPage(PageTableEntry entry) => entry.IsPresent && entry.Frame == ZeroFrame;

    /// <summary>The entry of a page that is about to be written: writable, dirty, accessed and soft-dirty. Linux: pte_mkdirty.</summary>
    [Pure] public static PageTableEntry Written(PageTableEntry entry) => entry.WithWritable().WithDirty().WithAccessed().WithSoftware2();

    /// <summary>True for a present page whose next write is reported. Linux: pte_uffd_wp.</summary>
    [Pure] public static bool IsProtected(PageTableEntry entry) => entry is { IsPresent: true, IsAttribute: true };

    /// <summary>
    /// The same entry with its next write reported: present, a swap entry, or empty, which becomes a marker. Linux: pte_mkuffd_wp.
    /// </summary>
    [Pure]
    public static PageTableEntry Protected(PageTableEntry entry)
    {
        if (entry.IsPresent) return entry.WithAttribute().WithoutWritable();    // E8: the next write must fault
        SwapEntry swapped = SwapEntry.From(entry);
        if (swapped.IsSwap) return swapped.WithProtection().ToPageTableEntry();
        return swapped.IsNone ? ProtectionMarker : entry;    // guards and poison refuse every access anyway
    }

    /// <summary>
    /// The same entry without the protection. It stays read-only until a write fault makes it writable. Linux: pte_clear_uffd_wp.
    /// </summary>
    [Pure]
    public static PageTableEntry Unprotected(PageTableEntry entry) =>
        entry.IsPresent ? entry.WithoutAttribute() : SwapEntry.From(entry).WithoutProtection().ToPageTableEntry();

    /// <summary>The entry of a missing page whose first write is reported. Linux: PTE_MARKER_UFFD_WP.</summary>
    [Pure] public static PageTableEntry ProtectionMarker => SwapEntry.ForMarker(PageMarker.WriteProtected).ToPageTableEntry();

    /// <summary>True if the entry, present or not, is protected. Linux: pte_uffd_wp, pte_swp_uffd_wp_any.</summary>
    [Pure]
    public static bool HasProtection(PageTableEntry entry) =>
        entry.IsPresent ? entry.IsAttribute : SwapEntry.From(entry).IsProtected;

    [Pure] public static bool IsSoftDirty(PageTableEntry entry) => entry.Software2;

    /// <summary>True for a private page, in the swap cache or not. Linux: folio_test_anon.</summary>
    [Pure] public static bool IsOwnPage(in FrameDescriptor descriptor) => descriptor.State is FrameState.Anonymous or FrameState.SwapCache;

    /// <summary>
    /// Marks a page of shared memory dirty if the entry that is being removed has the dirty bit. Linux: try_to_unmap_one.
    /// </summary>
    /// <remarks>The pages of other files were marked when they became writable (E5).</remarks>
    public static void KeepDirty(PageTableEntry entry, ref FrameDescriptor descriptor)
    {
        if (entry.IsDirty && descriptor is { State: FrameState.PageCache, Kind: (byte)ResidentKind.Shared })
            descriptor.Flags |= PageFlags.Dirty;
    }

    [Pure] public static bool IsExclusive(PageTableEntry entry) => entry.Software1;
}
