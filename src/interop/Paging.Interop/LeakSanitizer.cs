using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Paging.Interop;

/// <summary>Shows the managed heap to LeakSanitizer, if the program has it: what only objects there refer to is not lost.</summary>
/// <remarks>
/// The sanitizer looks for pointers in globals, stacks and memory of malloc; the heap is mapped. The runtime's locks and a word of each
/// engine would be reported as leaks. Cost: a failed look-up of a symbol at the first call.
/// </remarks>
// SAFETY: the function only notes the range; its end is that of a mapping of this process, which stays.
internal static unsafe class LeakSanitizer
{
    private const ulong HeapBytesMax = 1ul << 32;    // System.GC.RegionRange in the project

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The library is a program of its own: it begins with the first call from C.")]
    internal static void ShowHeap()
    {
        if (!NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "__lsan_register_root_region", out nint register)) return;
        object inHeap = new();
        ulong start = 0, end = 0, address = *(ulong*)Unsafe.AsPointer(ref inHeap);
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] bounds = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
            ulong from = ulong.Parse(bounds[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            bool isNext = from == end;
            if (end > address && (!isNext || end - start >= HeapBytesMax)) break;    // the heap is a run of mappings: used, reserved, used
            if (!isNext || end - start >= HeapBytesMax) start = from;
            end = ulong.Parse(bounds[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        ((delegate* unmanaged[Cdecl]<void*, nuint, void>)register)((void*)start, (nuint)(end - start));
        GC.KeepAlive(inHeap);
    }
}
