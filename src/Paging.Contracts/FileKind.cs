namespace Paging.Core;

/// <summary>What stands behind a file object.</summary>
public enum FileKind
{
    /// <summary>Nothing: the pages are the file, as in tmpfs. What is not there reads as zeros.</summary>
    Memory,
    /// <summary>Memory behind MAP_SHARED|MAP_ANONYMOUS; listed as /dev/zero.</summary>
    SharedAnonymous,
    /// <summary>An <see cref="IFileBacking"/>; the pages are a cache of it.</summary>
    Backed,
    /// <summary>A directory: cannot be read or mapped.</summary>
    Directory,
}
