using Paging.Core;
using Paging.Native;

namespace Paging.Pictures;

/// <summary>Reads the page tables of a process from RAM.</summary>
internal static class TableReader
{
    private const int SwapOffsetShift = 5;    // Documentation/admin-guide/mm/pagemap.rst: bits 5-54 swap offset if swapped
    private const ulong SwapOffsetMask = (1UL << 50) - 1;

    /// <summary>The entries of the directory that are not zero, with the tables of the user half.</summary>
    public static List<TableView> Read(PagingEngine engine, AddressSpace memory)
    {
        List<TableView> tables = [];
        ReadOnlySpan<uint> directory = engine.Ram.Words(memory.PageDirectory);
        for (int index = 0; index < directory.Length; index++)
        {
            PageDirectoryEntry upper = new(directory[index]);
            if (upper.Word == 0) continue;
            bool hasTable = upper is { IsPresent: true, IsLarge: false } && index < PageNumber.FirstKernel.DirectoryIndex;
            tables.Add(new(index, upper, hasTable ? EntriesOf(engine, memory, index, upper.Table) : []));
        }

        return tables;
    }

    private static FrameState StateOf(PagingEngine engine, PageTableEntry entry) =>
        entry.IsPresent && entry.Frame.Value < engine.Ram.FrameCount.Value ? engine.DescribeFrame(entry.Frame).State : FrameState.Free;

    private static List<EntryView> EntriesOf(PagingEngine engine, AddressSpace memory, int directoryIndex, FrameNumber table)
    {
        List<EntryView> entries = [];
        ReadOnlySpan<uint> words = engine.Ram.Words(table);
        for (int index = 0; index < words.Length; index++)
        {
            if (words[index] == 0) continue;
            PageNumber page = new(((uint)directoryIndex << 10) + (uint)index);
            PageTableEntry entry = new(words[index]);
            PagemapWord word = entry.IsPresent ? default : memory.ReadPagemap(page);
            long? slot = word.IsSwapped && !word.IsGuard ? (long)((word.Word >> SwapOffsetShift) & SwapOffsetMask) : null;
            entries.Add(new(page, entry, StateOf(engine, entry), slot, word.IsGuard));
        }

        return entries;
    }
}
