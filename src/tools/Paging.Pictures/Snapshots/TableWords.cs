using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>The words of one page table at one moment, with the state that decoding them takes.</summary>
/// <param name="format">The format of the entries.</param>
/// <param name="words">1,024 words, which are 1,024 entries or, under PAE, 512; or none, where there is no table.</param>
/// <param name="frames">The frames of the machine at the same moment.</param>
/// <param name="others">Of the entries that are not zero and not present: their slot, and whether they are a guard.</param>
/// <param name="beyond">The state of frames that <paramref name="frames"/> does not have.</param>
internal sealed class TableWords(TableFormat format, uint[] words, FrameView[] frames,
    IReadOnlyDictionary<uint, (long? Slot, bool IsGuard)>? others, FrameState beyond = FrameState.Free)
{
    /// <summary>The number of entries that are not zero.</summary>
    public int UsedCount { get; } = format == TableFormat.Classic
        ? words.Length - words.AsSpan().Count(0u)
        : (words.Length / 2) - MemoryMarshal.Cast<uint, ulong>(words).Count(0UL);

    private uint Count { get; } = (uint)CountIn(words.Length, format);

    /// <summary>The number of entries in that many 32-bit words.</summary>
    public static int CountIn(int wordCount, TableFormat format) => format == TableFormat.Classic ? wordCount : wordCount / 2;

    /// <summary>An entry of a table or directory. Of the classic format the upper half is zero.</summary>
    public static ulong WordAt(ReadOnlySpan<uint> words, TableFormat format, int index) =>
        format == TableFormat.Classic ? words[index] : words[2 * index] | ((ulong)words[(2 * index) + 1] << 32);

    /// <summary>The entries that are not zero of the pages from one on, before another; the table begins at a page.</summary>
    public IEnumerable<EntryView> Entries(PageNumber table, uint first, uint end)
    {
        for (uint page = Math.Max(first, table.Value); page < Math.Min(end, table.Value + Count); page++)
            if (WordAt(words, format, (int)(page - table.Value)) != 0) yield return EntryOf(table, new(page));
    }

    /// <summary>The entry of a page of a table that begins at another.</summary>
    public EntryView EntryOf(PageNumber table, PageNumber page)
    {
        uint index = page.Value - table.Value;
        PageTableEntry entry = new(index < Count ? WordAt(words, format, (int)index) : 0);
        if (entry.IsPresent) return ViewOf(page, entry);
        (long? slot, bool isGuard) = others?.GetValueOrDefault(index) ?? default;
        return new(page, entry, FrameState.Free, slot, isGuard);
    }

    /// <summary>A present entry of a page, with the state of its frame.</summary>
    public EntryView ViewOf(PageNumber page, PageTableEntry entry) => new(page, entry,
        entry.Frame.Value < frames.Length ? frames[entry.Frame.Value].State : beyond, null, false);
}
