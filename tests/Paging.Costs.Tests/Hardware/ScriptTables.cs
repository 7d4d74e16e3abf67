using Paging.Costs.Hardware;

namespace Paging.Costs.Tests;

/// <summary>Page tables of a test, by rules over page numbers: small, large, global and absent pages, and changes to single ones.</summary>
/// <remarks>Regions of a page table each, by number modulo 8: 2 large, 3 absent, 4 large and global, 7 global, the others small.</remarks>
internal readonly struct ScriptTables(TableDepth depth) : ITranslationTables
{
    private readonly HashSet<ulong> _dirty = [], _readOnly = [], _gone = [], _split = [];

    public TableDepth Depth => depth;

    public ulong FirstSmall => 0;

    public ulong FirstLarge => 2ul << Shift;

    public ulong FirstAbsent => 3ul << Shift;

    public ulong FirstGlobal => 7ul << Shift;

    private int Shift => depth == TableDepth.Classic ? 10 : 9;

    public void MakeDirty(ulong page) => _dirty.Add(Unit(page));

    public void Protect(ulong page) => _readOnly.Add(Unit(page));

    public void Unprotect(ulong page) => _readOnly.Remove(Unit(page));

    public void Unmap(ulong page) => _gone.Add(Unit(page));

    public void MapAgain(ulong page) => _gone.Remove(Unit(page));

    public void Split(ulong page) => _split.Add(page >> Shift);

    public bool IsLarge(ulong page) => (page >> Shift) % 8 is 2 or 4 && !_split.Contains(page >> Shift);

    public bool IsGlobal(ulong page) => (page >> Shift) % 8 is 4 or 7;

    public bool IsPresent(ulong page) => (page >> Shift) % 8 != 3 && !_gone.Contains(Unit(page));

    public bool IsReadOnly(ulong page) => _readOnly.Contains(Unit(page));

    public bool IsDirty(ulong page) => _dirty.Contains(Unit(page));

    /// <summary>The number that a large page and all of its pieces share.</summary>
    public ulong Unit(ulong page) => IsLarge(page) ? page >> Shift << Shift : page;

    public TableEntry Read(LinearPage page, int level)
    {
        ulong line = ((ulong)level << 40) | (page.Value >> (Shift * (level - 1)) >> (depth == TableDepth.Classic ? 4 : 3));
        bool isLeaf = level == (IsLarge(page.Value) ? 2 : 1);
        EntryTraits traits = EntryTraits.Present | EntryTraits.Writable;
        if (level > 2 || (level == 2 && !isLeaf))
            return new(line, (page.Value >> Shift) % 8 == 3 && level == 2 ? EntryTraits.None : traits, 0);
        if (!IsPresent(page.Value)) return new(line, EntryTraits.None, 0);
        traits |= EntryTraits.Leaf;
        if (IsGlobal(page.Value)) traits |= EntryTraits.Global;
        if (IsReadOnly(page.Value)) traits &= ~EntryTraits.Writable;
        if (IsDirty(page.Value)) traits |= EntryTraits.Dirty;
        return new(line, traits, Unit(page.Value));
    }
}
