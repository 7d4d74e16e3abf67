using Paging.Native;
using Paging.Processors;
using Paging.Windows.Spaces;

namespace Paging.WindowsGuest.Threads;

/// <summary>The states of a thread.</summary>
internal enum GuestThreadState
{
    /// <summary>The thread can run.</summary>
    Ready,
    /// <summary>The thread was made suspended.</summary>
    Suspended,
    /// <summary>The thread waits for objects, or for a time.</summary>
    Waiting,
    /// <summary>The thread has ended.</summary>
    Ended,
}

/// <summary>A thread of a program: its registers, its block, its stack.</summary>
internal sealed class GuestThread(uint id, GuestContext context, ThreadBlock block, StackBounds stack) : Waitable
{
    /// <summary>The thread's number: a multiple of 4, in one count with processes.</summary>
    public uint Id => id;

    /// <summary>The thread's registers.</summary>
    public GuestContext Context => context;

    /// <summary>The block at FS:0.</summary>
    public ThreadBlock Block => block;

    /// <summary>The thread's stack, as far as it had grown when the thread ran last.</summary>
    public StackBounds Stack { get; set; } = stack;

    /// <summary>The state of the thread.</summary>
    public GuestThreadState State { get; set; }

    /// <summary>The objects that a waiting thread waits for. Empty: for a time alone.</summary>
    public IReadOnlyList<Waitable> Awaited { get; set; } = [];

    /// <summary>True if a waiting thread waits for all of the objects, not for one.</summary>
    public bool AwaitsAll { get; set; }

    /// <summary>The time of the program's clock at which a waiting thread gives up; null for never.</summary>
    public TimeSpan? Deadline { get; set; }

    /// <summary>The exit code; STILL_ACTIVE before the end.</summary>
    public uint ExitCode { get; set; } = 259;    // STATUS_PENDING

    /// <summary>The exceptions that are being handled, the latest last.</summary>
    public Stack<Dispatch> Dispatches { get; } = new();

    /// <summary>The routines that the thread is in, the innermost last.</summary>
    public Stack<GuestRoutine> Routines { get; } = new();

    /// <summary>True if the callbacks of the thread's begin have been called.</summary>
    public bool HasBegun { get; set; }

    /// <summary>The last number of rand.</summary>
    public uint RandomState { get; set; } = 1;    // rand without srand (C11 7.22.2.2)

    /// <summary>The words above the stack pointer: arguments of a call.</summary>
    public VirtualAddress StackPointer => new(context.Registers.Esp);

    /// <summary>A wait for a thread is over when it has ended.</summary>
    public override bool IsSetFor(GuestThread thread) => State == GuestThreadState.Ended;
}
