using Paging.Windows;
using Paging.WindowsGuest.Threads;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Critical sections, events, mutexes and semaphores, and waiting for them and for threads.</summary>
internal static class SynchronizationImports
{
    private const uint Failed = uint.MaxValue, Infinite = uint.MaxValue, AwaitedCountMax = 64;    // WAIT_FAILED, MAXIMUM_WAIT_OBJECTS

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("InitializeCriticalSection", 1, static call => Begin(call, 0)),
        OfKernel32("InitializeCriticalSectionAndSpinCount", 2, static call => Begin(call, call[1])),
        OfKernel32("InitializeCriticalSectionEx", 3, static call => Begin(call, call[1])),
        OfKernel32("SetCriticalSectionSpinCount", 2, static call => Section(call).SetSpinCount(call[1])),
        OfKernel32("EnterCriticalSection", 1, static call => Enter(call, call[0])),
        OfKernel32("TryEnterCriticalSection", 1, static call => Section(call).TryEnter(call.Thread) ? 1u : 0),
        OfKernel32("LeaveCriticalSection", 1, static call => Do(() => Section(call).Leave())),
        OfKernel32("DeleteCriticalSection", 1, static call => Do(() => Section(call).End())),
        OfKernel32("CreateEventA", 4, static call => Open(call, 3, isWide: false, () => new EventObject(call[1] != 0, call[2] != 0))),
        OfKernel32("CreateEventW", 4, static call => Open(call, 3, isWide: true, () => new EventObject(call[1] != 0, call[2] != 0))),
        OfKernel32("OpenEventA", 3, static call => Open<EventObject>(call, 2, isWide: false, null)),
        OfKernel32("OpenEventW", 3, static call => Open<EventObject>(call, 2, isWide: true, null)),
        OfKernel32("SetEvent", 1, static call => Set(call, isSet: true)),
        OfKernel32("ResetEvent", 1, static call => Set(call, isSet: false)),
        OfKernel32("CreateMutexA", 3, static call => OpenMutex(call, isWide: false)),
        OfKernel32("CreateMutexW", 3, static call => OpenMutex(call, isWide: true)),
        OfKernel32("ReleaseMutex", 1, static call => !call.Program.Handles.TryFind(call[0], out MutexObject mutex)
            ? call.Fail(Win32Error.InvalidHandle)
            : call.Boolean(mutex.TryRelease(call.Thread) ? Win32Error.Success : Win32Error.NotOwner)),
        OfKernel32("CreateSemaphoreA", 4, static call => OpenSemaphore(call, isWide: false)),
        OfKernel32("CreateSemaphoreW", 4, static call => OpenSemaphore(call, isWide: true)),
        OfKernel32("ReleaseSemaphore", 3, static call => Release(call)),
        OfKernel32("WaitForSingleObject", 2, static call => WaitForOne(call)),
        OfKernel32("WaitForSingleObjectEx", 3, static call => WaitForOne(call)),
        OfKernel32("WaitForMultipleObjects", 4, static call => WaitForSeveral(call)),
        OfKernel32("WaitForMultipleObjectsEx", 5, static call => WaitForSeveral(call)),
        OfKernel32("Sleep", 1, static call => Sleep(call)),
        OfKernel32("SleepEx", 2, static call => Sleep(call)),
    ];

    /// <summary>Takes a critical section, or waits for it.</summary>
    public static uint? Enter(CallFrame call, uint place)
    {
        CriticalSection section = new(call.Program.Process, place);
        if (section.TryEnter(call.Thread)) return 0;
        call.Program.Threads.Wait(call.Thread, [section.Await()], awaitsAll: false, Infinite);
        return null;
    }

    private static CriticalSection Section(CallFrame call) => new(call.Program.Process, call[0]);

    private static uint? Begin(CallFrame call, uint spinCount)
    {
        Section(call).Begin(spinCount);
        return 1;
    }

    private static uint? Do(Action action)
    {
        action();
        return 0;
    }

    /// <summary>Makes an object, or finds the one of its name. The last error distinguishes the two.</summary>
    private static uint? Open<T>(CallFrame call, int nameArgument, bool isWide, Func<T>? make) where T : Waitable
    {
        string? name = call.ReadText(call[nameArgument], isWide);
        Waitable? existing = null;
        bool exists = name is not null && call.Program.NamedObjects.TryGetValue(name, out existing);
        if (exists && existing is not T) return call.Fail(Win32Error.InvalidHandle);    // names of all kinds share one space
        if (!exists && make is null) return call.Fail(Win32Error.FileNotFound);
        Waitable target = existing ?? make!();
        if (!exists && name is not null) call.Program.NamedObjects.Add(name, target);
        // Also after a success, which alone cannot tell the two apart
        if (make is not null) call.Thread.Block.SetLastError(exists ? Win32Error.AlreadyExists : Win32Error.Success);
        return call.Program.Handles.Open(target);
    }

    private static uint? OpenMutex(CallFrame call, bool isWide) => Open(call, 2, isWide, () =>
    {
        MutexObject mutex = new();
        if (call[1] != 0) mutex.Take(call.Thread);    // only a new one: an existing one's owner stays
        return mutex;
    });

    private static uint? OpenSemaphore(CallFrame call, bool isWide)
    {
        (int count, int most) = ((int)call[1], (int)call[2]);
        if (count < 0 || most <= 0 || count > most) return call.Fail(Win32Error.InvalidParameter);    // before the name is looked up
        return Open(call, 3, isWide, () => new SemaphoreObject(count, most));
    }

    private static uint? Set(CallFrame call, bool isSet)
    {
        if (!call.Program.Handles.TryFind(call[0], out EventObject target)) return call.Fail(Win32Error.InvalidHandle);
        target.IsSet = isSet;
        return 1;
    }

    private static uint? Release(CallFrame call)
    {
        if (!call.Program.Handles.TryFind(call[0], out SemaphoreObject semaphore)) return call.Fail(Win32Error.InvalidHandle);
        int before = semaphore.Count;
        if ((int)call[1] <= 0) return call.Fail(Win32Error.InvalidParameter);
        if (!semaphore.TryRelease((int)call[1])) return call.Fail(Win32Error.TooManyPosts);    // all or nothing
        call.WriteWordIfWanted(call[2], (uint)before);
        return 1;
    }

    private static uint? WaitForOne(CallFrame call)
    {
        if (!TryFind(call, call[0], out Waitable target)) return call.Fail(Win32Error.InvalidHandle) | Failed;
        call.Program.Threads.Wait(call.Thread, [target], awaitsAll: false, call[1]);
        return null;
    }

    private static uint? WaitForSeveral(CallFrame call)
    {
        if (call[0] is 0 or > AwaitedCountMax) return call.Fail(Win32Error.InvalidParameter) | Failed;
        Waitable[] targets = new Waitable[call[0]];
        for (int i = 0; i < targets.Length; i++)
        {
            if (!call.ReadWord(call[1] + ((uint)i * 4), out uint handle)) return call.Fail(Win32Error.Noaccess) | Failed;
            if (!TryFind(call, handle, out targets[i])) return call.Fail(Win32Error.InvalidHandle) | Failed;
        }

        call.Program.Threads.Wait(call.Thread, targets, call[2] != 0, call[3]);
        return null;
    }

    private static uint? Sleep(CallFrame call)
    {
        call.Program.Threads.Wait(call.Thread, [], awaitsAll: false, call[0]);
        return null;
    }

    private static bool TryFind(CallFrame call, uint handle, out Waitable target)
    {
        if (handle != HandleTable.CurrentThread) return call.Program.Handles.TryFind(handle, out target);
        target = call.Thread;
        return true;
    }
}
