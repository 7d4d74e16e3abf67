namespace Paging.Native.Collections;

/// <summary>One tree of a <see cref="RadixForest"/>: 12 bytes, kept in the record of its owner. All zero is an empty tree.</summary>
internal struct RadixTree
{
    /// <summary>The topmost node; 0 in an empty tree.</summary>
    public uint Root;

    /// <summary>R4: the number of entries.</summary>
    public uint Count;

    /// <summary>R3: levels of nodes, 0 to 6: just as many as the highest key needs.</summary>
    public byte Height;

    /// <summary>The highest key that a tree of this height can hold; -1 for an empty one.</summary>
    internal readonly long KeyMax => Height == 0 ? -1 : (1L << int.Min(32, Height * RadixNode.SlotShift)) - 1;

    /// <summary>The bits by which a key is shifted to give the slot in the topmost node.</summary>
    internal readonly int TopShift => (Height - 1) * RadixNode.SlotShift;
}

/// <summary>Tags by which a tree finds entries, beside their keys. Linux: PAGECACHE_TAG_DIRTY and PAGECACHE_TAG_WRITEBACK.</summary>
internal enum RadixTag
{
    /// <summary>The page is newer than the file.</summary>
    Dirty = 0,

    /// <summary>The page is on its way to the file.</summary>
    Writeback = 1,
}
