using System.Collections.Immutable;

namespace Paging.Costs.Hardware;

/// <summary>The levels of the page tables that a walk goes through.</summary>
/// <remarks>Intel SDM volume 3A, 4.3 to 4.5.</remarks>
public enum TableDepth
{
    /// <summary>Two levels of 1024 entries of 4 bytes.</summary>
    Classic,

    /// <summary>Three levels of 512 entries of 8 bytes; the four of the first level are registers, loaded with CR3.</summary>
    Pae,

    /// <summary>Four levels of 512 entries of 8 bytes.</summary>
    Long,
}

/// <summary>The translation hardware of a processor.</summary>
/// <remarks>
/// A miss of the first level asks the second. A miss of both walks: it begins below the deepest cached table entry, and reads each further
/// entry through the cache of lines. A walk fills both levels, a hit of the second fills the first. An eviction touches no other array.
/// </remarks>
public sealed record TranslationShape
{
    /// <summary>
    /// The TLBs. Where no first level serves a kind of access, the second level is its first; without both, each access walks.
    /// </summary>
    public required ImmutableArray<TlbShape> Tlbs { get; init; }

    /// <summary>The cache of directory entries that lead to page tables, or null. SDM 4.10.3.2, PDE cache.</summary>
    public ArrayShape? DirectoryCache { get; init; }

    /// <summary>The cache of entries that lead to directories, or null. PDPTE cache; four levels only.</summary>
    public ArrayShape? PointerCache { get; init; }

    /// <summary>The cache of entries of the highest level, or null. PML4E cache; four levels only.</summary>
    public ArrayShape? TopCache { get; init; }

    /// <summary>The lines of 64 bytes through which a walk reads entries.</summary>
    public ArrayShape EntryLines { get; init; } = new(512, 8);

    /// <summary>The first rule that some part breaks, with the part's name, or null.</summary>
    public string? Complaint
    {
        get
        {
            if (Tlbs.IsDefault) return "the TLBs are missing";
            foreach (TlbShape? tlb in Tlbs)
            {
                if (tlb?.Name is null) return "a TLB is missing, or has no name";
                if (tlb.Array is null) return $"{tlb.Name}: the entries are missing";
                if (tlb.Array.Complaint is { } complaint) return $"{tlb.Name}: {complaint}";
                if (tlb.Level is not (1 or 2)) return $"{tlb.Name}: a level is 1 or 2";
                if (tlb.Serves == ServedAccesses.None || tlb.Holds == HeldPages.None) return $"{tlb.Name}: serves nothing";
                if ((tlb.Serves & ~ServedAccesses.All) != 0 || (tlb.Holds & ~HeldPages.Both) != 0)
                    return $"{tlb.Name}: serves accesses, or holds pages, of no known kind";
            }

            if (EntryLines is null) return "entry lines: missing";
            foreach ((string name, ArrayShape? shape) in ((string, ArrayShape?)[])[("directory cache", DirectoryCache),
                ("pointer cache", PointerCache), ("top cache", TopCache), ("entry lines", EntryLines)])
                if (shape?.Complaint is { } complaint) return $"{name}: {complaint}";
            return null;
        }
    }

    /// <summary>One TLB for everything, for sweeps over sizes and ways.</summary>
    public static TranslationShape Single(ArrayShape array) =>
        new() { Tlbs = [new("TLB", 1, ServedAccesses.All, HeldPages.Both, array)] };
}
