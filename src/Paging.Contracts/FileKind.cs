namespace Paging.Core;

/// <summary>The kinds of file objects, by the place where their bytes are kept.</summary>
public enum FileKind
{
    /// <summary>Only in its pages, as in tmpfs. Pages that were never written read as zeros.</summary>
    Memory,
    /// <summary>The memory of a MAP_SHARED|MAP_ANONYMOUS mapping; reports call it /dev/zero.</summary>
    SharedAnonymous,
    /// <summary>In an <see cref="IFileBacking"/>; the pages are a cache of it.</summary>
    Backed,
    /// <summary>Nowhere: a directory can be neither read nor mapped.</summary>
    Directory,
    /// <summary>In an <see cref="IMemoryDevice"/>: it can be mapped shared, but neither read nor written by calls.</summary>
    Device,
    /// <summary>In pages of the pool of huge pages, as in hugetlbfs.</summary>
    HugePages,
}
