namespace Paging.Costs.Hardware;

//  63                                    12  11      6   5        1   0
// ┌───────────────────────────────────────┬─────────┬──────────┬─────┐
// │                 frame                 │    0    │  traits  │  L  │    the word beside a key of a TLB; L: a large page
// └───────────────────────────────────────┴─────────┴──────────┴─────┘
/// <summary>A cached translation, without its page.</summary>
internal readonly record struct TlbEntry(ulong Word)
{
    public TlbEntry(EntryTraits traits, bool isLarge, ulong frame) : this((frame << 12) | ((ulong)traits << 1) | (isLarge ? 1u : 0u))
    {
    }

    public bool IsLarge => (Word & 1) != 0;

    public ulong Frame => Word >> 12;

    public bool Has(EntryTraits traits) => ((EntryTraits)(Word >> 1) & traits) == traits;
}

/// <summary>One TLB. A key is a page number of its size, and a bit for the size.</summary>
internal sealed class Tlb(TlbShape shape)
{
    private readonly SetArray _array = new(shape.Array);
    private readonly bool _holdsSmall = shape.Holds.HasFlag(HeldPages.Small), _holdsLarge = shape.Holds.HasFlag(HeldPages.Large);
    private bool _hasLarge;    // ever since the last drop: spares the second search

    public TlbShape Shape => shape;

    public bool Holds(bool isLarge) => isLarge ? _holdsLarge : _holdsSmall;

    public bool TryUse(LinearPage page, int shift, out TlbEntry entry)
    {
        int slot = SlotOf(page, shift);
        entry = slot < 0 ? default : new(_array.Values[slot]);
        return slot >= 0;
    }

    /// <summary>Changes a translation if it is there, which is no use of it.</summary>
    public void Update(LinearPage page, int shift, TlbEntry entry)
    {
        ulong number = entry.IsLarge ? page.Value >> shift : page.Value;
        if (_array.Find(KeyOf(number, entry.IsLarge), number) is >= 0 and var slot) _array.Values[slot] = entry.Word;
    }

    public void Add(LinearPage page, int shift, TlbEntry entry)
    {
        if (!Holds(entry.IsLarge)) return;
        _hasLarge |= entry.IsLarge;
        ulong number = entry.IsLarge ? page.Value >> shift : page.Value;
        _array.Add(KeyOf(number, entry.IsLarge), number, entry.Word);
    }

    public void Remove(LinearPage page, int shift)
    {
        if (_holdsSmall) _array.Remove(page.Value << 1, page.Value);
        if (_hasLarge) _array.Remove(((page.Value >> shift) << 1) | 1, page.Value >> shift);
    }

    public void Drop(bool keepGlobal)
    {
        if (!keepGlobal) _array.Clear();
        else
            for (int slot = 0; slot < _array.Length; slot++)
                if (!new TlbEntry(_array.Values[slot]).Has(EntryTraits.Global)) _array.RemoveAt(slot);
        _hasLarge &= keepGlobal;
    }

    public void AddStale<TTables>(in TTables tables, SortedSet<ulong> stale) where TTables : struct, ITranslationTables
    {
        for (int slot = 0; slot < _array.Length; slot++)
        {
            if (_array.KeyAt(slot) is var key && key == SetArray.Empty) continue;
            TlbEntry entry = new(_array.Values[slot]);
            LinearPage page = new(entry.IsLarge ? (key >> 1) << TableLevels.ShiftOf(tables.Depth) : key >> 1);
            TableEntry now = LeafOf(tables, page, out bool isLarge);
            bool isSame = now.Has(EntryTraits.Present | EntryTraits.Leaf) && isLarge == entry.IsLarge && now.Target == entry.Frame
                && (now.Has(EntryTraits.Writable) || !entry.Has(EntryTraits.Writable));
            if (!isSame) stale.Add(page.Value);
        }
    }

    private int SlotOf(LinearPage page, int shift)
    {
        int slot = _holdsSmall ? _array.Use(page.Value << 1, page.Value) : -1;
        return slot < 0 && _hasLarge ? _array.Use(((page.Value >> shift) << 1) | 1, page.Value >> shift) : slot;
    }

    private static ulong KeyOf(ulong number, bool isLarge) => (number << 1) | (isLarge ? 1u : 0u);

    private static TableEntry LeafOf<TTables>(in TTables tables, LinearPage page, out bool isLarge)
        where TTables : struct, ITranslationTables
    {
        for (int level = TableLevels.TopOf(tables.Depth); ; level--)
        {
            TableEntry entry = tables.Read(page, level);
            isLarge = level > 1;
            if (level == 1 || !entry.Has(EntryTraits.Present) || entry.Has(EntryTraits.Leaf)) return entry;
        }
    }
}

/// <summary>The TLBs of a level that serve one kind of access.</summary>
internal readonly struct TlbBank(Tlb[] tlbs)
{
    public bool Holds(bool isLarge)
    {
        foreach (Tlb tlb in tlbs)
            if (tlb.Holds(isLarge)) return true;
        return false;
    }

    public bool SharesWith(TlbBank other) => tlbs.Any(tlb => other.Has(tlb));

    public bool TryUse(LinearPage page, int shift, out TlbEntry entry)
    {
        foreach (Tlb tlb in tlbs)
            if (tlb.TryUse(page, shift, out entry)) return true;
        entry = default;
        return false;
    }

    private bool Has(Tlb tlb) => Array.IndexOf(tlbs, tlb) >= 0;

    public void Add(LinearPage page, int shift, TlbEntry entry)
    {
        foreach (Tlb tlb in tlbs) tlb.Add(page, shift, entry);
    }
}
