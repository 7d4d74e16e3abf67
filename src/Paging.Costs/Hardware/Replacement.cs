namespace Paging.Costs.Hardware;

/// <summary>The rule by which a set of a hardware cache chooses the entry to replace. Empty places are filled first.</summary>
public enum Replacement
{
    /// <summary>The least recently used entry.</summary>
    Lru,

    /// <summary>The tree of one bit per pair, which approximates LRU. The number of ways is a power of two.</summary>
    Plru,

    /// <summary>The entry that has been in the set for the longest time.</summary>
    Fifo,

    /// <summary>Any entry, by a generator with a fixed seed.</summary>
    Random,
}
