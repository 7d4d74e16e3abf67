using Paging.Core;
using Paging.Core.Swap;
using Paging.Guest.Machine;
using Paging.Guest.Syscalls;
using Paging.Native;
using Paging.Reports;

namespace Paging.Guest.Tests;

/// <summary>sysinfo(2): the machine's totals, from the engine and as words for the program.</summary>
public sealed class MemoryTotalsTests
{
    private const int TotalMemory = 4, FreeMemory = 5, TotalSwap = 8, FreeSwap = 9, Tasks = 10, Unit = 13;
    private const uint PagesOfFourGibibytes = 1 << 20;

    [Fact]
    public void TheyAgreeWithMeminfo()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20 });
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), -2, out _));
        using UserProcess process = engine.CreateProcess("shared");
        Assert.Equal(Errno.None,
            process.Memory.Map(default, 5 * 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Anonymous, out VirtualAddress at));
        Assert.Equal(3 * 4096, process.Memory.Mmu.CopyIn(at, new byte[3 * 4096], out _));
        MemoryTotals totals = MemoryTotals.Of(engine);
        Dictionary<string, ulong> lines = engine.FormatMeminfo().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(static words => words[0], static words => ulong.Parse(words[1]) << 10, StringComparer.Ordinal);
        Assert.Equal(lines["MemTotal"], totals.Total.Bytes);
        Assert.Equal(lines["MemFree"], totals.Free.Bytes);
        Assert.Equal(lines["Shmem"], totals.Shared.Bytes);
        Assert.Equal(3UL * 4096, totals.Shared.Bytes);
        Assert.Equal(lines["SwapTotal"], totals.Swap.Bytes);
        Assert.Equal(lines["SwapFree"], totals.FreeSwap.Bytes);
    }

    [Fact]
    public void FourGibibytesOfSwapAreCountedInPages()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20 });
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new MemorySwapStore(1UL << 32), -2, out _));
        Span<uint> words = stackalloc uint[SystemInformationWords.Count];
        SystemInformationWords.Fill(words, MemoryTotals.Of(engine), upNanoseconds: 0, taskCount: 1);
        Assert.Equal(4096u, words[Unit]);
        Assert.InRange((ulong)words[TotalSwap] * words[Unit], (1UL << 32) - (1 << 20), 1UL << 32);
        Assert.InRange((ulong)words[TotalMemory] * words[Unit], 15UL << 20, 16UL << 20);
    }

    [Theory]
    [InlineData(0x4_0000u, 0x4_0000u, 1u)]                              // 1 GiB each: bytes
    [InlineData(0x8_0000u, 0x7_FFFFu, 1u)]                              // one page below 4 GiB together
    [InlineData(0x8_0000u, 0x8_0000u, 4096u)]                           // 4 GiB together: one byte too many for a word
    [InlineData(0x1000u, PagesOfFourGibibytes * 8, 4096u)]              // 32 GiB of swap
    public void TheUnitIsAPageWhereBytesDoNotFit(uint memory, uint swap, uint unit)
    {
        Span<uint> words = stackalloc uint[SystemInformationWords.Count];
        MemoryTotals totals = new(new(memory), new(memory / 2), default, new(swap), new(swap - 1));
        SystemInformationWords.Fill(words, totals, upNanoseconds: 0, taskCount: 70_000);
        Assert.Equal(unit, words[Unit]);
        Assert.Equal((ulong)memory * 4096, (ulong)words[TotalMemory] * unit);
        Assert.Equal((ulong)(memory / 2) * 4096, (ulong)words[FreeMemory] * unit);
        Assert.Equal((ulong)swap * 4096, (ulong)words[TotalSwap] * unit);
        Assert.Equal((ulong)(swap - 1) * 4096, (ulong)words[FreeSwap] * unit);
        Assert.Equal(70_000u & 0xFFFF, words[Tasks]);
    }
}
