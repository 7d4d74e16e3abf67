using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Paging.Core.Threads;

//   first touch on the slow path ──► MayOpen ──► Grant ──► touches of that thread run in parallel with those of others
//   any other hold, but for a miss that prepares a touch ──► Close: revoke, barrier, wait, fold ──► as if each had taken a hold
/// <summary>Lets first touches of memory run in parallel, until a hold needs the engine for itself.</summary>
/// <remarks><code>
/// Always holds    T16 while the gate is closed, no pass is valid, and every touch has been folded
/// Opening         the first thread waits until enough first touches came in a row, so that loads of other kinds pay no barriers.
///                 While the gate is open, other threads join at once
/// Cost            closed: a load per hold. Closing: a process-wide barrier if another thread has a pass, and O(passes)
/// Threading       on the slow path, except IsOpen
/// Linux           kernel/locking/rwsem.c and percpu-rwsem.c; biased locks of BRAVO (USENIX ATC '19), which keep the bias away for a
///                 multiple of the cost of revoking it
/// </code></remarks>
internal sealed class TouchGate
{
    // A close costs as much as some hundred holds save at most, and a touch that needs no hold saves a quarter of one at least.
    private const int TouchesToPay = 64;

    private readonly List<GatePass> _passes = [];
    private int _isOpen;    // written on the slow path, read by any thread; all others are used on the slow path
    private int _needed = 1, _inRow;
    private bool _hasMany;    // several threads had passes when the gate was open last

    /// <summary>The most first touches in a row that opening waits for. Fuzzers set it to 1, so that the gate opens often.</summary>
    public int NeededMax { get; set; } = 1024;

    /// <summary>True if at least one pass is valid: a snapshot.</summary>
    public bool IsOpen
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _isOpen) != 0;
    }

    /// <summary>The number of times that the gate was closed.</summary>
    public long CloseCount { get; private set; }

    /// <summary>Makes room for the passes of a number of processors, so that granting one allocates nothing.</summary>
    public void Prepare(int processors) => _passes.EnsureCapacity(processors);

    /// <summary>Counts a first touch on the slow path. Returns true if its thread may get a pass.</summary>
    public bool MayOpen() => IsOpen || ++_inRow >= _needed;

    /// <summary>Lets the pass's thread touch memory without the slow path.</summary>
    public void Grant(GatePass pass)
    {
        if (pass.IsValid) return;
        if (_passes is [{ IsAlone: true }])    // it stores without compare-and-exchange, which two threads may not
        {
            CloseForFault();
            _hasMany = true;    // after the close, which clears it
        }

        _passes.Add(pass);
        pass.Grant(alone: !_hasMany);
        Volatile.Write(ref _isOpen, 1);
    }

    /// <summary>Revokes all passes and folds their touches, before a hold that is not a miss.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Close()
    {
        CloseForFault();
        _inRow = 0;
    }

    /// <summary>Same as <see cref="Close"/>, for a miss that takes a whole hold. While the gate is closed, it interrupts no row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CloseForFault()
    {
        if (IsOpen) CloseSlowly();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CloseSlowly()
    {
        bool hasOthers = false;
        foreach (GatePass pass in CollectionsMarshal.AsSpan(_passes))
        {
            pass.Revoke();
            hasOthers |= pass.Processor.Thread != Thread.CurrentThread;
        }

        if (hasOthers) AwaitOthers();    // one barrier for all passes, as it costs microseconds
        uint touches = 0;
        foreach (GatePass pass in CollectionsMarshal.AsSpan(_passes)) touches += pass.Fold();
        _inRow = 0;
        _needed = touches < TouchesToPay ? Math.Min(_needed * 2, NeededMax) : Math.Max(_needed / 2, 1);
        _hasMany = _passes.Count > 1;
        _passes.Clear();
        CloseCount++;
        Volatile.Write(ref _isOpen, 0);    // last: a reader that finds the gate closed reads folded counts
    }

    /// <summary>Waits until no other thread is in a touch that began while its pass was valid.</summary>
    private void AwaitOthers()
    {
        if (Interleaving.IsOn) Interleaving.Yield();
        Interleaving.FenceAll();
        foreach (GatePass pass in CollectionsMarshal.AsSpan(_passes))
        {
            if (Interleaving.IsScheduled) AwaitScheduled(pass);
            SpinWait spin = default;
            while (pass.IsBusy) spin.SpinOnce(sleep1Threshold: -1);    // yields: a preempted thread needs a processor to leave
        }
    }

    /// <summary>A method of its own, because a closure is allocated where its variables are declared, used or not.</summary>
    private static void AwaitScheduled(GatePass pass) => Interleaving.WaitUntil(() => !pass.IsBusy);
}
