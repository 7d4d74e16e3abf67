namespace Paging.Core;

/// <summary>The kind of one line of an address space, the range that a huge page would cover, by the pages mapped there.</summary>
/// <remarks>With small pages of several kinds, private pages take precedence over pages of files, and those over the zero page.</remarks>
public enum HugeLine
{
    /// <summary>Nothing.</summary>
    Empty,
    /// <summary>A huge page of the process alone: transparent, or private memory of the pool.</summary>
    HugePrivate,
    /// <summary>A huge page of a file or of shared memory.</summary>
    HugeOfFile,
    /// <summary>The huge zero page.</summary>
    HugeZero,
    /// <summary>Private pages that lie in one block of physical memory, each in its place: one huge entry could map them.</summary>
    PartsOfOneBlock,
    /// <summary>Private pages, some of them in swap.</summary>
    SmallPrivate,
    /// <summary>Pages of files or of shared memory.</summary>
    SmallOfFile,
    /// <summary>The zero page.</summary>
    SmallZero,
}
