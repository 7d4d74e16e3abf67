using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Machine;

/// <summary>The machine's memory as a whole, in pages. Linux: si_meminfo, si_swapinfo.</summary>
/// <param name="Total">RAM, without the machine's reserved frames.</param>
/// <param name="Free">Free frames.</param>
/// <param name="Shared">Resident pages of shared memory.</param>
/// <param name="Swap">All swap devices together.</param>
/// <param name="FreeSwap">Their free slots.</param>
internal readonly record struct MemoryTotals(PageCount Total, PageCount Free, PageCount Shared, PageCount Swap, PageCount FreeSwap)
{
    /// <summary>Cost: O(frames).</summary>
    public static MemoryTotals Of(PagingEngine engine)
    {
        MachineMemory memory = engine.Memory;
        return new(Pages(memory.Total), Pages(memory.Free), Pages(memory.Shared), new((uint)memory.SwapTotal), new((uint)memory.SwapFree));
    }

    private static PageCount Pages(FrameCount frames) => new(frames.Value);
}
