namespace Paging.ReferenceModel.Costs;

/// <summary>The kinds of access that TLBs tell apart.</summary>
internal enum ModelAccess
{
    /// <summary>A load.</summary>
    Load,

    /// <summary>A store.</summary>
    Store,

    /// <summary>A fetch of an instruction.</summary>
    Fetch,
}

/// <summary>One TLB.</summary>
/// <param name="Level">1 or 2.</param>
/// <param name="Serves">The kinds that use it.</param>
/// <param name="HoldsSmall">It holds pages of 4 KB.</param>
/// <param name="HoldsLarge">It holds large ones.</param>
/// <param name="Array">Its size.</param>
internal sealed record ModelTlb(int Level, IReadOnlyList<ModelAccess> Serves, bool HoldsSmall, bool HoldsLarge, ModelArrayShape Array);

/// <summary>The translation hardware of a processor.</summary>
/// <param name="Tlbs">The TLBs.</param>
/// <param name="Structures">The paging-structure caches, by the level of their entries: 2, 3, 4.</param>
/// <param name="Lines">The lines through which walks read.</param>
/// <param name="Levels">The levels of the tables that lie in memory.</param>
/// <param name="LevelBits">The bits of an address that a level decides.</param>
internal sealed record ModelHardwareShape(IReadOnlyList<ModelTlb> Tlbs, IReadOnlyDictionary<int, ModelArrayShape> Structures,
    ModelArrayShape Lines, int Levels, int LevelBits);

/// <summary>An entry of a page table.</summary>
/// <param name="Line">The line of 64 bytes that it lies in.</param>
/// <param name="IsPresent">P.</param>
/// <param name="IsLeaf">It maps a page.</param>
/// <param name="IsWritable">RW.</param>
/// <param name="IsDirty">D.</param>
/// <param name="IsGlobal">G.</param>
/// <param name="Frame">The frame.</param>
internal readonly record struct ModelEntry(
    ulong Line, bool IsPresent, bool IsLeaf, bool IsWritable, bool IsDirty, bool IsGlobal, ulong Frame);

/// <summary>Reads the entry for a page at a level; the levels above have led to it.</summary>
internal delegate ModelEntry ModelTables(ulong page, int level);

/// <summary>The outcome of an access.</summary>
internal enum ModelOutcome
{
    /// <summary>The first TLB had it.</summary>
    First,

    /// <summary>The second had it.</summary>
    Second,

    /// <summary>A walk found it.</summary>
    Walked,

    /// <summary>No table has it.</summary>
    Refused,
}

/// <summary>TLBs, paging-structure caches and walks by the manual alone: each TLB is asked about each access.</summary>
/// <remarks>Intel SDM volume 3A, 4.8 and 4.10; the table of rules in docs/COSTS.md.</remarks>
/// <param name="shape">Its parts.</param>
internal sealed class ModelHardware(ModelHardwareShape shape)
{
    private readonly (ModelTlb Shape, ModelArray<Cached> Array)[] _tlbs =
        [.. shape.Tlbs.Select(static tlb => (tlb, new ModelArray<Cached>(tlb.Array)))];
    private readonly Dictionary<int, ModelArray<bool>> _structures =
        shape.Structures.ToDictionary(static one => one.Key, static one => new ModelArray<bool>(one.Value));
    private readonly ModelArray<bool> _lines = new(shape.Lines);

    /// <summary>The accesses, by kind.</summary>
    public Dictionary<ModelAccess, long> Accesses { get; } = [];

    /// <summary>The misses of the first TLB, by kind and by whether the page is large.</summary>
    public Dictionary<(ModelAccess Kind, bool IsLarge), long> FirstMisses { get; } = [];

    /// <summary>The walks with a translation.</summary>
    public Dictionary<(ModelAccess Kind, bool IsLarge), long> Walks { get; } = [];

    /// <summary>The hits of the second level.</summary>
    public long SecondHits { get; private set; }

