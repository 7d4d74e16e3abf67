using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Images;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Calls;

/// <summary>State shared by the calls of a program.</summary>
internal sealed class ProgramState : IDisposable
{
    /// <summary>The Windows side of the engine.</summary>
    public required WindowsMachine Machine { get; init; }

    /// <summary>The process.</summary>
    public required WindowsProcess Process { get; init; }

    /// <summary>The stubs of functions.</summary>
    public required CallStubs Stubs { get; init; }

    /// <summary>The threads.</summary>
    public required ThreadSet Threads { get; init; }

    /// <summary>The time.</summary>
    public required ProgramClock Clock { get; init; }

    /// <summary>The handlers of exceptions.</summary>
    public required ExceptionDispatcher Exceptions { get; init; }

    /// <summary>Functions of the system that call back.</summary>
    public required RoutineRunner Routines { get; init; }

    /// <summary>The images in its memory: ntdll, kernel32, msvcrt, and the program in front of them when it has been loaded.</summary>
    public required SystemLibraries Libraries { get; init; }

    /// <summary>The C library.</summary>
    public IProgramRuntime Runtime { get; set; } = null!;

    /// <summary>Events, mutexes and semaphores by their names.</summary>
    public Dictionary<string, Waitable> NamedObjects { get; } = new(StringComparer.Ordinal);

    /// <summary>The objects of its handles.</summary>
    public HandleTable Handles { get; } = new();

    /// <summary>The process's heap.</summary>
    public required Win32Heap Heap { get; init; }

    /// <summary>The program's files by name: they live in the engine, and end with the program.</summary>
    public Dictionary<string, GuestFile> Files { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Standard output.</summary>
    public required Stream Output { get; init; }

    /// <summary>Standard error.</summary>
    public required Stream Errors { get; init; }

    /// <summary>Standard input.</summary>
    public required Stream Input { get; init; }

    /// <summary>The address of the program's image.</summary>
    public VirtualAddress Image { get; set; }

    /// <summary>The address of the program's command line, of bytes.</summary>
    public VirtualAddress CommandLine { get; set; }

    /// <summary>The slots of TlsAlloc that are in use.</summary>
    public ulong UsedSlots { get; set; }

    /// <summary>The exit status; null while the program runs.</summary>
    public uint? ExitCode { get; set; }

    /// <summary>The reason why the program was ended from outside, in words; null if it was not.</summary>
    public string? Reason { get; set; }

    /// <summary>A thread runs for the first time: the image's callbacks come before its function.</summary>
    public void BeginThread(GuestThread thread)
    {
        thread.HasBegun = true;
        bool isFirst = Threads.All[0] == thread;
        CallAll(isFirst ? TlsDirectory.Reason.ProcessAttach : TlsDirectory.Reason.ThreadAttach, static () => { });
    }

    /// <summary>A thread ends, after the image's callbacks. The last thread ends the process.</summary>
    public void EndThread(GuestThread thread, uint exitCode)
    {
        // The last thread's end is the process's (ExitThread)
        bool isLast = Threads.All.Count(static one => one.State != GuestThreadState.Ended) == 1;
        if (isLast) EndProcess(exitCode);    // DLL_PROCESS_DETACH then takes the place of DLL_THREAD_DETACH
        else CallAll(TlsDirectory.Reason.ThreadDetach, () => Threads.End(thread, exitCode));
    }

    /// <summary>The process ends by itself: the image's callbacks, and the bytes that the C library's streams still have.</summary>
    public void EndProcess(uint exitCode) => CallAll(TlsDirectory.Reason.ProcessDetach, () =>
    {
        Runtime.FlushAll();
        ExitCode = exitCode;
    });

    private void CallAll(TlsDirectory.Reason reason, Action afterwards)
    {
        if (Threads.Storage is not { HasCallbacks: true } storage)
        {
            afterwards();
            return;
        }

        bool isBegun = Routines.Begin(routine =>
        {
            routine.Leaves = afterwards;
            return storage.CallAll(reason);
        });
        if (!isBegun) End((uint)NtStatus.StackOverflow, "no room left on the stack for a callback");
    }

    /// <summary>Ends the program from outside, with a reason in words.</summary>
    public void End(uint code, string reason) => (ExitCode, Reason) = (code, reason);

    /// <summary>Ends the program because of an exception that it does not handle.</summary>
    public void EndUnhandled(ExceptionRecord record) => End(record.Code, $"unhandled exception 0x{record.Code:x8} at {record.At} "
        + $"({FaultText.InstructionAt(Process, record.At)}){FaultText.Access(record.Parameters)}");

    public void Dispose()
    {
        Threads.Dispose();
        foreach (GuestFile file in Files.Values) file.Dispose();
    }
}
