using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

//   Directory (CR3)   │ 0 ● │ 1 ● │ 2 ● │ 3 ● │        the pointer table: four entries, in a frame of its own
//                       │     │     │     └──► directory of the kernel half
//                       └─────┴─────┴────────► directories of the user half, 512 entries each, made with the address space
/// <summary>
/// The frames of the four page directories of a PAE address space, one for each gigabyte. They live as long as its pointer table.
/// </summary>
/// <remarks>
/// The pointer table is read by a processor when CR3 is loaded, and never again (Intel SDM 3A, 4.4.1). So are the four frames here: entries
/// of it never change. Entries of the directories are numbered through, 0 to 2047. Linux: arch/x86/mm/pgtable.c preallocate_pmds.
/// </remarks>
[InlineArray(4)]
internal struct QuarterFrames
{
    private const int EntriesEach = 512;

    private FrameNumber _first;

    /// <summary>Gets the four directories, and makes the pointer table lead to them.</summary>
    /// <returns>False: no frame for one of them; those that were there are given back.</returns>
    // SAFETY: the pointer table is a frame of our own, which has room for four entries.
    public unsafe bool TryAdd(PageTables tables, FrameNumber pointers)
    {
        for (int i = 0; i < 4; i++)
        {
            if (!tables.TryTakeDirectoryFrame(out FrameNumber directory))
            {
                while (--i >= 0) tables.ReturnTableFrame(this[i]);
                return false;
            }

            ref FrameDescriptor descriptor = ref tables.Frames[directory];
            descriptor.Owner = pointers.Value;
            descriptor.Index = uint.MaxValue;    // no entry of a directory leads to a directory
            this[i] = directory;
            ((ulong*)tables.Ram.HostAddress(pointers))[i] = PointerTo(directory);
        }

        return true;
    }

    /// <summary>Gives the four directories back.</summary>
    public void Return(PageTables tables)
    {
        for (int i = 0; i < 4; i++) tables.ReturnTableFrame(this[i]);
        this = default;
    }

    /// <summary>An entry of the pointer table: P and the frame. It has no rights, and neither A nor D.</summary>
    public static ulong PointerTo(FrameNumber directory) => ((ulong)directory.Value << VirtualAddress.PageShift) | EntryBits.Present;

    /// <summary>Same as <see cref="PageTables.NextUpper"/>.</summary>
    // SAFETY: the directories are frames of our own; each is searched up to its own end.
    public readonly unsafe int NextTouched(PhysicalMemory ram, int from, int end)
    {
        while (from < end)
        {
            int first = from & ~(EntriesEach - 1), stop = Math.Min(end, first + EntriesEach);
            EntryTable words = new(ram.HostAddress(this[from >> 9]), isWide: true);
            int found = first + words.NextTouched(from - first, stop - first);
            if (found < stop) return found;
            from = stop;
        }

        return end;
    }
}
