using System.Diagnostics;
using Paging.Core.Threads;
using Paging.Native.Diagnostics;

namespace Paging.Core;

/// <summary>Lets a thread use guest memory in an engine with many threads, and records when it uses none.</summary>
/// <remarks><code>
///   Run(process) ─► accesses through the process's Mmu ─► Poll ─► accesses ─► Poll ─► … ─► Rest
/// </code>
/// A call that takes memory away (unmap, protect, fork, truncate, reclaim) returns when every running thread has polled, rested, missed
/// after another thread, or ended. So a thread polls often, as after each block of guest code, and rests before it blocks or idles.
/// A span of guest memory is valid until the thread's next Poll, Rest or miss; pinned memory (<see cref="UserProcess.Pin"/>) until it is
/// unpinned.
/// Cost: a store for Poll and Rest, an atomic store for Run, nothing for hits. Belongs to the thread that made it.
/// </remarks>
[DebuggerDisplay("{Id} {Name}")]
public sealed class VirtualProcessor : IDisposable
{
    private readonly CallerCheck _callers;
    private readonly ProcessorState _state;
    private OwnerThread _owner;
    private bool _isDisposed;

    internal VirtualProcessor(CallerCheck callers, ProcessorState state)
    {
        (_callers, _state) = (callers, state);
        _owner.Become(Thread.CurrentThread);
    }

    /// <summary>The number: 1, 2, 3, … in the order of creation. Never used again.</summary>
    public int Id => _state.Id;

    /// <summary>The name in reports.</summary>
    public string Name => _state.Name;

    /// <summary>True between <see cref="Run"/> and <see cref="Rest"/>.</summary>
    public bool IsRunning => _state.Runs;

    /// <summary>
    /// How long an access waits for a page that a pager or a userfaultfd supplies, before it ends with <see
    /// cref="MemoryFaultKind.Pending"/>.
    /// </summary>
    /// <remarks>Zero at first: it does not wait. A waiting thread is at rest and not on the slow path, so others go on.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or longer than 24 days.</exception>
    public TimeSpan PendingWait
    {
        get => _state.PendingWait;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            // Monitor.Wait takes milliseconds as an int.
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMilliseconds(int.MaxValue));
            _state.PendingWait = value;
        }
    }

    /// <summary>Switches the thread to the memory of a process. It must use no other.</summary>
    /// <exception cref="InvalidOperationException">Another thread calls.</exception>
    /// <exception cref="ArgumentException">The process belongs to another engine.</exception>
    public void Run(UserProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        process.Memory.ThrowIfForeign(_callers, nameof(process));
        Check();
        _state.Run(process.Memory.Mmu);
    }

    /// <summary>Records that the thread no longer uses translations or spans of guest memory. It goes on running.</summary>
    /// <exception cref="InvalidOperationException">Another thread calls.</exception>
    public void Poll()
    {
        if (!_owner.IsHere) ThrowElsewhere();
        _state.Poll();
    }

    /// <summary>Records that the thread uses no guest memory until the next <see cref="Run"/>, so that no call waits for it.</summary>
    /// <exception cref="InvalidOperationException">Another thread calls.</exception>
    public void Rest()
    {
        if (!_owner.IsHere) ThrowElsewhere();
        _state.Rest();
    }

    /// <summary>Rests for good. The thread may get another processor.</summary>
    /// <exception cref="InvalidOperationException">Another thread calls, while the processor's own is alive.</exception>
    public void Dispose()
    {
        if (_isDisposed) return;
        if (_state.Thread.IsAlive) Check();    // a thread that has ended cannot, so any may do it
        _isDisposed = true;
        if (_callers.IsClosed) return;
        _state.Rest();
        using SlowPathHold hold = _callers.Hold();    // after Rest: no turn waits for this processor any more
        _callers.Shared!.Processors.Remove(_state);
    }

    private void Check()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_owner.IsHere) ThrowElsewhere();
    }

    private void ThrowElsewhere() =>
        throw new InvalidOperationException($"Virtual processor {Id} ('{Name}') belongs to thread " +
            $"{_state.Thread.ManagedThreadId} and was used by thread {Environment.CurrentManagedThreadId}. " +
            "Each thread makes one of its own with CreateProcessor.");
}
