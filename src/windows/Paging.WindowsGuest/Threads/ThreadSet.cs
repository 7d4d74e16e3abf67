using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;
using Paging.Windows;
using Paging.Windows.Spaces;

namespace Paging.WindowsGuest.Threads;

/// <summary>The threads of a program on one processor: all, the running one, and the order of turns.</summary>
/// <remarks>Turns are round-robin. At the turn of a waiting thread its wait is checked again: the object may be
/// signalled, or the timeout may have passed.</remarks>
internal sealed class ThreadSet(GuestProcessor processor, WindowsProcess process, ProgramClock clock, VirtualAddress returnStub)
    : IDisposable
{
    private const int BlockEntry = 6;    // GDT_ENTRY_TLS_MIN, as the processor has Linux's table
    private const uint BlockSelector = (BlockEntry << 3) | 3, StartGap = 16;    // 3: the privilege of user code
    private const uint WaitAbandoned = 128, WaitTimeout = 258;    // WAIT_ABANDONED_0, WAIT_TIMEOUT

    private readonly List<GuestThread> _threads = [];
    private uint _lastId = 4;    // the process has it
    private int _turn;

    /// <summary>The process's block, to which all blocks of threads lead.</summary>
    public VirtualAddress ProcessBlock { get; set; }

    /// <summary>The stack size of a thread that does not request another one.</summary>
    public uint StackReserve { get; set; }

    /// <summary>The committed part.</summary>
    public uint StackCommit { get; set; }

    /// <summary>The needs of the image for each thread, or null.</summary>
    public TlsDirectory? Storage { get; set; }

    /// <summary>The thread that runs, or has run last.</summary>
    public GuestThread Current { get; private set; } = null!;

    /// <summary>Every thread, also those that have ended.</summary>
    public IReadOnlyList<GuestThread> All => _threads;

    /// <summary>True if a thread is left.</summary>
    public bool IsAnyAlive => _threads.Exists(static thread => thread.State != GuestThreadState.Ended);

    /// <summary>Makes a thread that begins with a function of one argument. Null: no memory for its stack or its block.</summary>
    public GuestThread? Make(VirtualAddress function, uint argument, uint stackReserve, uint stackCommit)
    {
        uint reserve = stackReserve == 0 ? StackReserve : stackReserve;
        if (!StackMaker.TryMake(process, reserve, stackCommit == 0 ? StackCommit : stackCommit, out StackBounds stack)) return null;
        if (!SystemMemory.TryTake(process, ThreadBlock.ByteLength + (Storage?.CopyLength ?? 0), out VirtualAddress place))
        {
            process.Memory.VirtualFree(stack.Allocation, 0, AllocationTypes.Release);
            return null;
        }

        ThreadBlock block = new(process, place);
        GuestContext context = processor.CreateContext();
        GuestThread thread = new(_lastId += 4, context, block, stack);
        block.Begin((uint)process.Id * 4, thread.Id, ProcessBlock, stack);
        if (Storage is not null)
        {
            Storage.Fill(place + ThreadBlock.ByteLength);
            block.SetStorage(place + ThreadBlock.ByteLength);
        }

        context.SetTls(BlockEntry, new(place, ThreadBlock.ByteLength - 1, TlsFlags.Is32Bit | TlsFlags.Useable));
        ref GuestRegisters registers = ref context.Registers;
        (registers.Fs, registers.Eip, registers.Esp) = (BlockSelector, function.Value, stack.Base.Value - StartGap);
        Push(thread, argument);
        Push(thread, returnStub.Value);
        _threads.Add(thread);
        return thread;
    }

    /// <summary>Pushes a word as code would. Returns false if the stack cannot take it.</summary>
    public bool Push(GuestThread thread, uint word)
    {
        ref GuestRegisters registers = ref thread.Context.Registers;
        registers.Esp -= 4;
        return process.Access.TryWrite(new VirtualAddress(registers.Esp), word, out _);
    }

    /// <summary>Gives the processor to a thread: its registers, its memory, its stack.</summary>
    public void Enter(GuestThread thread)
    {
        Current = thread;
        process.Stack = thread.Stack;
        processor.Switch(process.User, thread.Context);
    }

    /// <summary>Notes the growth of the running thread's stack, and writes it into the thread's block.</summary>
    public void Leave()
    {
        if (process.Stack == Current.Stack) return;    // seldom changed: saves the stores
        Current.Stack = process.Stack;
        Current.Block.Show(process.Stack);
    }

    /// <summary>The next thread that can run; null if none can now.</summary>
    public GuestThread? Next()
    {
        for (int i = 1; i <= _threads.Count; i++)
        {
            GuestThread thread = _threads[(_turn + i) % _threads.Count];
            if (thread.State == GuestThreadState.Waiting) LookAgain(thread);
            if (thread.State != GuestThreadState.Ready) continue;
            _turn = (_turn + i) % _threads.Count;
            return thread;
        }

        return null;
    }

    /// <summary>The time until a thread's timeout; null if none waits for a time.</summary>
    public TimeSpan? UntilNextDeadline => _threads.Where(static thread => thread is { State: GuestThreadState.Waiting, Deadline: not null })
        .Min(static thread => thread.Deadline) - clock.Elapsed;

    /// <summary>A thread ends: its stack is free; its block stays until the process ends, because handles lead to the thread.</summary>
    public void End(GuestThread thread, uint exitCode)
    {
        (thread.State, thread.ExitCode) = (GuestThreadState.Ended, exitCode);
        process.Stack = default;
        process.Memory.VirtualFree(thread.Stack.Allocation, 0, AllocationTypes.Release);
    }

    public void Dispose()
    {
        foreach (GuestThread thread in _threads) thread.Context.Dispose();
    }

    /// <summary>Makes a thread wait until one or all of the objects are set, or its time has passed.</summary>
    public void Wait(GuestThread thread, IReadOnlyList<Waitable> awaited, bool awaitsAll, uint milliseconds)
    {
        (thread.State, thread.Awaited, thread.AwaitsAll) = (GuestThreadState.Waiting, awaited, awaitsAll);
        thread.Deadline = milliseconds == uint.MaxValue ? null : clock.Elapsed + TimeSpan.FromMilliseconds(milliseconds);
        if (awaited.Count != 0) LookAgain(thread);    // Sleep(0) gives its turn away
    }

    private void LookAgain(GuestThread thread)
    {
        int first = -1, count = 0;
        for (int i = thread.Awaited.Count - 1; i >= 0; i--)    // the lowest index of several wins (WaitForMultipleObjects)
        {
            if (!thread.Awaited[i].IsSetFor(thread)) continue;
            (first, count) = (i, count + 1);
        }

        bool isOver = thread.AwaitsAll ? count == thread.Awaited.Count && count != 0 : first >= 0;
        bool isLate = thread.Deadline <= clock.Elapsed;
        if (!isOver && !isLate) return;
        bool isAbandoned = false;    // a wait for all does not report which one
        // All at once: a wait for all never holds some of them
        if (isOver && thread.AwaitsAll) foreach (Waitable one in thread.Awaited) isAbandoned |= one.Take(thread);
        else if (isOver) isAbandoned = thread.Awaited[first].Take(thread);
        uint result = (isAbandoned ? WaitAbandoned : 0) + (thread.AwaitsAll ? 0 : (uint)first);
        thread.Context.Registers.Eax = isOver ? result : thread.Awaited.Count == 0 ? 0 : WaitTimeout;
        (thread.State, thread.Awaited, thread.Deadline) = (GuestThreadState.Ready, [], null);
    }
}