    /// <summary>The walks without a translation.</summary>
    public long RefusedWalks { get; private set; }

    /// <summary>The walks that set D.</summary>
    public long DirtyWalks { get; private set; }

    /// <summary>The entries that walks read.</summary>
    public long EntryReads { get; private set; }

    /// <summary>Of them, those from memory.</summary>
    public long LineMisses { get; private set; }

    /// <summary>The entries that walks did not read.</summary>
    public long EntriesSkipped { get; private set; }

    /// <summary>The loads of CR3.</summary>
    public long Cr3Loads { get; private set; }

    /// <summary>The INVLPG instructions.</summary>
    public long Invalidations { get; private set; }

    /// <summary>The interrupts from other processors.</summary>
    public long Shootdowns { get; set; }

    /// <summary>Translates an access.</summary>
    public ModelOutcome Access(ModelTables tables, ulong page, ModelAccess kind)
    {
        CountIn(Accesses, kind);
        foreach (int level in (int[])[1, 2])
        {
            if (Look(level, kind, page) is not { } cached) continue;
            if (kind == ModelAccess.Store && !cached.IsWritable)
            {
                Drop(page);    // the fault that made it writable did
                break;
            }

            if (kind == ModelAccess.Store && !cached.IsDirty) cached = WalkForDirty(tables, page);
            if (level == 1) return ModelOutcome.First;
            SecondHits++;
            CountIn(FirstMisses, (kind, cached.IsLarge));
            Fill(1, kind, page, cached);
            return ModelOutcome.Second;
        }

        if (Walk(tables, page) is not { } found || (kind == ModelAccess.Store && !found.IsWritable))
        {
            RefusedWalks++;
            return ModelOutcome.Refused;
        }

        CountIn(FirstMisses, (kind, found.IsLarge));
        CountIn(Walks, (kind, found.IsLarge));
        Fill(2, kind, page, found);
        Fill(1, kind, page, found);
        return ModelOutcome.Walked;
    }

    /// <summary>Counts an access to a page that the TLB had.</summary>
    public void CountHit(ModelAccess kind) => CountIn(Accesses, kind);

    /// <summary>Walks before a page fault.</summary>
    public void Refuse(ModelTables tables, ulong page)
    {
        RefusedWalks++;
        Walk(tables, page);
    }

    /// <summary>Loads CR3.</summary>
    public void LoadCr3()
    {
        Cr3Loads++;
        foreach ((ModelTlb _, ModelArray<Cached> array) in _tlbs) array.RemoveWhere(static (_, cached) => !cached.IsGlobal);
        DropStructures();
    }

    /// <summary>INVLPG.</summary>
    public void Invalidate(ulong page)
    {
        Invalidations++;
        Forget(page);
    }

    /// <summary>Drops the translation of a page that has been unmapped and mapped again since.</summary>
    public void Forget(ulong page)
    {
        Drop(page);
        DropStructures();
    }

    /// <summary>Empties the paging-structure caches.</summary>
    public void DropStructures()
    {
        foreach (ModelArray<bool> structure in _structures.Values) structure.RemoveWhere(static (_, _) => true);
    }

    /// <summary>The first pages of cached translations that the tables do not have any more, or not with as many rights.</summary>
    public IReadOnlyList<ulong> Stale(ModelTables tables)
    {
        SortedSet<ulong> stale = [];
        foreach ((ModelTlb _, ModelArray<Cached> array) in _tlbs)
        {
            foreach ((ulong key, Cached cached) in array.All)
            {
                ulong page = cached.IsLarge ? key >> 1 << shape.LevelBits : key >> 1;
                (ModelEntry leaf, bool isLarge) = LeafOf(tables, page);
                bool isThere = leaf is { IsPresent: true, IsLeaf: true } && isLarge == cached.IsLarge && leaf.Frame == cached.Frame;
                if (!isThere || (cached.IsWritable && !leaf.IsWritable)) stale.Add(page);
            }
        }

        return [.. stale];
    }

