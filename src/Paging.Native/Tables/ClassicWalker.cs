namespace Paging.Native.Tables;

//      CR3 ──► directory ──────► page table ──────► frame
//              [31:22] of        [21:12] of         [11:0] of
//              the address       the address        the address
//
//              P? ── no ──► fault                    A set here even if the next level faults
//              PS? ─ yes ─► 4 MB, one level only     A, and D by a write, only when the access goes ahead
/// <summary>The walk without PAE.</summary>
/// <remarks><code>
/// Always holds    only the walker and UserWalk set A and D; a word is stored only when a bit really changes
/// Cost            two loads that depend on each other, and up to two stores; no allocation
/// Hardware        Intel SDM 3A, 4.3; compared with QEMU's and KVM's walkers
/// Beyond RAM      a table that lies beyond RAM reads as zero, in every build: its pages are not present
/// Free choice     A of the directory's entry on a walk that faults below it: set, as QEMU does; KVM does not
/// </code></remarks>
internal static class ClassicWalker
{
    /// <summary>Translates one access, or returns the error code of its page fault.</summary>
    /// <param name="ram">Physical memory. A table that lies beyond it reads as zero: not present.</param>
    /// <param name="directory">The frame of the page directory, as CR3 names it.</param>
    /// <param name="address">The address; it becomes CR2 if the walk fails.</param>
    /// <param name="kind">The kind of access.</param>
    /// <param name="mode">The privilege of the access.</param>
    /// <param name="writeProtect">CR0.WP: read-only pages bind the supervisor too.</param>
    /// <param name="pageSizeExtensions">CR4.PSE: the directory may map 4 MB in one piece. Without it, PS is ignored.</param>
    // SAFETY: WordAt returns null outside RAM, and null reads as zero; both indexes come from a 32-bit address.
    public static unsafe WalkResult Walk(PhysicalMemory ram, FrameNumber directory, VirtualAddress address, AccessKind kind,
        ProcessorMode mode, bool writeProtect = true, bool pageSizeExtensions = true)
    {
        ArgumentNullException.ThrowIfNull(ram);
        AccessKinds.Check(kind);
        PageFaultErrorCode asked = Walker.Ask(kind, mode, noExecute: false);
        uint* upperWord = WordAt(ram, directory, address.Page.DirectoryIndex);
        PageDirectoryEntry upper = new(upperWord == null ? 0 : *upperWord);
        if (!upper.IsPresent) return Walker.Fault(asked);
        if (upper.IsLarge && pageSizeExtensions) return WalkLarge(upperWord, upper, address, asked, writeProtect);

        if (!upper.IsAccessed) *upperWord = (uint)upper.WithAccessed().Word;
        uint* leafWord = WordAt(ram, upper.Table, address.Page.TableIndex);
        PageTableEntry leaf = new(leafWord == null ? 0 : *leafWord);    // read after the store above: a directory may be its own table
        if (!leaf.IsPresent) return Walker.Fault(asked);

        bool isUser = upper.IsUser && leaf.IsUser, isWritable = upper.IsWritable && leaf.IsWritable;
        if (!Walker.Permits(isUser, isWritable, asked, writeProtect)) return Walker.Fault(asked | PageFaultErrorCode.Protection);
        PageTableEntry used = new(leaf.Word | Walker.BitsSetBy(asked));
        if (used != leaf) *leafWord = (uint)used.Word;
        return new()
        {
            Succeeded = true,
            Physical = new(used.FrameByteOffset | (uint)address.OffsetInPage),
            Leaf = used,
            EffectiveWritable = isWritable,
            EffectiveUser = isUser,
        };
    }

    /// <summary>Walks to a page as a debugger does: checks no rights and sets no bit.</summary>
    /// <returns>The last entry and the rights of both levels; not succeeded where nothing is present, or for a page beyond 4 GiB.</returns>
    // SAFETY: as Walk; the page number has been compared with the size of the address space.
    public static unsafe WalkResult Peek(PhysicalMemory ram, FrameNumber directory, PageNumber page)
    {
        ArgumentNullException.ThrowIfNull(ram);
        if (page.Value >= PageCount.AddressSpace.Value) return default;
        uint* upperWord = WordAt(ram, directory, page.DirectoryIndex);
        PageDirectoryEntry upper = new(upperWord == null ? 0 : *upperWord);
        if (!upper.IsPresent) return default;
        uint* leafWord = upper.IsLarge ? null : WordAt(ram, upper.Table, page.TableIndex);
        PageTableEntry leaf = upper.IsLarge ? upper.PieceAt(page.TableIndex) : new(leafWord == null ? 0 : *leafWord);
        if (!leaf.IsPresent) return default;
        return new()
        {
            Succeeded = true,
            Physical = leaf.Frame.Address,
            Leaf = leaf,
            IsLargePage = upper.IsLarge,
            EffectiveWritable = upper.IsWritable && leaf.IsWritable,
            EffectiveUser = upper.IsUser && leaf.IsUser,
        };
    }

    // SAFETY: Walk has read the entry through this word.
    private static unsafe WalkResult WalkLarge(uint* word, PageDirectoryEntry entry, VirtualAddress address, PageFaultErrorCode asked,
        bool writeProtect)
    {
        if (entry.HasReservedBits) return Walker.Fault(asked | PageFaultErrorCode.Protection | PageFaultErrorCode.ReservedBit);
        if (!Walker.Permits(entry.IsUser, entry.IsWritable, asked, writeProtect))
            return Walker.Fault(asked | PageFaultErrorCode.Protection);
        PageDirectoryEntry used = new(entry.Word | Walker.BitsSetBy(asked));
        if (used != entry) *word = (uint)used.Word;
        PageTableEntry piece = used.PieceAt(address.Page.TableIndex);
        return new()
        {
            Succeeded = true,
            Physical = new(piece.FrameByteOffset | (uint)address.OffsetInPage),
            Leaf = piece,
            IsLargePage = true,
            EffectiveWritable = entry.IsWritable,
            EffectiveUser = entry.IsUser,
        };
    }

    /// <summary>Null where no RAM is fitted; reading there gives zero.</summary>
    // SAFETY: the frame is compared with the end of RAM; an index is below 1024.
    private static unsafe uint* WordAt(PhysicalMemory ram, FrameNumber frame, int index) =>
        frame.Value < ram.FrameCount.Value ? (uint*)ram.HostAddress(frame) + index : null;
}
