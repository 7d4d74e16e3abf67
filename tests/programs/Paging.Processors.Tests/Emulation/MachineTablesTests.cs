using Paging.Core;
using Paging.Native;
using Paging.Processors.Emulation;
using Xunit;

namespace Paging.Processors.Tests;

/// <summary>The directory in which the supervisor sees all of RAM, read as a processor walks it.</summary>
public sealed class MachineTablesTests
{
    /// <summary>Each frame is mapped at <see cref="MachineTables.SupervisorAddressOf"/>. Intel SDM 3A, 4.3 and 4.4.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void EachFrameIsSeenAtItsPlace(TableFormat format)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20, Tables = format, RequestHostHugePages = false });
        using MachineTables tables = new(engine);
        uint[] frames =
        [
            0, 1, 511, 512, 513, 1023, 1024, 1535, 1536, 2047, 4096, 4608, 0x3_FFFF, 0x4_0000, 0x4_0200, 0xB_FE00,
            0xC_0000, 0xC_0200, 0xC_0400, 0xC_0600, 0xF_FE00, 0xF_FFFF
        ];
        foreach (uint frame in frames)
        {
            VirtualAddress at = MachineTables.SupervisorAddressOf(new(frame));
            Assert.Equal(frame, format == TableFormat.Pae ? WalkWide(engine, tables, at) : Walk(engine, tables, at));
        }
    }

    private static uint Walk(PagingEngine engine, MachineTables tables, VirtualAddress at)
    {
        ulong entry = engine.Ram.Words(tables.SupervisorDirectory)[(int)(at.Value >> 22)];
        Assert.Equal(0x83ul, entry & 0x87);    // present, writable, the supervisor's, large
        return (uint)(entry >> 22 << 10) + ((at.Value >> 12) & 0x3FF);
    }

    private static uint WalkWide(PagingEngine engine, MachineTables tables, VirtualAddress at)
    {
        ulong pointer = WideWord(engine, tables.SupervisorDirectory, at.Value >> 30);
        Assert.Equal(1ul, pointer & 0xFFF);
        ulong entry = WideWord(engine, new((uint)(pointer >> 12)), (at.Value >> 21) & 0x1FF);
        Assert.Equal(0x83ul, entry & 0x87);
        Assert.Equal(0ul, entry & 0x1F_E000);    // reserved
        return (uint)(entry >> 21 << 9) + ((at.Value >> 12) & 0x1FF);
    }

    private static ulong WideWord(PagingEngine engine, FrameNumber frame, uint index)
    {
        Span<uint> words = engine.Ram.Words(frame);
        return words[(int)index * 2] | ((ulong)words[((int)index * 2) + 1] << 32);
    }
}
