using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>struct sysinfo of i386.</summary>
internal static class SystemInformationWords
{
    /// <summary>64 bytes.</summary>
    public const int Count = 16;    // 64 bytes, as the padding of struct sysinfo has it

    private const int UpTime = 0, TotalMemory = 4, FreeMemory = 5, SharedMemory = 6, TotalSwap = 8, FreeSwap = 9, Tasks = 10, Unit = 13;

    /// <summary>
    /// Fills the words, in bytes; in pages if RAM and swap together have more bytes than a word can count. Linux: do_sysinfo
    /// (kernel/sys.c).
    /// </summary>
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
        words[Tasks] = (uint)taskCount & 0xFFFF;    // procs is a 16-bit field
        words[Unit] = unit;
    }
}
