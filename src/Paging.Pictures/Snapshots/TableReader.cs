using Paging.Core;
using Paging.Native;

namespace Paging.Pictures;

/// <summary>Copies the page tables of a process from RAM.</summary>
internal static class TableReader
{
    private const int SwapOffsetShift = 5;    // Documentation/admin-guide/mm/pagemap.rst: bits 5-54 swap offset if swapped
    private const ulong SwapOffsetMask = (1UL << 50) - 1;

    /// <summary>The entries of the directory that are not zero, with the tables of the user half.</summary>
    public static List<TableView> Read(PagingEngine engine, AddressSpace memory, FrameView[] frames)
    {
        List<TableView> tables = [];
        ReadOnlySpan<uint> directory = engine.Ram.Words(memory.PageDirectory);
        for (int index = 0; index < directory.Length; index++)
        {
            PageDirectoryEntry upper = new(directory[index]);
            if (upper.Word == 0) continue;
            bool hasTable = upper is { IsPresent: true, IsLarge: false } && index < PageNumber.FirstKernel.DirectoryIndex;
            tables.Add(new(index, upper, hasTable ? WordsOf(engine, memory, (uint)index, upper.Table, frames) : TableWords.None));
        }

        return tables;
    }

    private static TableWords WordsOf(PagingEngine engine, AddressSpace memory, uint directoryIndex, FrameNumber table, FrameView[] frames)
    {
        uint[] words = engine.Ram.Words(table).ToArray();
        Dictionary<uint, (long? Slot, bool IsGuard)>? others = null;
        for (uint index = 0; index < words.Length; index++)
        {
            if (words[index] == 0 || new PageTableEntry(words[index]).IsPresent) continue;
            PagemapWord word = memory.ReadPagemap(new((directoryIndex * TableView.PageCountMax) + index));
            long? slot = word.IsSwapped && !word.IsGuard ? (long)((word.Word >> SwapOffsetShift) & SwapOffsetMask) : null;
            (others ??= []).Add(index, (slot, word.IsGuard));
        }

        return new(words, frames, others);
    }
}
