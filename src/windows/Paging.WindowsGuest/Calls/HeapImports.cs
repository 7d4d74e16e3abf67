using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>HeapAlloc and its like.</summary>
internal static class HeapImports
{
    private const uint Raises = 4, Clears = 8, StaysInPlace = 0x10;    // HEAP_GENERATE_EXCEPTIONS, _ZERO_MEMORY, _REALLOC_IN_PLACE_ONLY

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("GetProcessHeap", 0, static call => HeapSet.OfProcess),
        OfKernel32("HeapCreate", 3, static call => call.Program.Heaps.Make(call.Program.Process)),
        OfKernel32("HeapDestroy", 1, static call =>
            call.Boolean(call.Program.Heaps.TryDestroy(call[0]) ? Win32Error.Success : Win32Error.InvalidHandle)),
        OfKernel32("HeapAlloc", 3, static call => Allocate(call)),
        OfKernel32("HeapReAlloc", 4, static call => Resize(call)),
        OfKernel32("HeapFree", 3, static call =>
        {
            // Freeing null succeeds
            bool isFree = call[2] == 0 || (call.Program.Heaps.TryFind(call[0], out Win32Heap heap) && heap.Free(call[2]));
            return call.Boolean(isFree ? Win32Error.Success : Win32Error.InvalidParameter);
        }),
        OfKernel32("HeapSize", 3, static call =>
            call.Program.Heaps.TryFind(call[0], out Win32Heap heap) ? heap.LengthOf(call[2]) ?? uint.MaxValue : uint.MaxValue),
        OfKernel32("HeapValidate", 3, static call =>
        {
            bool isFound = call.Program.Heaps.TryFind(call[0], out Win32Heap heap);
            return isFound && (call[2] == 0 || heap.LengthOf(call[2]) is not null) ? 1u : 0;
        }),
    ];

    private static uint? Allocate(CallFrame call)
    {
        if (!call.Program.Heaps.TryFind(call[0], out Win32Heap heap)) return call.Fail(Win32Error.InvalidHandle);
        uint place = heap.Allocate(call[2], (call[1] & Clears) != 0);
        return place != 0 ? place : OutOfMemory(call);
    }

    private static uint? Resize(CallFrame call)
    {
        // Null is no block: unlike realloc, HeapReAlloc does not allocate
        bool isBlock = call.Program.Heaps.TryFind(call[0], out Win32Heap heap) && heap.LengthOf(call[2]) is not null;
        if (!isBlock) return call.Fail(Win32Error.InvalidParameter);
        uint place = heap.Resize(call[2], call[3], (call[1] & Clears) != 0, (call[1] & StaysInPlace) != 0);
        return place != 0 ? place : OutOfMemory(call);
    }

    /// <summary>No memory: 0, or an exception if the call requests one.</summary>
    private static uint? OutOfMemory(CallFrame call)
    {
        if ((call[1] & Raises) == 0) return call.Fail(Win32Error.NotEnoughMemory);
        Threads.ExceptionRecord record = new((uint)NtStatus.NoMemory, 0, new(call.Thread.Context.Registers.Eip), []);
        if (!call.Program.Exceptions.Raise(record)) call.Program.ExitCode = record.Code;
        return null;
    }
}
