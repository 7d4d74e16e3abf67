using System.Runtime.InteropServices;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Peers;

/// <summary>
/// The functions of other people's libraries that contenders call. Ask <see cref="PeerLibrary"/> for the library before the first one.
/// </summary>
/// <remarks>
/// Those that take nanoseconds leave the runtime's bookkeeping out, which costs some ten: they are timed as if called from C.
/// </remarks>
internal static partial class PeerCalls
{
    /// <summary>dladdr(3).</summary>
    [LibraryImport("libc", EntryPoint = "dladdr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int FindSymbol(nint address, nint* symbol);

    /// <summary>Makes an empty map of areas.</summary>
    [LibraryImport(PeerLibrary.StandardMapName, EntryPoint = "areas_new")]
    public static partial nint NewAreas();

    /// <summary>Gives it back.</summary>
    [LibraryImport(PeerLibrary.StandardMapName, EntryPoint = "areas_delete")]
    public static partial void DeleteAreas(nint areas);

    /// <summary>How many areas there are.</summary>
    [LibraryImport(PeerLibrary.StandardMapName, EntryPoint = "areas_count")]
    public static partial uint CountAreas(nint areas);

    /// <summary>Adds an area.</summary>
    [LibraryImport(PeerLibrary.StandardMapName, EntryPoint = "areas_add")]
    public static partial void AddArea(nint areas, uint firstPage, uint pageCount, uint rights);

    /// <summary>The sum of the first pages of the areas found.</summary>
    [LibraryImport(PeerLibrary.StandardMapName, EntryPoint = "areas_find")]
    public static unsafe partial uint FindAreas(nint areas, uint* pages, uint count);

    /// <summary>An area below the lowest one, there and gone, again and again.</summary>
    [LibraryImport(PeerLibrary.StandardMapName, EntryPoint = "areas_map_unmap")]
    public static partial void MapAndUnmapAreas(nint areas, uint pageCount, uint rights, uint pairs);

    /// <summary>Hits through the tables of a translation cache; the sum of what was read.</summary>
    [LibraryImport(PeerLibrary.HitsName, EntryPoint = "hits_run")]
    public static partial uint RunHits(
        nint tables, uint start, uint bits, uint isScattered, uint writes, ref uint state, uint value, uint count);

    /// <summary>The functions of a UART in C.</summary>
    [LibraryImport(PeerLibrary.HitsName, EntryPoint = "hits_device")]
    public static partial nint DeviceFunctions();

    /// <summary>Polls the UART through the tables of a translation cache, until each byte is sent; the number of bytes.</summary>
    [LibraryImport(PeerLibrary.HitsName, EntryPoint = "hits_poll")]
    public static partial uint PollDevice(nint tables, uint start, uint count);

    /// <summary>mi_malloc_aligned.</summary>
    [LibraryImport(PeerLibrary.MimallocName, EntryPoint = "mi_malloc_aligned")]
    [SuppressGCTransition]
    public static unsafe partial void* AllocateAligned(nuint byteLength, nuint alignment);

    /// <summary>mi_free.</summary>
    [LibraryImport(PeerLibrary.MimallocName, EntryPoint = "mi_free")]
    [SuppressGCTransition]
    public static unsafe partial void Free(void* block);

    /// <summary>uc_mem_read.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_mem_read")]
    [SuppressGCTransition]
    public static unsafe partial UnicornError ReadMemory(nint engine, ulong address, void* bytes, nuint byteLength);

    /// <summary>uc_mem_write.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_mem_write")]
    [SuppressGCTransition]
    public static unsafe partial UnicornError WriteMemory(nint engine, ulong address, void* bytes, nuint byteLength);

    /// <summary>uc_mem_map.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_mem_map")]
    public static partial UnicornError MapMemory(nint engine, ulong address, nuint byteLength, uint protection);

    /// <summary>uc_mem_unmap.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_mem_unmap")]
    public static partial UnicornError UnmapMemory(nint engine, ulong address, nuint byteLength);

    /// <summary>uc_mem_protect.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_mem_protect")]
    public static partial UnicornError ProtectMemory(nint engine, ulong address, nuint byteLength, uint protection);

    /// <summary>uc_mem_regions; the list is given back by <see cref="FreeRegions"/>.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_mem_regions")]
    public static unsafe partial UnicornError ListRegions(nint engine, void** regions, uint* count);

    /// <summary>uc_free.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_free")]
    public static unsafe partial UnicornError FreeRegions(void* regions);

    /// <summary>uc_ctl_context_mode: UC_CTL_WRITE(UC_CTL_CONTEXT_MODE, 1).</summary>
    public const uint WriteContextMode = 14 | (1u << 26) | (1u << 30);

    /// <summary>uc_ctl with one number. It is variadic in C; with integers the calling convention is the same.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_ctl")]
    public static partial UnicornError SetContextMode(nint engine, uint control, int mode);

    /// <summary>uc_context_free.</summary>
    [LibraryImport(PeerLibrary.UnicornName, EntryPoint = "uc_context_free")]
    public static partial UnicornError FreeContext(nint context);
}
