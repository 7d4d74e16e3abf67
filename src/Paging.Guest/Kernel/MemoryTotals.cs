using Paging.Core;
using Paging.Core.Accounting;
using Paging.Core.Files;
using Paging.Native;

namespace Paging.Guest;

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
        return new(new(total), new(engine.Parts.Machine.Allocator.FreeFrames.Value), new(shared), new((uint)swap), new((uint)(swap - engine.Parts.Files.Swap.UsedSlots)));
    }
}

/// <summary>struct sysinfo of i386.</summary>
internal static class SystemInformationWords
{
    /// <summary>64 bytes.</summary>
    public const int Count = 16;

    private const int UpTime = 0, TotalMemory = 4, FreeMemory = 5, SharedMemory = 6, TotalSwap = 8, FreeSwap = 9, Tasks = 10, Unit = 13;

    /// <summary>In bytes; in pages where RAM and swap together have more bytes than a word can count. Linux: do_sysinfo (kernel/sys.c).</summary>
    public static void Fill(Span<uint> words, in MemoryTotals totals, long upNanoseconds, int taskCount)
    {
        uint unit = totals.Total.Bytes + totals.Swap.Bytes > uint.MaxValue ? (uint)new PageCount(1).Bytes : 1;
        words[..Count].Clear();
        words[UpTime] = (uint)(upNanoseconds / TimeWords.Second);
        words[TotalMemory] = (uint)(totals.Total.Bytes / unit);
        words[FreeMemory] = (uint)(totals.Free.Bytes / unit);
        words[SharedMemory] = (uint)(totals.Shared.Bytes / unit);
        words[TotalSwap] = (uint)(totals.Swap.Bytes / unit);
        words[FreeSwap] = (uint)(totals.FreeSwap.Bytes / unit);
        words[Tasks] = (uint)taskCount & 0xFFFF;
        words[Unit] = unit;
    }
}
