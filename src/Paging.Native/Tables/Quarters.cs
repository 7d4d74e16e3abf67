using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

/// <summary>The frames of the four page directories of a PAE address space, one for each gigabyte.</summary>
[InlineArray(4)]
internal struct QuarterFrames
{
    private FrameNumber _first;
}

//   Directory (CR3)   │ 0 ● │ 1 ● │ 2 ● │ 3 ● │        the pointer table: four entries, in a frame of its own
//                       │     │     │     └──► directory of the kernel half
//                       └─────┴─────┴────────► directories of the user half, 512 entries each, made with the address space
/// <summary>The additions of PAE to <see cref="PageTables"/>: a pointer table, and four directories that live as long as it does.</summary>
/// <remarks>
/// The pointer table is read by a processor when CR3 is loaded, and never again (Intel SDM 3A, 4.4.1). So are the four frames here: entries
/// of it never change. Entries of the directories are numbered through, 0 to 2047. Linux: arch/x86/mm/pgtable.c preallocate_pmds.
/// </remarks>
internal static class Quarters
{
    private const int EntriesOfDirectory = 512;

    /// <summary>Gets the four directories, and makes the pointer table lead to them.</summary>
    /// <returns>False: no frame for one of them; those that were there are given back.</returns>
    // SAFETY: the pointer table is a frame of our own, which has room for four entries.
    public static unsafe bool TryAddQuarters(this PageTables tables, FrameNumber pointers)
    {
        for (int i = 0; i < 4; i++)
        {
            if (!tables.TryTakeDirectoryFrame(out FrameNumber directory))
            {
                while (--i >= 0) tables.ReturnTableFrame(tables.Quarters[i]);
                return false;
            }

            ref FrameDescriptor descriptor = ref tables.Frames[directory];
            descriptor.Owner = pointers.Value;
            descriptor.Index = uint.MaxValue;    // no entry of a directory leads to a directory
            tables.Quarters[i] = directory;
            ((ulong*)tables.Ram.HostAddress(pointers))[i] = PointerTo(directory);
        }

        return true;
    }

    extension(PageTables tables)
    {
        /// <summary>The frames that an address space has before it has a table: its directory, or a pointer table and four.</summary>
        public FrameCount DirectoryFrames => new(tables.IsWide ? 5u : 1);
    }

    /// <summary>Gives the four directories back.</summary>
    public static void ReturnQuarters(this PageTables tables)
    {
        for (int i = 0; i < 4; i++) tables.ReturnTableFrame(tables.Quarters[i]);
        tables.Quarters = default;
    }

    /// <summary>An entry of the pointer table: P and the frame. It has no rights, and neither A nor D.</summary>
    public static ulong PointerTo(FrameNumber directory) => ((ulong)directory.Value << VirtualAddress.PageShift) | EntryBits.Present;

    /// <summary>As <see cref="PageTables.SlotOf"/>.</summary>
    // SAFETY: as there; the page chooses one of 2048 entries of the directories.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe EntrySlot WideSlotOf(this PageTables tables, PageNumber page)
    {
        PageDirectoryEntry upper = new(tables.UpperSlot((int)(page.Value >> 9)).Word);
        return tables.IsTable(upper) ? new((ulong*)tables.Ram.HostAddress(upper.Table) + (page.Value & 511)) : tables.SlotOfLent(page);
    }

    /// <summary>As <see cref="PageTables.NextUpper"/>.</summary>
    // SAFETY: the directories are frames of our own; each is searched up to its own end.
    public static unsafe int NextInQuarters(this PageTables tables, int from, int end)
    {
        while (from < end)
        {
            int first = from & ~(EntriesOfDirectory - 1), stop = Math.Min(end, first + EntriesOfDirectory);
            EntryTable words = new(tables.Ram.HostAddress(tables.Quarters[from >> 9]), isWide: true);
            int found = first + words.NextTouched(from - first, stop - first);
            if (found < stop) return found;
            from = stop;
        }

        return end;
    }
}
