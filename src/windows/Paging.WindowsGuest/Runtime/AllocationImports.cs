using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>malloc and its like: blocks of the process's heap.</summary>
internal static class AllocationImports
{
    public static ImportedCall[] All { get; } =
    [
        Of("malloc", static call => Take(call, call[0], clears: false)),
        Of("calloc", static call => (ulong)call[0] * call[1] > uint.MaxValue ? call.Fail(RuntimeError.NoMemory, 0)
            : Take(call, call[0] * call[1], clears: true)),
        Of("realloc", static call => Resize(call)),
        Of("free", static call => Free(call)),
    ];

    private static Win32Heap HeapOf(RuntimeCall call) => call.Frame.Program.Heap;

    /// <summary>Takes a block. Returns 0 and sets errno if there is no memory.</summary>
    private static uint Take(RuntimeCall call, uint length, bool clears)
    {
        uint place = HeapOf(call).Allocate(length, clears);
        return place != 0 ? place : call.Fail(RuntimeError.NoMemory, 0);
    }

    private static uint? Free(RuntimeCall call)
    {
        if (call[0] != 0) HeapOf(call).Free(call[0]);
        return 0;
    }

    private static uint? Resize(RuntimeCall call)
    {
        if (call[0] == 0) return Take(call, call[1], clears: false);
        if (call[1] == 0) return Free(call);    // realloc: as free, and null
        if (HeapOf(call).LengthOf(call[0]) is null) return call.Fail(RuntimeError.Invalid, 0);
        uint place = HeapOf(call).Resize(call[0], call[1], clears: false, staysInPlace: false);
        return place != 0 ? place : call.Fail(RuntimeError.NoMemory, 0);
    }
}