    /// <summary>The entry at which the tables end for a page, and whether it is above the lowest level. Counts nothing.</summary>
    public (ModelEntry Entry, bool IsLarge) LeafOf(ModelTables tables, ulong page)
    {
        for (int level = shape.Levels; ; level--)
        {
            ModelEntry entry = tables(page, level);
            if (level == 1 || !entry.IsPresent || entry.IsLeaf) return (entry, level > 1);
        }
    }

    private static void CountIn<TKey>(Dictionary<TKey, long> counts, TKey key) where TKey : notnull =>
        counts[key] = counts.GetValueOrDefault(key) + 1;

    private static ulong SmallKey(ulong page) => page << 1;

    private ulong LargeKey(ulong page) => (page >> shape.LevelBits << 1) | 1;

    /// <summary>The TLBs of a level for a kind of access. Where none is a first level for it, the second one is.</summary>
    private IEnumerable<(ModelTlb Shape, ModelArray<Cached> Array)> Serving(int level, ModelAccess kind)
    {
        int first = _tlbs.Any(tlb => tlb.Shape.Level == 1 && tlb.Shape.Serves.Contains(kind)) ? 1 : 2;
        return _tlbs.Where(tlb => tlb.Shape.Level == level + first - 1 && tlb.Shape.Serves.Contains(kind));
    }

    private Cached? Look(int level, ModelAccess kind, ulong page)
    {
        foreach ((ModelTlb _, ModelArray<Cached> array) in Serving(level, kind))
        {
            if (array.TryUse(SmallKey(page), page, out Cached cached)) return cached;
            if (array.TryUse(LargeKey(page), page >> shape.LevelBits, out cached)) return cached;
        }

        return null;
    }

    private Cached WalkForDirty(ModelTables tables, ulong page)
    {
        DirtyWalks++;
        Cached now = Walk(tables, page)!;
        foreach ((ModelTlb _, ModelArray<Cached> array) in _tlbs) array.Change(now.IsLarge ? LargeKey(page) : SmallKey(page), now);
        return now;
    }

    private void Fill(int level, ModelAccess kind, ulong page, Cached cached)
    {
        foreach ((ModelTlb tlb, ModelArray<Cached> array) in Serving(level, kind))
        {
            if (cached.IsLarge && tlb.HoldsLarge) array.Add(LargeKey(page), page >> shape.LevelBits, cached);
            if (!cached.IsLarge && tlb.HoldsSmall) array.Add(SmallKey(page), page, cached);
        }
    }

    private void Drop(ulong page)
    {
        foreach ((ModelTlb _, ModelArray<Cached> array) in _tlbs)
            array.RemoveWhere((key, _) => key == SmallKey(page) || key == LargeKey(page));
    }

    private Cached? Walk(ModelTables tables, ulong page)
    {
        int level = shape.Levels;
        for (int cached = 2; cached <= shape.Levels; cached++)
        {
            ulong part = page >> (shape.LevelBits * (cached - 1));
            if (!_structures.TryGetValue(cached, out ModelArray<bool>? structure) || !structure.TryUse(part, part, out _)) continue;
            level = cached - 1;
            EntriesSkipped += shape.Levels - level;
            break;
        }

        for (; ; level--)
        {
            ModelEntry entry = tables(page, level);
            EntryReads++;
            if (!_lines.TryUse(entry.Line, entry.Line, out _))
            {
                LineMisses++;
                _lines.Add(entry.Line, entry.Line, true);
            }

            if (!entry.IsPresent) return null;
            if (entry.IsLeaf) return new(level == 2, entry.IsGlobal, entry.IsWritable, entry.IsDirty, entry.Frame);
            ulong part = page >> (shape.LevelBits * (level - 1));
            if (_structures.TryGetValue(level, out ModelArray<bool>? structure)) structure.Add(part, part, true);
        }
    }

    private sealed record Cached(bool IsLarge, bool IsGlobal, bool IsWritable, bool IsDirty, ulong Frame);
}
