namespace Paging.Native.Collections;

/// <summary>What a tree can find its entries by, beside their keys. Linux: PAGECACHE_TAG_DIRTY and PAGECACHE_TAG_WRITEBACK.</summary>
internal enum RadixTag
{
    /// <summary>The page is newer than the file.</summary>
    Dirty = 0,

    /// <summary>The page is on its way to the file.</summary>
    Writeback = 1,
}
