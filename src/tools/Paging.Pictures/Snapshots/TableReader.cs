using Paging.Core;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>Copies the page tables of a process from RAM, of either format.</summary>
internal static class TableReader
{
    private const int SwapOffsetShift = 5;    // Documentation/admin-guide/mm/pagemap.rst: bits 5-54 swap offset if swapped
    private const ulong SwapOffsetMask = (1UL << 50) - 1;
    private const int PointerCount = 4;

    /// <summary>The frames of the page directories: one; under PAE those of the pointer table that cr3 names, four.</summary>
    public static IReadOnlyList<FrameNumber> DirectoriesOf(PagingEngine engine, AddressSpace memory)
    {
        if (engine.Options.Tables == TableFormat.Classic) return [memory.PrepareWalk()];
        uint[] pointers = engine.Ram.Words(memory.PrepareWalk()).ToArray();
        return [.. Enumerable.Range(0, PointerCount)
            .Select(index => new PageDirectoryEntry(TableWords.WordAt(pointers, TableFormat.Pae, index)).Table)];
    }

    /// <summary>The entries of the directories that are not zero, with the tables of the user half.</summary>
    public static List<TableView> Read(PagingEngine engine, AddressSpace memory, FrameView[] frames)
    {
        TableFormat format = engine.Options.Tables;
        List<TableView> tables = [];
        int first = 0;
        foreach (FrameNumber directory in DirectoriesOf(engine, memory))
        {
            ReadOnlySpan<uint> words = engine.Ram.Words(directory);
            int count = TableWords.CountIn(words.Length, format);
            for (int index = 0; index < count; index++)
            {
                PageDirectoryEntry upper = new(TableWords.WordAt(words, format, index));
                if (upper.Word != 0) tables.Add(ViewOf(engine, memory, first + index, upper, frames));
            }

            first += count;
        }

        return tables;
    }

    private static TableView ViewOf(PagingEngine engine, AddressSpace memory, int index, PageDirectoryEntry upper, FrameView[] frames)
    {
        TableFormat format = engine.Options.Tables;
        uint first = (uint)index * TableView.PageCountOf(format);
        bool hasTable = upper is { IsPresent: true, IsLarge: false } && (first < PageNumber.FirstKernel.Value || upper.IsUser);
        return new(format, index, upper, hasTable ? WordsOf(engine, memory, first, upper.Table, frames)
            : new TableWords(format, [], frames, null));
    }

    private static TableWords WordsOf(PagingEngine engine, AddressSpace memory, uint first, FrameNumber table, FrameView[] frames)
    {
        TableFormat format = engine.Options.Tables;
        uint[] words = engine.Ram.Words(table).ToArray();
        Dictionary<uint, (long? Slot, bool IsGuard)>? others = null;
        for (int index = 0; index < TableWords.CountIn(words.Length, format); index++)
        {
            PageTableEntry entry = new(TableWords.WordAt(words, format, index));
            if (entry.Word == 0 || entry.IsPresent) continue;
            PagemapWord word = memory.ReadPagemap(new(first + (uint)index));
            long? slot = word.IsSwapped && !word.IsGuard ? (long)((word.Word >> SwapOffsetShift) & SwapOffsetMask) : null;
            (others ??= []).Add((uint)index, (slot, word.IsGuard));
        }

        return new(format, words, frames, others);
    }
}
