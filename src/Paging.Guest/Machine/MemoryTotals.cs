using Paging.Core;
using Paging.Core.Accounting;
using Paging.Core.Files;
using Paging.Native;

namespace Paging.Guest.Machine;

/// <summary>The machine's memory as a whole, in pages. Linux: si_meminfo, si_swapinfo.</summary>
/// <param name="Total">RAM, without what the machine itself has reserved.</param>
/// <param name="Free">Frames that hold nothing.</param>
/// <param name="Shared">Resident pages of shared memory.</param>
/// <param name="Swap">All swap devices together.</param>
/// <param name="FreeSwap">Slots of them that hold nothing.</param>
internal readonly record struct MemoryTotals(PageCount Total, PageCount Free, PageCount Shared, PageCount Swap, PageCount FreeSwap)
{
    /// <summary>Cost: O(file objects).</summary>
    public static MemoryTotals Of(PagingEngine engine)
    {
        uint total = engine.Parts.Machine.Frames.Count.Value - engine.Parts.Machine.Frames.CountOf(FrameState.Reserved).Value;
        uint shared = 0;
        foreach (FileObject file in engine.Parts.Files.OpenFiles.Objects)
        {
            if (file.IsMemory) shared += (uint)file.Pages.Count;
        }

        long swap = engine.Parts.Machine.Commitment.SwapPages;
        return new(new(total), new(engine.Parts.Machine.Allocator.FreeFrames.Value), new(shared), new((uint)swap),
            new((uint)(swap - engine.Parts.Files.Swap.UsedSlots)));
    }
}
