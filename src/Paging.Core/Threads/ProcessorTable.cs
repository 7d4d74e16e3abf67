using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Core.Threads;

/// <summary>The virtual processors of one engine.</summary>
/// <remarks>Changes on the slow path only; the shootdown reads it there. A thread finds its own processor without the lock.</remarks>
internal sealed class ProcessorTable
{
    private readonly List<ProcessorState> _states = [];    // both: on the slow path
    private int _nextId = 1;

    // By managed thread ID, which no other thread gets while the processor refers to its thread. Faster than a ThreadLocal.
    private ProcessorState?[] _byThread = new ProcessorState?[64];

    /// <summary>All processors, in the order of their numbers. Read on the slow path.</summary>
    public ReadOnlySpan<ProcessorState> All => CollectionsMarshal.AsSpan(_states);

    /// <summary>The processor of the calling thread; null if it has none.</summary>
    public ProcessorState? Here
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ProcessorState?[] byThread = Volatile.Read(ref _byThread);
            int thread = ThisThread.Id;
            return (uint)thread < (uint)byThread.Length ? byThread[thread] : null;
        }
    }

    /// <summary>True if the calling thread runs in these translations.</summary>
    public bool RunsHereIn(TranslationCache cache) => Here is { Runs: true } state && state.Current == cache;

    /// <summary>Makes a processor for the calling thread. Precondition: it has none.</summary>
    public ProcessorState Add(string? name)
    {
        if (Check.Cheap && Here is not null) Check.ThrowUnmet($"Add: the thread has processor {Here.Id} already.");
        int id = _nextId++;
        ProcessorState state = new(id, name ?? $"processor {id}", Thread.CurrentThread);
        _states.Add(state);
        int thread = ThisThread.Id;
        ProcessorState?[] byThread = _byThread;
        if (thread >= byThread.Length) Array.Resize(ref byThread, Math.Max(thread + 1, byThread.Length * 2));
        byThread[thread] = state;    // before a new array is published: other threads read it without the slow path
        Volatile.Write(ref _byThread, byThread);
        return state;
    }

    /// <summary>Removes a processor: of the calling thread, or of one that has ended.</summary>
    public void Remove(ProcessorState state)
    {
        state.Rest();    // for a thread that ended while it ran
        _states.Remove(state);
        _byThread[state.Thread.ManagedThreadId] = null;
    }

    /// <summary>Finds a processor that runs or is in the middle of an access, other than the calling thread's.</summary>
    public bool TryFindRunning([NotNullWhen(true)] out ProcessorState? running)
    {
        running = _states.Find(static state =>
            state.Thread != Thread.CurrentThread && state.Thread.IsAlive && (state.IsAway || !ProcessorState.IsRest(state.Word)));
        return running is not null;
    }
}
