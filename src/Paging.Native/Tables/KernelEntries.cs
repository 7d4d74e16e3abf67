using System.Diagnostics.CodeAnalysis;
using Paging.Native.Diagnostics;

namespace Paging.Native.Tables;

//   classic   │ 0 … 767   user half │ 768 … 1023     kernel half │      one directory
//   PAE       │ 0 … 1535  user half │ 1536 … 2047    kernel half │      all of the fourth directory
/// <summary>The entries of a directory for the kernel half, which is the same in each address space.</summary>
internal static class KernelEntries
{
    /// <summary>Sets one of these entries.</summary>
    /// <param name="tables">The address space.</param>
    /// <param name="index">768 to 1023, or 1536 to 2047 under PAE.</param>
    /// <param name="entry">The entry, closed to user mode.</param>
    public static void SetKernelEntry(this PageTables tables, int index, PageDirectoryEntry entry)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, FirstIn(tables));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, EndIn(tables));
        if (Check.Cheap && !tables.HasDirectory) TableFrames.ThrowNotBegun();
        if (entry.IsUser) ThrowOpen(entry);
        tables.StoreUpper(index, entry);
    }

    /// <summary>Sets as many of these entries as are given, from the first one on. Cost: a store each.</summary>
    // SAFETY: the entries are in one directory, a frame of our own, and their number has been compared with its room.
    public static unsafe void SetKernelEntries(this PageTables tables, ReadOnlySpan<PageDirectoryEntry> entries)
    {
        int first = FirstIn(tables);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries.Length, EndIn(tables) - first, nameof(entries));
        if (Check.Cheap && !tables.HasDirectory) TableFrames.ThrowNotBegun();
        FrameNumber directory = tables.IsWide ? tables.Quarters[3] : tables.Directory;
        EntryTable words = new(tables.Ram.HostAddress(directory), tables.IsWide);
        if (tables.IsWide) first = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].IsUser) ThrowOpen(entries[i]);
            words[first + i] = entries[i].Word;
        }
    }

    private static int FirstIn(PageTables tables) => tables.IndexOf(PageNumber.FirstKernel);

    private static int EndIn(PageTables tables) => tables.IndexOf(new(PageCount.AddressSpace.Value - 1)) + 1;

    [DoesNotReturn]
    private static void ThrowOpen(PageDirectoryEntry entry) =>
        throw new ArgumentException($"P6: the kernel half is closed to user mode, but the entry is {entry}.", nameof(entry));
}
