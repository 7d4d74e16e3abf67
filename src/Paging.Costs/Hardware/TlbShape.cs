using System.Globalization;

namespace Paging.Costs.Hardware;

/// <summary>The accesses that a TLB translates.</summary>
[Flags]
public enum ServedAccesses
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Fetches of instructions.</summary>
    Fetches = 1,

    /// <summary>Loads.</summary>
    Loads = 2,

    /// <summary>Stores.</summary>
    Stores = 4,

    /// <summary>Loads and stores.</summary>
    Data = Loads | Stores,

    /// <summary>All.</summary>
    All = Fetches | Data,
}

/// <summary>The sizes of pages that a TLB holds.</summary>
[Flags]
public enum HeldPages
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Pages of 4 KB.</summary>
    Small = 1,

    /// <summary>Leaves of the second level: 4 MB in classic tables, 2 MB in the others.</summary>
    Large = 2,

    /// <summary>Both sizes, in the same entries.</summary>
    Both = Small | Large,
}

/// <summary>Places for entries, in sets.</summary>
/// <param name="Entries">The number of entries: a multiple of the ways, at most 65,536.</param>
/// <param name="Ways">The entries of a set. As many as there are entries: fully associative.</param>
/// <param name="Replacement">The choice of the entry that a new one replaces.</param>
public sealed record ArrayShape(int Entries, int Ways, Replacement Replacement = Replacement.Lru)
{
    /// <summary>The most entries.</summary>
    public const int EntriesMax = 1 << 16;

    /// <summary>The number of sets; 0 if there are no ways.</summary>
    public int Sets => Ways < 1 ? 0 : Entries / Ways;

    /// <summary>The rule that these numbers break, or null.</summary>
    public string? Complaint => this switch
    {
        { Entries: < 1 or > EntriesMax } => $"entries are 1 to {EntriesMax}",
        { Ways: < 1 } => "ways are at least 1",
        { Replacement: < Replacement.Lru or > Replacement.Random } => "a rule of replacement is lru, plru, fifo or random",
        _ when Entries % Ways != 0 => "entries are a multiple of the ways",
        { Replacement: Replacement.Plru } when !int.IsPow2(Ways) || Ways > 64 => "plru needs ways that are a power of two, at most 64",
        _ => null,
    };

    /// <summary>Prints <c>64 entries, 4-way, lru</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Entries} entries, {(Ways == Entries ? "full" : $"{Ways}-way")}, {Replacement.ToString().ToLowerInvariant()}");
}

/// <summary>One TLB of a processor.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Level">1, or 2 for the one that a first level asks before a walk.</param>
/// <param name="Serves">The accesses that use it.</param>
/// <param name="Holds">The sizes of its pages.</param>
/// <param name="Array">Its entries.</param>
public sealed record TlbShape(string Name, int Level, ServedAccesses Serves, HeldPages Holds, ArrayShape Array);
