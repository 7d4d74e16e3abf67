using System.Runtime.CompilerServices;
using Paging.Native.Translation;

namespace Paging.Native.Tables;

/// <summary>The loops over the touched entries of a range: find the next one, take each out, or make another one of each.</summary>
internal static class EntryRanges
{
    /// <inheritdoc cref="PageTables.TakeRange"/>
    public static void Take<TSink>(PageTables tables, PageRange range, ref TSink sink)
        where TSink : struct, IEntrySink, allows ref struct
    {
        if (tables.Huge.Count != 0) HugeRanges.Take(tables, range, ref sink);
        foreach (TablePart part in tables.PartsOf(range))
        {
            uint inTable = tables.Frames[part.Table].Private;
            if (inTable == 0) continue;
            tables.Cache.InvalidateRange(part.Pages);    // before a frame can be freed by the sink
            uint taken = part.Words.IsWide
                ? Take<TSink, WideEntries>(tables, part, inTable, ref sink)
                : Take<TSink, NarrowEntries>(tables, part, inTable, ref sink);
            tables.Frames[part.Table].Private -= taken;
        }
    }

    /// <summary>Takes the entries of one table, at most as many as it has: a sparse one is not read to its end.</summary>
    /// <returns>The number of entries taken.</returns>
    private static uint Take<TSink, TEntries>(PageTables tables, in TablePart part, uint inTable, ref TSink sink)
        where TSink : struct, IEntrySink, allows ref struct
        where TEntries : struct, IEntryWidth
    {
        EntryTable words = part.Words;
        int end = part.End;
        uint taken = 0;
        for (int index = part.Start; taken != inTable && (index = TEntries.NextTouched(words, index, end)) < end;)
        {
            PageTableEntry entry = new(TEntries.Read(words, index));
            bool mayBeEight = index % 8 == 0 && index + 8 <= end && tables.Journal is null;
            if (mayBeEight && TEntries.AreNeighbours(words, index) && sink.TryTakeEight(entry))
            {
                TEntries.ClearEight(words, index);
                taken += 8;
                index += 8;
                continue;
            }

            if (tables.Journal is { } journal) _ = journal.Note(part.PageAt(index), entry, default);
            TEntries.Write(words, index, 0);
            taken++;
            sink.Take(part.PageAt(index++), entry);
        }

        return taken;
    }

    /// <summary>Replaces every touched entry of a range by the result of a rule.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="range">The pages.</param>
    /// <param name="rule">Makes the new entries.</param>
    /// <param name="observes">
    /// True: the pages do not change (<see cref="TableUnits.Observe(PageNumber, EntrySlot, PageTableEntry)"/>).
    /// </param>
    public static void Rewrite<TRule>(PageTables tables, PageRange range, ref TRule rule, bool observes)
        where TRule : struct, IEntryRule, allows ref struct
    {
        using WindowBatch batch = new(tables.Cache);
        if (tables.Huge.Count != 0) HugeRanges.Rewrite(tables, range, ref rule, observes);
        foreach (TablePart part in tables.PartsOf(range))
        {
            EntryTable words = part.Words;
            int end = part.End;
            for (int index = part.Start; (index = words.NextTouched(index, end)) < end; index++)
            {
                PageNumber page = part.PageAt(index);
                PageTableEntry entry = rule.Rewrite(page, new(words[index]));
                if (observes) tables.Units.Observe(page, words.SlotAt(index), entry);
                else tables.Replace(page, words.SlotAt(index), entry);
            }
        }
    }

    /// <summary>The part of <see cref="PageTables.TryNextTouched"/> after the first page.</summary>
    public static bool SkipUntouched(PageTables tables, PageNumber from, PageNumber end, out PageNumber page, out PageTableEntry entry)
    {
        bool isInLeaf = tables.Huge.TryNext(from, end, out page, out entry);    // if nothing comes before it
        foreach (TablePart part in tables.PartsOf(from < page ? PageRange.Between(from, page) : default))
        {
            int index = part.Words.NextTouched(part.Start, part.End);
            if (index == part.End) continue;
            page = part.PageAt(index);
            entry = new(part.Words[index]);
            return true;
        }

        return isInLeaf;
    }

    /// <inheritdoc cref="PageTables.FillUntouched"/>
    public static uint FillUntouched<TSource>(PageTables tables, PageNumber first, in TSource source, Span<PageTableEntry> entries)
        where TSource : struct, IEntrySource, allows ref struct
    {
        int start = (int)first.Value & tables.EntryMask;
        bool isThere = tables.TryTable(first, out EntryTable words, out FrameNumber table);
        if (!isThere || entries.Length > tables.EntryMask + 1 - start)
        {
            entries.Clear();
            return 0;
        }

        uint stored = words.IsWide
            ? Fill<TSource, WideEntries>(tables, words, start, first, in source, entries)
            : Fill<TSource, NarrowEntries>(tables, words, start, first, in source, entries);
        tables.CountEntries(table, (int)stored);
        return stored;
    }

    // Not inlined: the loop needs all registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Fill<TSource, TEntries>(PageTables tables, EntryTable words, int start, PageNumber first, in TSource source,
        Span<PageTableEntry> entries)
        where TSource : struct, IEntrySource, allows ref struct
        where TEntries : struct, IEntryWidth
    {
        uint stored = 0;
        EntryJournal? journal = tables.Journal;
        TSource local = source;    // its fields are then in registers
        for (int i = 0; i < entries.Length; i++)
        {
            PageTableEntry entry = TEntries.Read(words, start + i) == 0 ? local.Make(i) : default;
            entries[i] = entry;
            if (entry.IsNeverTouched) continue;
            if (journal is not null) _ = journal.Note(first + new PageCount((uint)i), default, default);
            TEntries.Write(words, start + i, entry.Word);
            stored++;
        }

        return stored;
    }
}

/// <summary>The entries of a range of pages that are not zero, in order. Each step reads the tables as they are then.</summary>
internal struct TouchedEntries(PageTables tables, PageRange range)
{
    private PageNumber _next = range.First, _page;
    private PageTableEntry _entry;

    public readonly (PageNumber Page, PageTableEntry Entry) Current => (_page, _entry);

    public readonly TouchedEntries GetEnumerator() => this;

    public bool MoveNext()
    {
        bool isFound = tables.TryNextTouched(_next, range.End, out _page, out _entry);
        _next = _page + PageCount.One;
        return isFound;
    }
}
