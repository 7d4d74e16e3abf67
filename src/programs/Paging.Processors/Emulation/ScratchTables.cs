using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Emulation;

//   classic   directory │ table │ table │ table │ table │ · │ · │ ·
//   PAE       pointers  │ directory 0 │ directory 1 │ directory 2 │ table │ table │ table │ table
/// <summary>Copies of the tables of a process in eight frames of the host, in which some entries lead elsewhere.</summary>
/// <remarks>A and D that an instruction has set in the copies of tables are returned to the tables of the process.</remarks>
internal sealed class ScratchTables(PagingEngine engine)
{
    public const int FrameOrder = 3, TableCountMax = 4;
    private const ulong Marks = 0x60, Present = 1, Writable = 2, OpenTable = 0x67, LargeBit = 0x80;    // A D; P; RW; P RW US A D; PS

    private readonly bool _isWide = engine.Options.Tables == TableFormat.Pae;
    private readonly List<uint> _tables = [];    // the number of the table, from 0 on through the address space, for each copy

    /// <summary>The first of the eight frames: the value that CR3 has to hold.</summary>
    public FrameNumber First { get; set; }

    private int Shift => _isWide ? 9 : 10;
    private uint IndexMask => (1u << Shift) - 1;

    /// <summary>Copies the upper levels of a process.</summary>
    public void Begin(FrameNumber directory)
    {
        _tables.Clear();
        engine.Ram.Words(directory).CopyTo(engine.Ram.Words(First));
        if (!_isWide) return;
        for (uint quarter = 0; quarter < 3; quarter++)
        {
            FrameNumber copy = First + new FrameCount(1 + quarter);
            ulong pointer = Get(First, quarter);
            if ((pointer & Present) == 0 || FrameOf(pointer).Value >= engine.Ram.FrameCount.Value) engine.Ram.Words(copy).Clear();
            else engine.Ram.Words(FrameOf(pointer)).CopyTo(engine.Ram.Words(copy));
            Set(First, quarter, copy.Address.Value | Present);
        }
    }

    /// <summary>Makes a page lead to another frame, in the copies.</summary>
    public void Show(PageNumber page, FrameNumber frame, ulong rights) =>
        Set(TableFor(page.Value >> Shift), page.Value & IndexMask, frame.Address.Value | rights);

    /// <summary>Returns the marks of the copies to the tables of the process.</summary>
    public void ReturnMarks(FrameNumber directory)
    {
        for (int i = 0; i < _tables.Count; i++)
        {
            if (!TryFindTable(directory, _tables[i], out FrameNumber real, out _)) continue;
            for (uint entry = 0; entry <= IndexMask; entry++)
            {
                ulong word = Get(real, entry), copy = Get(ScratchTable(i), entry);
                bool isSame = (word & Present) != 0 && ((word ^ copy) & ~(Marks | Writable)) == 0;
                if (isSame && (copy & Marks & ~word) != 0) Set(real, entry, word | (copy & Marks));
            }
        }
    }

    private FrameNumber ScratchTable(int index) => First + new FrameCount((_isWide ? 4u : 1) + (uint)index);

    private FrameNumber TableFor(uint number)
    {
        int at = _tables.IndexOf(number);
        if (at >= 0) return ScratchTable(at);
        bool hasTable = TryFindTable(First, number, out FrameNumber real, out bool isWritable);    // the upper levels are copies already
        _tables.Add(number);
        FrameNumber copy = ScratchTable(_tables.Count - 1);
        if (hasTable) engine.Ram.Words(real).CopyTo(engine.Ram.Words(copy));
        else engine.Ram.Words(copy).Clear();
        for (uint entry = 0; entry <= IndexMask && !isWritable; entry++)    // a table that a snapshot has closed
            if ((Get(copy, entry) & Present) != 0) Set(copy, entry, Get(copy, entry) & ~Writable);
        (FrameNumber upper, uint index) = UpperOf(First, number);
        Set(upper, index, copy.Address.Value | OpenTable);
        return copy;
    }

    private bool TryFindTable(FrameNumber directory, uint number, out FrameNumber table, out bool isWritable)
    {
        (FrameNumber upper, uint index) = UpperOf(directory, number);
        ulong word = upper.Value < engine.Ram.FrameCount.Value ? Get(upper, index) : 0;
        table = FrameOf(word);
        isWritable = (word & Writable) != 0;
        return (word & (Present | LargeBit)) == Present && table.Value < engine.Ram.FrameCount.Value;
    }

    /// <summary>The directory that leads to a table, and the index of the entry in it.</summary>
    private (FrameNumber Directory, uint Index) UpperOf(FrameNumber directory, uint number) =>
        _isWide ? (FrameOf(Get(directory, number >> 9)), number & 511) : (directory, number);

    private static FrameNumber FrameOf(ulong word) => new PageTableEntry(word).Frame;

    private ulong Get(FrameNumber frame, uint index)
    {
        Span<uint> words = engine.Ram.Words(frame);
        return _isWide ? MemoryMarshal.Cast<uint, ulong>(words)[(int)index] : words[(int)index];
    }

    private void Set(FrameNumber frame, uint index, ulong word)
    {
        Span<uint> words = engine.Ram.Words(frame);
        if (_isWide) MemoryMarshal.Cast<uint, ulong>(words)[(int)index] = word;
        else words[(int)index] = (uint)word;
    }
}
