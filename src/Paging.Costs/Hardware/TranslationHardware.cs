using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Costs.Hardware;

/// <summary>The outcome of one access in <see cref="TranslationHardware"/>.</summary>
public enum TranslationOutcome
{
    /// <summary>The first TLB that serves the access had the translation.</summary>
    First,

    /// <summary>The second level had it.</summary>
    Second,

    /// <summary>A walk found it.</summary>
    Walked,

    /// <summary>No table has it, or not for a store: a page fault.</summary>
    Refused,
}

/// <summary>The TLBs, paging-structure caches and page walker of one processor: counts, no times, no bytes of memory.</summary>
/// <remarks><code>
/// Rules       Intel SDM volume 3A: 4.10.2 TLBs, 4.10.3 paging-structure caches, 4.10.4 invalidation
/// Address     translations carry no PCID, as on a 32-bit kernel: a load of CR3 keeps global ones only
/// Cost        a repeated page: one comparison; else O(ways). No allocation after the constructor
/// Threading   none: one thread at a time
/// </code></remarks>
public sealed class TranslationHardware
{
    private const int KindCount = 3;
    private const ulong NoPage = ulong.MaxValue;

    private readonly TlbBank[] _first = new TlbBank[KindCount];    // by kind of access
    private readonly TlbBank[] _second = new TlbBank[KindCount];
    private readonly Tlb[] _tlbs;
    private readonly SetArray?[] _structures;    // by the level of the entries that they hold: 2, 3, 4
    private readonly SetArray _lines;
    private readonly ulong[] _last = [NoPage, NoPage, NoPage];    // the page of the last access of each kind: a hit if it comes again
    private readonly int[] _sharers = new int[KindCount];          // the kinds whose first level its accesses may change, as bits

    /// <summary>Makes empty hardware.</summary>
    /// <exception cref="ArgumentException">The shape breaks a rule.</exception>
    public TranslationHardware(TranslationShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Complaint is { } complaint) throw new ArgumentException($"The hardware cannot be made: {complaint}.", nameof(shape));
        Shape = shape;
        _tlbs = [.. shape.Tlbs.Select(static tlb => new Tlb(tlb))];
        for (int kind = 0; kind < KindCount; kind++)
        {
            ServedAccesses served = ServedBy((AccessKind)kind);
            Tlb[] first = [.. _tlbs.Where(tlb => tlb.Shape.Level == 1 && tlb.Shape.Serves.HasFlag(served))];
            Tlb[] second = [.. _tlbs.Where(tlb => tlb.Shape.Level == 2 && tlb.Shape.Serves.HasFlag(served))];
            _first[kind] = new(first.Length != 0 ? first : second);
            _second[kind] = new(first.Length != 0 ? second : []);
        }

