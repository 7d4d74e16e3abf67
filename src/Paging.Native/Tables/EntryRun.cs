using System.Runtime.InteropServices;

namespace Paging.Native.Tables;

/// <summary>Entries of one table whose frames follow each other, or that are all the same.</summary>
/// <param name="Start">The index of the first one.</param>
/// <param name="Count">The number of entries, at least one.</param>
/// <param name="First">The first one.</param>
/// <param name="IsSame">True if all are the same.</param>
internal readonly record struct EntryRun(int Start, int Count, PageTableEntry First, bool IsSame)
{
    /// <summary>The index after the last one.</summary>
    public int End => Start + Count;

    /// <summary>The entry at an index of the table.</summary>
    public PageTableEntry EntryAt(int index) =>
        IsSame ? First : new(First.Word + ((ulong)(uint)(index - Start) << VirtualAddress.PageShift));

    /// <summary>Writes the entries into the words of a table.</summary>
    public void Fill(Span<byte> words, bool isWide)
    {
        ulong word = First.Word, step = IsSame ? 0 : 1ul << VirtualAddress.PageShift;
        if (isWide) foreach (ref ulong one in MemoryMarshal.Cast<byte, ulong>(words).Slice(Start, Count)) word = (one = word) + step;
        else foreach (ref uint one in MemoryMarshal.Cast<byte, uint>(words).Slice(Start, Count)) word = (one = (uint)word) + step;
    }

    /// <summary>Finds the runs of a table. Entries that are zero are in none.</summary>
    public static EntryRun[] Of(ReadOnlySpan<byte> words, bool isWide)
    {
        List<EntryRun> runs = [];
        int count = words.Length / (isWide ? sizeof(ulong) : sizeof(uint));
        for (int i = 0; i < count;)
        {
            PageTableEntry first = At(words, isWide, i);
            if (first.IsNeverTouched)
            {
                i++;
                continue;
            }

            EntryRun run = new(i, 1, first, i + 1 < count && At(words, isWide, i + 1) == first);
            while (run.End < count && At(words, isWide, run.End) == run.EntryAt(run.End)) run = run with { Count = run.Count + 1 };
            runs.Add(run);
            i = run.End;
        }

        return [.. runs];
    }

    private static PageTableEntry At(ReadOnlySpan<byte> words, bool isWide, int index) =>
        new(isWide ? BitConverter.ToUInt64(words[(index * sizeof(ulong))..]) : BitConverter.ToUInt32(words[(index * sizeof(uint))..]));
}
