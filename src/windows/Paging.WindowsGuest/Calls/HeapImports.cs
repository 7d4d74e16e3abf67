using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>HeapAlloc and its like, on the process's heap.</summary>
internal static class HeapImports
{
    /// <summary>The handle of the process's heap: like an address, in no allocation.</summary>
    public const uint Handle = 0x0F01_0000;

    private const uint Clears = 8, StaysInPlace = 0x10;    // HEAP_ZERO_MEMORY, HEAP_REALLOC_IN_PLACE_ONLY

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("GetProcessHeap", 0, static call => Handle),
        OfKernel32("HeapAlloc", 3, static call => call[0] != Handle ? call.Fail(Win32Error.InvalidHandle)
            : Result(call, call.Program.Heap.Allocate(call[2], (call[1] & Clears) != 0))),
        OfKernel32("HeapReAlloc", 4, static call => Resize(call)),
        OfKernel32("HeapFree", 3, static call =>
        {
            bool isFree = call[2] == 0 || (call[0] == Handle && call.Program.Heap.Free(call[2]));    // freeing null succeeds
            return call.Boolean(isFree ? Win32Error.Success : Win32Error.InvalidParameter);
        }),
        OfKernel32("HeapSize", 3, static call => (call[0] == Handle ? call.Program.Heap.LengthOf(call[2]) : null) ?? uint.MaxValue),
    ];

    private static uint Resize(CallFrame call)
    {
        // Null is no block: unlike realloc, HeapReAlloc does not allocate
        bool isBlock = call[0] == Handle && call.Program.Heap.LengthOf(call[2]) is not null;
        if (!isBlock) return call.Fail(Win32Error.InvalidParameter);
        return Result(call, call.Program.Heap.Resize(call[2], call[3], (call[1] & Clears) != 0, (call[1] & StaysInPlace) != 0));
    }

    private static uint Result(CallFrame call, uint place) => place != 0 ? place : call.Fail(Win32Error.NotEnoughMemory);
}
