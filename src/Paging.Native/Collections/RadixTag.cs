namespace Paging.Native.Collections;

/// <summary>Tags by which a tree finds entries, beside their keys. Linux: PAGECACHE_TAG_DIRTY and PAGECACHE_TAG_WRITEBACK.</summary>
internal enum RadixTag
{
    /// <summary>The page is newer than the file.</summary>
    Dirty = 0,

    /// <summary>The page is on its way to the file.</summary>
    Writeback = 1,
}
