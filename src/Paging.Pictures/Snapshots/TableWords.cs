using Paging.Native;

namespace Paging.Pictures;

/// <summary>The words of one page table as they were at a moment, and what is needed to tell what they mean.</summary>
/// <param name="words">1,024 words; or none, where there is no table.</param>
/// <param name="frames">The frames of the machine at the same moment.</param>
/// <param name="others">Of the words that are not zero and not present: their slot, and whether they are a guard.</param>
internal sealed class TableWords(uint[] words, FrameView[] frames, IReadOnlyDictionary<uint, (long? Slot, bool IsGuard)>? others)
{
    /// <summary>No table.</summary>
    public static TableWords None => new([], [], null);

    /// <summary>How many words are not zero.</summary>
    public int UsedCount { get; } = words.Length - words.AsSpan().Count(0u);

    /// <summary>The entries that are not zero of the pages from one on, before another; the table begins at a page.</summary>
    public IEnumerable<EntryView> Entries(PageNumber table, uint first, uint end)
    {
        for (uint page = Math.Max(first, table.Value); page < Math.Min(end, table.Value + (uint)words.Length); page++)
            if (words[page - table.Value] != 0) yield return EntryOf(table, new(page));
    }

    /// <summary>The entry of a page of a table that begins at another.</summary>
    public EntryView EntryOf(PageNumber table, PageNumber page)
    {
        uint index = page.Value - table.Value;
        PageTableEntry entry = new(index < words.Length ? words[index] : 0);
        if (entry.IsPresent) return new(page, entry, StateOf(entry), null, false);
        (long? slot, bool isGuard) = others?.GetValueOrDefault(index) ?? default;
        return new(page, entry, FrameState.Free, slot, isGuard);
    }

    private FrameState StateOf(PageTableEntry entry) =>
        entry.Frame.Value < frames.Length ? frames[entry.Frame.Value].State : FrameState.Free;
}
