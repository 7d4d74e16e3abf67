using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>A and D that an instruction has set in copies of tables reach the tables of the process; nothing else of a copy does.</summary>
public sealed class ScratchTablesTests
{
    private const ulong Accessed = 0x20, Dirty = 0x40, Writable = 2;

    private static readonly PageNumber First = new(0x400);

    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void EachMarkOfACopyIsReturned(TableFormat format)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20, Tables = format });
        UserProcess process = engine.CreateProcess("copied");
        Assert.Equal(Errno.None, process.Memory.Map(First.Address, 8 * 4096, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        Assert.Equal(8 * 4096, process.Memory.Mmu.CopyIn(First.Address, new byte[8 * 4096], out _));
        FrameNumber directory = process.Memory.PrepareWalk(), real = TableOf(engine, directory);
        for (uint page = 0; page < 8; page++) Set(engine, real, page, Get(engine, real, page) & ~(Accessed | Dirty));
        Assert.True(engine.Frames.TryTakeLow(ScratchTables.FrameOrder, out FrameNumber frames));
        ScratchTables scratch = new(engine) { First = frames };
        scratch.Begin(directory);
        scratch.Show(First + new PageCount(100), new FrameNumber(0xFFFFC), 0x27);
        FrameNumber copy = TableOf(engine, frames);
        Assert.NotEqual(real, copy);

        ulong[] before = [.. Enumerable.Range(0, 101).Select(page => Get(engine, real, (uint)page))];
        for (uint page = 0; page < 8; page++) Assert.Equal(before[page], Get(engine, copy, page));
        ulong[] marks = [0, Accessed, Dirty, Accessed | Dirty];
        for (uint page = 0; page < 4; page++) Set(engine, copy, page, before[page] | marks[page]);
        Set(engine, copy, 4, (before[4] & ~Writable) | Accessed);    // a table that a snapshot has closed is copied without RW
        Set(engine, copy, 5, (before[5] ^ 0x1000) | Dirty);          // another frame: not this page
        Set(engine, copy, 6, 0);
        scratch.ReturnMarks(directory);
        for (uint page = 0; page < 4; page++) Assert.Equal(before[page] | marks[page], Get(engine, real, page));
        Assert.Equal(before[4] | Accessed, Get(engine, real, 4));
        for (uint page = 5; page <= 100; page++) Assert.Equal(before[page], Get(engine, real, page));
    }

    private static FrameNumber TableOf(PagingEngine engine, FrameNumber directory)
    {
        if (engine.Options.Tables == TableFormat.Classic) return FrameOf(Get(engine, directory, First.Value >> 10));
        FrameNumber quarter = FrameOf(Get(engine, directory, First.Value >> 18));
        return FrameOf(Get(engine, quarter, (First.Value >> 9) & 511));
    }

    private static FrameNumber FrameOf(ulong word) => new PageTableEntry(word).Frame;

    private static ulong Get(PagingEngine engine, FrameNumber frame, uint index) => engine.Options.Tables == TableFormat.Pae
        ? MemoryMarshal.Cast<uint, ulong>(engine.Ram.Words(frame))[(int)index]
        : engine.Ram.Words(frame)[(int)index];

    private static void Set(PagingEngine engine, FrameNumber frame, uint index, ulong word)
    {
        if (engine.Options.Tables == TableFormat.Pae) MemoryMarshal.Cast<uint, ulong>(engine.Ram.Words(frame))[(int)index] = word;
        else engine.Ram.Words(frame)[(int)index] = (uint)word;
    }
}
