using Paging.Windows;
using Paging.WindowsGuest.Threads;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Threads and their slots.</summary>
internal static class ThreadImports
{
    private const uint Suspended = 4, SizeIsReserve = 0x1_0000, Failed = uint.MaxValue;    // CREATE_SUSPENDED, STACK_SIZE_PARAM_...

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("CreateThread", 6, static call => Create(call)),
        OfKernel32("ResumeThread", 1, static call => Resume(call)),
        OfKernel32("ExitThread", 1, static call =>
        {
            call.Program.EndThread(call.Thread, call[0]);
            return null;
        }),
        OfKernel32("GetExitCodeThread", 2, static call =>
            !call.Program.Handles.TryFindThread(call[0], call.Thread, out GuestThread thread) ? call.Fail(Win32Error.InvalidHandle)
                : call.Boolean(call.WriteWord(call[1], thread.ExitCode) ? Win32Error.Success : Win32Error.Noaccess)),
        OfKernel32("SwitchToThread", 0, static call => 0),    // 0: no other thread has run; turns end by themselves
        OfKernel32("GetCurrentThread", 0, static call => HandleTable.CurrentThread),
        OfKernel32("GetCurrentThreadId", 0, static call => call.Thread.Id),
        OfKernel32("TlsAlloc", 0, static call => AllocateSlot(call)),
        OfKernel32("TlsFree", 1, static call => FreeSlot(call)),
        OfKernel32("TlsGetValue", 1, static call =>
        {
            if (call[0] >= ThreadBlock.SlotCount) return call.Fail(Win32Error.InvalidParameter);
            call.Thread.Block.SetLastError(Win32Error.Success);    // 0 may also be the value (TlsGetValue, Remarks)
            return call.Thread.Block.GetSlot(call[0]);
        }),
        OfKernel32("TlsSetValue", 2, static call =>
        {
            if (call[0] >= ThreadBlock.SlotCount) return call.Fail(Win32Error.InvalidParameter);
            call.Thread.Block.SetSlot(call[0], call[1]);
            return 1;
        }),
    ];

    /// <summary>CreateThread: the size is the stack's committed part; with STACK_SIZE_PARAM_IS_A_RESERVATION, its reserved part.</summary>
    public static uint Create(CallFrame call)
    {
        bool isReserve = (call[4] & SizeIsReserve) != 0;
        GuestThread? thread = call.Program.Threads.Make(call.Address(2), call[3], isReserve ? call[1] : 0, isReserve ? 0 : call[1]);
        if (thread is null) return call.Fail(Win32Error.NotEnoughMemory);
        if ((call[4] & Suspended) != 0) thread.State = GuestThreadState.Suspended;    // before any turn: it was made ready
        call.WriteWordIfWanted(call[5], thread.Id);
        return call.Program.Handles.Open(thread);
    }

    private static uint Resume(CallFrame call)
    {
        if (!call.Program.Handles.TryFindThread(call[0], call.Thread, out GuestThread thread))
            return call.Fail(Win32Error.InvalidHandle) | Failed;
        if (thread.State != GuestThreadState.Suspended) return 0;    // the suspend count before
        thread.State = GuestThreadState.Ready;
        return 1;
    }

    private static uint AllocateSlot(CallFrame call)
    {
        int slot = System.Numerics.BitOperations.TrailingZeroCount(~call.Program.UsedSlots);
        if (slot >= (int)ThreadBlock.SlotCount) return call.Fail(Win32Error.NoSystemResources) | Failed;    // 64 if every bit is set
        call.Program.UsedSlots |= 1ul << slot;
        foreach (GuestThread thread in call.Program.Threads.All) thread.Block.SetSlot((uint)slot, 0);    // a freed slot may hold old values
        return (uint)slot;
    }

    private static uint FreeSlot(CallFrame call)
    {
        bool isUsed = call[0] < ThreadBlock.SlotCount && (call.Program.UsedSlots & (1ul << (int)call[0])) != 0;
        if (!isUsed) return call.Fail(Win32Error.InvalidParameter);
        call.Program.UsedSlots &= ~(1ul << (int)call[0]);
        return 1;
    }
}
