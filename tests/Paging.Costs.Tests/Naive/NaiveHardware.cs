using Paging.Costs.Hardware;
using Paging.Native;

namespace Paging.Costs.Tests;

/// <summary>The translation hardware once more, by the manual alone: each TLB is asked about each access, nothing is remembered.</summary>
internal sealed class NaiveHardware(TranslationShape shape)
{
    private readonly (TlbShape Shape, NaiveArray<Cached> Array)[] _tlbs =
        [.. shape.Tlbs.Select(static tlb => (tlb, new NaiveArray<Cached>(tlb.Array)))];
    private readonly Dictionary<int, NaiveArray<bool>> _structures = StructuresOf(shape);
    private readonly NaiveArray<bool> _lines = new(shape.EntryLines);

    public long Accesses { get; private set; }

    public long FirstMisses { get; private set; }

    public long SecondHits { get; private set; }

    public long Walks { get; private set; }

    public long LargeWalks { get; private set; }

    public long RefusedWalks { get; private set; }

    public long DirtyWalks { get; private set; }

    public long EntryReads { get; private set; }

    public long LineMisses { get; private set; }

    public long EntriesSkipped { get; private set; }

    public TranslationOutcome Access(in ScriptTables tables, ulong page, AccessKind kind)
    {
        Accesses++;
        int shift = tables.Depth == TableDepth.Classic ? 10 : 9;
        foreach (int level in (int[])[1, 2])
        {
            foreach ((TlbShape _, NaiveArray<Cached> array) in Serving(level, kind))
            {
                if (!array.TryUse(page << 1, page, out Cached cached) && !array.TryUse((page >> shift << 1) | 1, page >> shift, out cached))
                    continue;
                if (kind == AccessKind.Write && !cached.IsWritable)
                {
                    Drop(page, shift);
                    break;
                }

                if (kind == AccessKind.Write && !cached.IsDirty)
                {
                    DirtyWalks++;
                    cached = Walk(tables, page, shift)!;
                    foreach ((TlbShape _, NaiveArray<Cached> other) in _tlbs)
                    {
                        ulong key = cached.IsLarge ? (page >> shift << 1) | 1 : page << 1;
                        other.TryUse(key, key >> 1, out Cached _);    // looking it up to change it is a use
                        other.Change(key, cached);
                    }
                }

                if (level == 1) return TranslationOutcome.First;
                SecondHits++;
                FirstMisses++;
                Fill(1, kind, page, shift, cached);
                return TranslationOutcome.Second;
            }
        }

        if (Walk(tables, page, shift) is not { } found)
        {
            RefusedWalks++;
            return TranslationOutcome.Refused;
        }

        FirstMisses++;
        Walks++;
        LargeWalks += found.IsLarge ? 1 : 0;
        Fill(2, kind, page, shift, found);
        Fill(1, kind, page, shift, found);
        return TranslationOutcome.Walked;
    }

    public void LoadCr3()
    {
        foreach ((TlbShape _, NaiveArray<Cached> array) in _tlbs) array.RemoveWhere(static (_, cached) => !cached.IsGlobal);
        foreach (NaiveArray<bool> structure in _structures.Values) structure.RemoveWhere(static (_, _) => true);
    }

    public void Invalidate(ulong page, int shift)
    {
        Drop(page, shift);
        foreach (NaiveArray<bool> structure in _structures.Values) structure.RemoveWhere(static (_, _) => true);
    }

    private static Dictionary<int, NaiveArray<bool>> StructuresOf(TranslationShape shape)
    {
        Dictionary<int, NaiveArray<bool>> structures = [];
        if (shape.DirectoryCache is { } directories) structures[2] = new(directories);
        if (shape.PointerCache is { } pointers) structures[3] = new(pointers);
        if (shape.TopCache is { } tops) structures[4] = new(tops);
        return structures;
    }

    private void Drop(ulong page, int shift)
    {
        foreach ((TlbShape _, NaiveArray<Cached> array) in _tlbs)
            array.RemoveWhere((key, _) => key == page << 1 || key == ((page >> shift << 1) | 1));
    }

    /// <summary>The TLBs of a level for a kind of access; the second level is the first one's if nothing else is.</summary>
    private IEnumerable<(TlbShape Shape, NaiveArray<Cached> Array)> Serving(int level, AccessKind kind) =>
        Made(1, kind).Any() ? Made(level, kind) : level == 1 ? Made(2, kind) : [];

    private IEnumerable<(TlbShape Shape, NaiveArray<Cached> Array)> Made(int level, AccessKind kind) => _tlbs.Where(tlb =>
        tlb.Shape.Level == level && tlb.Shape.Serves.HasFlag(kind switch
        {
            AccessKind.Fetch => ServedAccesses.Fetches,
            AccessKind.Write => ServedAccesses.Stores,
            _ => ServedAccesses.Loads,
        }));

    private void Fill(int level, AccessKind kind, ulong page, int shift, Cached cached)
    {
        foreach ((TlbShape tlb, NaiveArray<Cached> array) in Serving(level, kind))
        {
            if (!tlb.Holds.HasFlag(cached.IsLarge ? HeldPages.Large : HeldPages.Small)) continue;
            ulong number = cached.IsLarge ? page >> shift : page;
            array.Add((number << 1) | (cached.IsLarge ? 1u : 0u), number, cached);
        }
    }

    private Cached? Walk(in ScriptTables tables, ulong page, int shift)
    {
        int top = tables.Depth == TableDepth.Long ? 4 : 2, level = top;
        for (int cached = 2; cached <= top; cached++)
        {
            if (!_structures.TryGetValue(cached, out NaiveArray<bool>? structure)
                || !structure.TryUse(page >> (shift * (cached - 1)), page >> (shift * (cached - 1)), out _)) continue;
            level = cached - 1;
            EntriesSkipped += top - level;
            break;
        }

        for (; ; level--)
        {
            TableEntry entry = tables.Read(new(page), level);
            EntryReads++;
            if (!_lines.TryUse(entry.Line, entry.Line, out _))
            {
                LineMisses++;
                _lines.Add(entry.Line, entry.Line, true);
            }

            if (!entry.Has(EntryTraits.Present)) return null;
            if (entry.Has(EntryTraits.Leaf))
                return new(level == 2, entry.Has(EntryTraits.Global), entry.Has(EntryTraits.Writable), entry.Has(EntryTraits.Dirty));
            if (_structures.TryGetValue(level, out NaiveArray<bool>? structure))
                structure.Add(page >> (shift * (level - 1)), page >> (shift * (level - 1)), true);
        }
    }

    internal sealed record Cached(bool IsLarge, bool IsGlobal, bool IsWritable, bool IsDirty);
}
