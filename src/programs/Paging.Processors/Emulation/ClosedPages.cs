using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Emulation;

//   before the library starts     P or RW is cleared in the entries of some pages ──► the library faults before an access to one
//   before any other code runs    the entries have their values again
/// <summary>Pages whose accesses the processor must not make by itself, since a debugger or the engine asks for them.</summary>
/// <remarks>
/// Reported pages are those with a watchpoint of the engine, or with a byte that a shadow may refuse (<see cref="Mmu.TryFindReported"/>).
/// An instruction that accesses one is executed as one that accesses a device (<see cref="DeviceSteps"/>): the <see cref="Mmu"/> makes its
/// loads and stores. Code in such a page runs instruction by instruction with the page open, so what it loads from and stores to its own
/// page is not reported.
/// Cost: a walk for each such page whenever the library starts; without one, a call.
/// </remarks>
internal sealed class ClosedPages(PagingEngine engine, UnicornMachine machine, MemoryCoherence memory)
{
    /// <summary>Bits of an entry that can be taken: P for all accesses, RW for stores.</summary>
    public const uint Present = 1, Writable = 2;

    private const uint Large = 0x80, AddressMask = 0xFFFF_F000;

    private readonly List<Entry> _closed = [];

    /// <summary>True: reported pages stay open, since a tracer receives every access with its instruction.</summary>
    public bool LeavesReported { get; set; }

    /// <summary>True if the process has reported pages, as of the last start.</summary>
    public bool HasReported { get; private set; }

    /// <summary>Returns true while the page is closed.</summary>
    public bool Has(PageNumber page)
    {
        foreach (Entry entry in _closed)
            if (entry.Page == page) return true;
        return false;
    }

    /// <summary>Closes a page of the process switched to, if it has one there, for all accesses or for stores.</summary>
    public void Close(PageNumber page, uint right)
    {
        if (!TryLocate(page, out FrameNumber frame, out int index)) return;
        uint taken = engine.Ram.Words(frame)[index] & right;
        if (taken == 0) return;
        engine.Ram.Words(frame)[index] &= ~taken;
        _closed.Add(new(page, frame, index, taken));
    }

    /// <summary>Closes the reported pages of the process switched to.</summary>
    /// <param name="eip">The next instruction.</param>
    /// <param name="leavesCode">True: the pages of that instruction stay open, as it runs alone.</param>
    public void CloseReported(uint eip, bool leavesCode)
    {
        HasReported = false;
        if (LeavesReported) return;
        PageNumber code = new VirtualAddress(eip).Page, next = new VirtualAddress(eip + (uint)BlockBudget.LongestInstruction).Page;
        for (PageNumber from = default; memory.Process!.Memory.Mmu.TryFindReported(from, out PageNumber page); from = page + PageCount.One)
        {
            HasReported = true;
            bool isOpen = leavesCode && (page == code || page == next);
            if (!isOpen) Close(page, Present);
        }
    }

    /// <summary>Makes the processor see what was closed. Called after the last page, before the library starts.</summary>
    public void Apply()
    {
        if (_closed.Count != 0) machine.FlushTranslations();
    }

    /// <summary>Restores the entries to the engine's values; A and D bits that the processor has set meanwhile stay.</summary>
    public void Open()
    {
        if (_closed.Count == 0) return;
        foreach (Entry entry in _closed) engine.Ram.Words(entry.Frame)[entry.Index] |= entry.Taken;
        _closed.Clear();
        machine.FlushTranslations();
    }

    /// <summary>Returns true if the page is reported, and the engine has nothing to resolve before the access.</summary>
    public bool IsReported(VirtualAddress address, PageFaultErrorCode code)
    {
        if (LeavesReported || !memory.Process!.Memory.Mmu.TryFindReported(address.Page, out PageNumber page) || page != address.Page)
            return false;
        WalkResult walk = memory.Peek(page);
        return walk.Succeeded && walk.EffectiveUser && (walk.EffectiveWritable || (code & PageFaultErrorCode.Write) == 0);
    }

    /// <summary>The word that holds P and RW of the last entry.</summary>
    private bool TryLocate(PageNumber page, out FrameNumber frame, out int index)
    {
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        int words = isWide ? 2 : 1, bits = isWide ? 9 : 10;
        frame = memory.Process!.Memory.PrepareWalk();
        index = 0;
        for (int shift = isWide ? 18 : 10; shift >= 0; shift -= bits)
        {
            index = (int)((page.Value >> shift) & ((1u << bits) - 1)) * words;
            uint word = engine.Ram.Words(frame)[index];
            if ((word & Present) == 0) return false;
            if (shift == 0 || (word & Large) != 0 && shift != 18) return true;
            frame = new((word & AddressMask) >> 12);
            if (frame.Value >= engine.Ram.FrameCount.Value) return false;
        }

        return false;
    }

    private readonly record struct Entry(PageNumber Page, FrameNumber Frame, int Index, uint Taken);
}