        for (int kind = 0; kind < KindCount; kind++)
            for (int other = 0; other < KindCount; other++)
                if (_first[other].SharesWith(_first[kind]) || _first[other].SharesWith(_second[kind])) _sharers[kind] |= 1 << other;
        _structures = [null, null, Made(shape.DirectoryCache), Made(shape.PointerCache), Made(shape.TopCache)];
        _lines = new(shape.EntryLines);
    }

    /// <summary>The shape of the hardware.</summary>
    public TranslationShape Shape { get; }

    /// <summary>The counts so far.</summary>
    public TranslationCounts Counts { get; } = new();

    /// <summary>Translates an access to one page.</summary>
    /// <param name="tables">The page tables of the running process.</param>
    /// <param name="page">The page.</param>
    /// <param name="kind">The kind of access.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TranslationOutcome Access<TTables>(in TTables tables, LinearPage page, AccessKind kind)
        where TTables : struct, ITranslationTables, allows ref struct
    {
        if ((uint)kind >= KindCount) _ = TranslationCounts.Checked(kind);
        Counts.Access(kind);
        // The newest entry of its set stays the newest, under each rule of replacement.
        return _last[(int)kind] == page.Value ? TranslationOutcome.First : AccessOther(tables, page, kind);
    }

    /// <summary>Counts more accesses to the page of the last one of the kind, which is in the first level.</summary>
    /// <returns>False, and nothing is counted, if it is not there.</returns>
    internal bool TryRepeat(LinearPage page, AccessKind kind, long times)
    {
        if (_last[(int)kind] != page.Value) return false;
        Counts.Access(kind, times);
        return true;
    }

    /// <summary>Walks for an access that the tables refuse, as the processor does before a page fault. Caches no translation.</summary>
    /// <remarks>SDM 4.10.2.3: entries that are not present are never cached.</remarks>
    public void Refuse<TTables>(in TTables tables, LinearPage page) where TTables : struct, ITranslationTables, allows ref struct
    {
        Counts.RefusedWalks++;
        Walk(tables, page, out _);
    }

    /// <summary>Loads CR3: drops all translations but global ones, and all entries of the paging-structure caches. SDM 4.10.4.1.</summary>
    public void LoadCr3()
    {
        Counts.Cr3Loads++;
        foreach (Tlb tlb in _tlbs) tlb.Drop(keepGlobal: true);
        DropStructures();
    }

    /// <summary>Drops everything, global translations as well: a change of CR4.PGE. SDM 4.10.4.1.</summary>
    public void DropAll()
    {
        foreach (Tlb tlb in _tlbs) tlb.Drop(keepGlobal: false);
        DropStructures();
    }

    /// <summary>
    /// INVLPG: drops the translation of a page, global or not, of a large page whole, and the paging-structure caches. SDM 4.10.4.1.
    /// </summary>
    public void Invalidate(LinearPage page, TableDepth depth)
    {
        Counts.Invalidations++;
        Forget(page, depth);
    }

    /// <summary>Drops the translation of a page like <see cref="Invalidate"/>, without counting an INVLPG.</summary>
    internal void Forget(LinearPage page, TableDepth depth)
    {
        foreach (Tlb tlb in _tlbs) tlb.Remove(page, TableLevels.ShiftOf(depth));
        DropStructures();
    }

    /// <summary>The translations that the tables no longer have, or that allow more than they do. O(entries).</summary>
    /// <returns>Pages, each once; of a large one the first.</returns>
    internal IReadOnlyList<LinearPage> FindStale<TTables>(in TTables tables) where TTables : struct, ITranslationTables
    {
        SortedSet<ulong> stale = [];
        foreach (Tlb tlb in _tlbs) tlb.AddStale(tables, stale);
        return [.. stale.Select(static page => new LinearPage(page))];
    }

    private TranslationOutcome AccessOther<TTables>(in TTables tables, LinearPage page, AccessKind kind)
        where TTables : struct, ITranslationTables, allows ref struct
    {
        int shift = TableLevels.ShiftOf(tables.Depth);
        TlbBank first = _first[(int)kind], second = _second[(int)kind];
        if (first.TryUse(page, shift, out TlbEntry entry) && TryGetRights(ref entry, kind, tables, page))
        {
            Remember(kind, entry, page);
            return TranslationOutcome.First;
        }

        if (second.TryUse(page, shift, out entry) && TryGetRights(ref entry, kind, tables, page))
        {
            Counts.SecondHits++;
            Counts.FirstMiss(kind, entry.IsLarge);
            first.Add(page, shift, entry);
            Remember(kind, entry, page);
            return TranslationOutcome.Second;
        }

        TableEntry leaf = Walk(tables, page, out bool isLarge);
        EntryTraits needed = EntryTraits.Leaf | EntryTraits.Present | (kind == AccessKind.Write ? EntryTraits.Writable : EntryTraits.None);
        if (!leaf.Has(needed))
        {
            Counts.RefusedWalks++;
            return TranslationOutcome.Refused;
        }

        Counts.FirstMiss(kind, isLarge);
        Counts.Walk(kind, isLarge);
        entry = new(leaf.Bits, isLarge, leaf.Target);
        second.Add(page, shift, entry);
        first.Add(page, shift, entry);
        Remember(kind, entry, page);
        return TranslationOutcome.Walked;
    }

    /// <summary>Returns true if a cached translation allows the access.</summary>
    /// <remarks>
    /// A store through one without D walks, and D is set in table and translation (SDM 4.8). One without RW has faulted if the access went
    /// ahead all the same; the fault has dropped the translation (SDM 4.10.4.3).
    /// </remarks>
    private bool TryGetRights<TTables>(ref TlbEntry entry, AccessKind kind, in TTables tables, LinearPage page)
        where TTables : struct, ITranslationTables, allows ref struct
    {
        if (kind != AccessKind.Write || entry.Has(EntryTraits.Dirty | EntryTraits.Writable)) return true;
        int shift = TableLevels.ShiftOf(tables.Depth);
        if (!entry.Has(EntryTraits.Writable))
        {
            foreach (Tlb tlb in _tlbs) tlb.Remove(page, shift);
            _last.AsSpan().Fill(NoPage);
            return false;
        }

        Counts.DirtyWalks++;
        TableEntry leaf = Walk(tables, page, out bool isLarge);
        entry = new(leaf.Bits, isLarge, leaf.Target);
        foreach (Tlb tlb in _tlbs) tlb.Update(page, shift, entry);
        return true;
    }

    /// <summary>Remembers a page that the first level has now, and that is the newest of its set there.</summary>
    private void Remember(AccessKind kind, TlbEntry entry, LinearPage page)
    {
        for (int other = 0; other < KindCount; other++)
            if ((_sharers[(int)kind] & (1 << other)) != 0 && _last[other] != page.Value) _last[other] = NoPage;
        bool needsDirty = kind == AccessKind.Write && !entry.Has(EntryTraits.Dirty);
        if (_first[(int)kind].Holds(entry.IsLarge) && !needsDirty) _last[(int)kind] = page.Value;
    }

    private TableEntry Walk<TTables>(in TTables tables, LinearPage page, out bool isLarge)
        where TTables : struct, ITranslationTables, allows ref struct
    {
        int shift = TableLevels.ShiftOf(tables.Depth), top = TableLevels.TopOf(tables.Depth), level = top;
        for (int cached = 2; cached <= top; cached++)
        {
            ulong key = page.Value >> (shift * (cached - 1));
            if (_structures[cached] is not { } structure || structure.Use(key, key) < 0) continue;
            Counts.EntriesSkipped += top - cached + 1;
            level = cached - 1;
            break;
        }

        for (; ; level--)
        {
            TableEntry entry = tables.Read(page, level);
            Counts.EntryReads++;
            if (_lines.Use(entry.Line, entry.Line) < 0)
            {
                Counts.LineMisses++;
                _lines.Add(entry.Line, entry.Line, 0);
            }

            isLarge = level > 1;
            if (level == 1 || !entry.Has(EntryTraits.Present) || entry.Has(EntryTraits.Leaf)) return entry;
            ulong key = page.Value >> (shift * (level - 1));
            _structures[level]?.Add(key, key, 0);
        }
    }

    /// <summary>Drops all entries of the paging-structure caches, and no translation.</summary>
    internal void DropStructures()
    {
        foreach (SetArray? structure in _structures) structure?.Clear();
        _last.AsSpan().Fill(NoPage);
    }

    private static SetArray? Made(ArrayShape? shape) => shape is null ? null : new(shape);

    private static ServedAccesses ServedBy(AccessKind kind) => kind switch
    {
        AccessKind.Fetch => ServedAccesses.Fetches,
        AccessKind.Write => ServedAccesses.Stores,
        _ => ServedAccesses.Loads,
    };
}
