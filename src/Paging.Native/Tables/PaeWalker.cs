namespace Paging.Native.Tables;

//      CR3 ──► pointer table ──► directory ──────► page table ──────► frame
//              [31:30] of        [29:21] of        [20:12] of         [11:0] of
//              the address       the address       the address        the address
//
//              P? ── no ──► fault                  A set here even if the last level faults
//              reserved bits? ── fault with R      PS? ─ yes ─► 2 MB, no table
/// <summary>The walk under PAE.</summary>
/// <remarks><code>
/// Always holds    only the walkers and UserWalk set A and D; a word is stored only when a bit really changes
/// Cost            three loads that depend on each other, and up to two stores; no allocation
/// Hardware        Intel SDM 3A, 4.4; compared with QEMU's walker
/// Reserved        bits 36 to 62 of every present entry, 13 to 20 of a 2 MB entry, and NX where EFER.NXE is off
/// Pointer table   read at each walk. A processor reads it when CR3 is loaded, and refuses other reserved bits of it then; QEMU does not.
/// Beyond RAM      a table that lies beyond RAM reads as zero, in every build: its pages are not present
/// Free choice     A of the directory's entry on a walk that faults below it: set, as QEMU does; KVM does not
/// </code></remarks>
internal static class PaeWalker
{
    private const int EntryMask = 511;

    /// <summary>Translates one access, or returns the error code of its page fault.</summary>
    /// <param name="ram">Physical memory. A table that lies beyond it reads as zero: not present.</param>
    /// <param name="pointers">The frame that begins with the pointer table, as CR3 names it.</param>
    /// <param name="address">The address; it becomes CR2 if the walk fails.</param>
    /// <param name="kind">The kind of access.</param>
    /// <param name="mode">The privilege of the access.</param>
    /// <param name="writeProtect">CR0.WP: read-only pages bind the supervisor too.</param>
    /// <param name="noExecute">EFER.NXE: NX forbids fetches. Without it, NX is a reserved bit.</param>
    // SAFETY: WordAt returns null outside RAM, and null reads as zero; the indexes come from a 32-bit address.
    public static unsafe WalkResult Walk(PhysicalMemory ram, FrameNumber pointers, VirtualAddress address, AccessKind kind,
        ProcessorMode mode, bool writeProtect = true, bool noExecute = true)
    {
        ArgumentNullException.ThrowIfNull(ram);
        AccessKinds.Check(kind);
        PageFaultErrorCode asked = Walker.Ask(kind, mode, noExecute);
        ulong reserved = PaeDirectoryEntry.BeyondMask | (noExecute ? 0 : EntryBits.NoExecute);
        ulong pointer = ValueAt(WordAt(ram, pointers, (int)(address.Value >> 30)));
        if ((pointer & EntryBits.Present) == 0) return Walker.Fault(asked);
        if ((pointer & (reserved | EntryBits.NoExecute)) != 0) return FaultReserved(asked);

        ulong* upperWord = WordAt(ram, new PageDirectoryEntry(pointer).Table, (int)(address.Value >> 21) & EntryMask);
        PaeDirectoryEntry upper = new(ValueAt(upperWord));
        if (!upper.IsPresent) return Walker.Fault(asked);
        if ((upper.Word & reserved) != 0) return FaultReserved(asked);
        if (upper.IsLarge) return Use(upperWord, upper, upper.PieceAt((int)address.Page.Value & EntryMask), address, asked, writeProtect);

        if (!upper.IsAccessed) *upperWord |= EntryBits.Accessed;
        ulong* leafWord = WordAt(ram, upper.Table, (int)address.Page.Value & EntryMask);
        PageTableEntry leaf = new(ValueAt(leafWord));    // read after the store above: a directory may be its own table
        if (!leaf.IsPresent) return Walker.Fault(asked);
        if ((leaf.Word & reserved) != 0) return FaultReserved(asked);
        return Use(leafWord, upper, leaf, address, asked, writeProtect);
    }

    /// <summary>Walks to a page as a debugger does: checks no rights and sets no bit.</summary>
    /// <returns>The last entry and the rights of both levels; not succeeded where nothing is present, or for a page beyond 4 GiB.</returns>
    // SAFETY: as Walk; the page number has been compared with the size of the address space.
    public static unsafe WalkResult Peek(PhysicalMemory ram, FrameNumber pointers, PageNumber page)
    {
        ArgumentNullException.ThrowIfNull(ram);
        if (page.Value >= PageCount.AddressSpace.Value) return default;
        PageDirectoryEntry pointer = new(ValueAt(WordAt(ram, pointers, (int)(page.Value >> 18))));
        if (!pointer.IsPresent) return default;
        PaeDirectoryEntry upper = new(ValueAt(WordAt(ram, pointer.Table, (int)(page.Value >> 9) & EntryMask)));
        if (!upper.IsPresent) return default;
        int index = (int)page.Value & EntryMask;
        PageTableEntry leaf = upper.IsLarge ? upper.PieceAt(index) : new(ValueAt(WordAt(ram, upper.Table, index)));
        return leaf.IsPresent ? Found(leaf, upper, leaf.Frame.Address) : default;
    }

    // SAFETY: Walk has read the last entry through this word.
    private static unsafe WalkResult Use(
        ulong* word, PaeDirectoryEntry upper, PageTableEntry leaf, VirtualAddress address, PageFaultErrorCode asked, bool writeProtect)
    {
        if (upper is { IsLarge: true, HasReservedBits: true }) return FaultReserved(asked);
        bool isUser = upper.IsUser && leaf.IsUser, isWritable = upper.IsWritable && leaf.IsWritable;
        bool isFetched = Walker.Has(asked, PageFaultErrorCode.InstructionFetch);
        if (!Walker.Permits(isUser, isWritable, asked, writeProtect) || (isFetched && (upper.IsNoExecute || leaf.IsNoExecute)))
            return Walker.Fault(asked | PageFaultErrorCode.Protection);
        ulong bits = Walker.BitsSetBy(asked);
        if ((*word | bits) != *word) *word |= bits;
        return Found(new(leaf.Word | bits), upper, leaf.Frame.Address + (uint)address.OffsetInPage);
    }

    private static WalkResult Found(PageTableEntry leaf, PaeDirectoryEntry upper, PhysicalAddress physical) => new()
    {
        Succeeded = true,
        Physical = physical,
        Leaf = leaf,
        IsLargePage = upper.IsLarge,
        EffectiveWritable = upper.IsWritable && leaf.IsWritable,
        EffectiveUser = upper.IsUser && leaf.IsUser,
        EffectiveNoExecute = upper.IsNoExecute || leaf.IsNoExecute,
    };

    private static WalkResult FaultReserved(PageFaultErrorCode asked) =>
        Walker.Fault(asked | PageFaultErrorCode.Protection | PageFaultErrorCode.ReservedBit);

    /// <summary>Null where no RAM is fitted; reading there gives zero.</summary>
    // SAFETY: the frame is compared with the end of RAM; an index is below 512.
    private static unsafe ulong* WordAt(PhysicalMemory ram, FrameNumber frame, int index) =>
        frame.Value < ram.FrameCount.Value ? (ulong*)ram.HostAddress(frame) + index : null;

    // SAFETY: null, or WordAt has found it in RAM.
    private static unsafe ulong ValueAt(ulong* word) => word == null ? 0 : *word;
}
