namespace Paging.Programs;

/// <summary>What mallopt(3) can set.</summary>
public enum HeapOption
{
    /// <summary>M_TRIM_THRESHOLD: a top as large as this goes back to the kernel when something is freed.</summary>
    TrimThreshold = -1,
    /// <summary>M_TOP_PAD: how much more than needed the break is moved, and how much a trim keeps.</summary>
    TopPad = -2,
    /// <summary>M_MMAP_THRESHOLD: requests from this size on get a mapping of their own.</summary>
    MmapThreshold = -3,
}

/// <summary>What a program did wrong when it gave memory back; glibc ends it with that message.</summary>
public enum HeapError
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>free(): invalid pointer. Not what malloc gave out.</summary>
    InvalidPointer,
    /// <summary>double free or corruption.</summary>
    DoubleFree,
}
