using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>Views of page tables that another system has made, such as those in an image of its memory.</summary>
/// <remarks>Tables know entries and frames only. Areas, names and the use of a frame are not there: all frames are drawn alike.
/// Physical addresses have 36 bits, as an engine's.</remarks>
public static class ForeignSpace
{
    private const int TableByteLength = 4096, PointerCount = 4;

    /// <summary>Copies the tables of one address space, also the kernel's.</summary>
    /// <param name="name">Its name in captions.</param>
    /// <param name="format">The format of its tables.</param>
    /// <param name="cr3">The physical address of the directory, under PAE of the table of pointers.</param>
    /// <param name="read">Reads physical memory; bytes that are not there become zeros.</param>
    public static SpaceView Take(string name, TableFormat format, PhysicalAddress cr3, Action<PhysicalAddress, Span<byte>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        List<FrameNumber> directories = [];
        if (format == TableFormat.Classic) directories.Add(FrameOf(cr3));
        else
        {
            ulong[] pointers = new ulong[PointerCount];
            read(new(cr3.Value & ~0x1Ful), MemoryMarshal.AsBytes(pointers.AsSpan()));
            directories.AddRange(pointers.Select(static word => new PageDirectoryEntry(word))
                .Select(static pointer => pointer.IsPresent ? pointer.Table : default));
        }

        List<TableView> tables = [];
        int first = 0;
        foreach (FrameNumber directory in directories)
        {
            uint[] words = WordsAt(directory, read);
            int count = TableWords.CountIn(words.Length, format);
            for (int index = 0; directory != default && index < count; index++)
            {
                PageDirectoryEntry upper = new(TableWords.WordAt(words, format, index));
                if (!upper.IsPresent) continue;
                uint[] below = upper.IsLarge ? [] : WordsAt(upper.Table, read);
                tables.Add(new(format, first + index, upper, new(format, below, [], null, FrameState.Anonymous)) { IsForeign = true });
            }

            first += count;
        }

        return new() { Name = name, Tables = tables, Directory = FrameOf(cr3), Directories = directories, Format = format };
    }

    private static FrameNumber FrameOf(PhysicalAddress address) => new((uint)(address.Value >> VirtualAddress.PageShift));

    private static uint[] WordsAt(FrameNumber frame, Action<PhysicalAddress, Span<byte>> read)
    {
        uint[] words = new uint[TableByteLength / sizeof(uint)];
        read(new((ulong)frame.Value << VirtualAddress.PageShift), MemoryMarshal.AsBytes(words.AsSpan()));
        return words;
    }
}
