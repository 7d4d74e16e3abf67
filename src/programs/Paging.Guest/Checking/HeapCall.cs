namespace Paging.Guest.Checking;

/// <summary>A function of the C library that the checker executes itself.</summary>
internal enum HeapCall
{
    None,
    Allocate,
    AllocateZeroed,
    Reallocate,
    ReallocateArray,
    Free,
    AllocateAligned,
    AllocateAlignedTo,
    AllocatePageAligned,
    AllocateWholePages,
    UsableSize,
}

/// <summary>The names of the functions.</summary>
internal static class HeapCalls
{
    /// <summary>Returns the function of a name: malloc(3), posix_memalign(3), malloc_usable_size(3).</summary>
    public static HeapCall Of(string name) => name switch
    {
        "malloc" => HeapCall.Allocate,
        "calloc" => HeapCall.AllocateZeroed,
        "realloc" => HeapCall.Reallocate,
        "reallocarray" => HeapCall.ReallocateArray,
        "free" or "cfree" => HeapCall.Free,
        "memalign" or "aligned_alloc" => HeapCall.AllocateAligned,
        "posix_memalign" => HeapCall.AllocateAlignedTo,
        "valloc" => HeapCall.AllocatePageAligned,
        "pvalloc" => HeapCall.AllocateWholePages,
        "malloc_usable_size" => HeapCall.UsableSize,
        _ => HeapCall.None,
    };
}
