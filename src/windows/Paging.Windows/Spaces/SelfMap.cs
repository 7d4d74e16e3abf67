using System.Buffers.Binary;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Windows.Spaces;

//              Classic                                  Pae
//  C0000000  ┌─ the PTE of page 0: 4 bytes a page      C0000000  ┌─ the PTE of page 0: 8 bytes a page
//            │  … 4 MB: the tables of all 4 GB                   │  … 8 MB
//  C0300000  ├─ the directory: its PDE 768 is itself   C0600000  ├─ the 4 directories
//  C0301000  └─                                        C0604000  └─
/// <summary>The page tables of a process as programs see them at 0xC0000000: the addresses and the values of entries.</summary>
/// <remarks>
/// In Windows one directory entry leads to the directory itself, so that the processor's own walk makes the tables memory. Here the upper
/// quarter of every directory belongs to the engine's kernel, so addresses of the map are read through instead: the words are those
/// that the processor walks. Windows: MiAddressToPte, MiAddressToPde. Linux has no such map.
/// </remarks>
public static class SelfMap
{
    private const uint Start = 0xC000_0000, ClassicDirectory = 0xC030_0000, PaeDirectory = 0xC060_0000;    // PTE_BASE, PDE_BASE of i386

    /// <summary>The address of the PTE of a page. The PTE of the page in which that lies is the page's PDE.</summary>
    public static VirtualAddress AddressOfEntry(TableFormat format, PageNumber page) =>
        new(Start + (page.Value << EntryShift(format)));

    /// <summary>The length of the map, in bytes from 0xC0000000.</summary>
    public static uint ByteLength(TableFormat format) => 1u << (20 + EntryShift(format));

    /// <summary>Reads four bytes of the map. Returns false for an address outside of it, or in a table that does not exist.</summary>
    internal static bool TryRead(PageTables tables, VirtualAddress address, out uint word)
    {
        word = 0;
        uint offset = address.Value - Start;    // wraps to a large number below the map
        if (offset >= ByteLength(tables.Format) || (offset & 3) != 0) return false;
        uint page = offset >> EntryShift(tables.Format);
        uint directoryFirst = (tables.Format == TableFormat.Pae ? PaeDirectory : ClassicDirectory) - Start;
        uint directoryEnd = directoryFirst + (tables.Format == TableFormat.Pae ? 4u << 12 : 1u << 12);
        Span<byte> bytes = stackalloc byte[8];
        if (offset >= directoryFirst && offset < directoryEnd)
        {
            int index = (int)((offset - directoryFirst) >> EntryShift(tables.Format));
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, tables.ReadUpper(index).Word);
        }
        else
        {
            if (!tables.IsTable(tables.ReadUpper(tables.IndexOf(new(page))))) return false;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, tables.Read(new(page)).Word);
        }

        word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)(offset & ((1u << EntryShift(tables.Format)) - 1))..]);
        return true;
    }

    // Entries of 8 and of 4 bytes
    private static int EntryShift(TableFormat format) => format == TableFormat.Pae ? 3 : 2;
}
