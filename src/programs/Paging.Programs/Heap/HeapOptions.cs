namespace Paging.Programs.Heap;

/// <summary>The options of mallopt(3).</summary>
public enum HeapOption
{
    /// <summary>M_TRIM_THRESHOLD: when a chunk is freed, a top of this size goes back to the kernel.</summary>
    TrimThreshold = -1,
    /// <summary>M_TOP_PAD: the bytes beyond need by which the break moves, and which a trim keeps.</summary>
    TopPad = -2,
    /// <summary>M_MMAP_THRESHOLD: requests of at least this size get their own mapping.</summary>
    MmapThreshold = -3,
}

/// <summary>The errors of a program that gives memory back. glibc ends the program with that message.</summary>
public enum HeapError
{
    /// <summary>No error.</summary>
    None,
    /// <summary>free(): invalid pointer. The address did not come from malloc.</summary>
    InvalidPointer,
    /// <summary>double free or corruption.</summary>
    DoubleFree,
}
