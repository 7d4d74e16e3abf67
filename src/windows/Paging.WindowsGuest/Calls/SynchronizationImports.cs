using Paging.Windows;
using Paging.WindowsGuest.Threads;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Critical sections, which the C library takes, and waiting for threads and for a time.</summary>
internal static class SynchronizationImports
{
    private const uint Failed = uint.MaxValue, Infinite = uint.MaxValue;    // WAIT_FAILED, INFINITE

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("InitializeCriticalSection", 1, static call => Do(() => Section(call).Begin())),
        OfKernel32("EnterCriticalSection", 1, static call => Enter(call, call[0])),
        OfKernel32("TryEnterCriticalSection", 1, static call => Section(call).TryEnter(call.Thread) ? 1u : 0),
        OfKernel32("LeaveCriticalSection", 1, static call => Do(() => Section(call).Leave())),
        OfKernel32("DeleteCriticalSection", 1, static call => Do(() => Section(call).End())),
        OfKernel32("WaitForSingleObject", 2, static call => WaitForThread(call)),
        OfKernel32("Sleep", 1, static call => Sleep(call)),
    ];

    /// <summary>Takes a critical section, or waits for it.</summary>
    public static uint? Enter(CallFrame call, uint place)
    {
        CriticalSection section = new(call.Program.Process, place);
        if (section.TryEnter(call.Thread)) return 0;
        section.Await();
        GuestThread thread = call.Thread;
        call.Program.Threads.Wait(thread, () => section.TryTakeTurn(thread), Infinite);
        return null;
    }

    private static CriticalSection Section(CallFrame call) => new(call.Program.Process, call[0]);

    private static uint? Do(Action action)
    {
        action();
        return 0;
    }

    private static uint? WaitForThread(CallFrame call)
    {
        if (!call.Program.Handles.TryFindThread(call[0], call.Thread, out GuestThread target))
            return call.Fail(Win32Error.InvalidHandle) | Failed;
        call.Program.Threads.Wait(call.Thread, () => target.State == GuestThreadState.Ended, call[1]);
        return null;
    }

    private static uint? Sleep(CallFrame call)
    {
        call.Program.Threads.Wait(call.Thread, tryTake: null, call[0]);
        return null;
    }
}
