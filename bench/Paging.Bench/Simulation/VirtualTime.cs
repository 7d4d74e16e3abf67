using System.Diagnostics;
using Paging.Bench.Host;
using Paging.Core.Threads;

namespace Paging.Bench.Simulation;

//   participant   clock ──► its code runs, alone, to the next point of Interleaving ──► clock + cost ──► the least clock goes on
/// <summary>Runs threads one at a time, in the order that they would have on as many processors: each has a clock of its own.</summary>
/// <remarks>
/// What happens is decided by the engine's code: which holds a thread takes, who waits, spins, sleeps, and is handed the lock. How long it
/// takes is measured: the holds in the run of one thread, and <see cref="HostCosts"/>. (A discrete-event simulation by direct execution, as
/// the Wisconsin Wind Tunnel's.) Not modelled: the memory's bandwidth, and the stores of waiting threads that disturb the holder.
/// </remarks>
/// <param name="threads">The number of participants. Each has a processor.</param>
/// <param name="costs">What the host's processors take.</param>
/// <param name="holds">The lengths of holds; filled by the first run.</param>
internal sealed class VirtualTime(int threads, HostCosts costs, HoldLengths holds) : IInterleavingScheduler, IDisposable
{
    [ThreadStatic] private static Participant? t_here;

    private readonly Participant[] _participants = [.. Enumerable.Range(0, threads).Select(static number => new Participant(number))];
    private int _joined, _lastHolder = -1;

    public int ProcessorCount => threads;

    public long Timestamp => t_here is { } here ? (long)(here.Clock * Stopwatch.Frequency / 1e9) : Stopwatch.GetTimestamp();

    /// <summary>True if the calling thread holds the slow path.</summary>
    public required Func<bool> IsHeldHere { get; init; }

    /// <summary>When the last thread ended, in nanoseconds.</summary>
    public double End { get; private set; }

    /// <summary>How many holds there were.</summary>
    public long HoldCount { get; private set; }

    /// <summary>Runs a participant's program on the calling thread, once all have come.</summary>
    public void Run(int number, Action program)
    {
        Participant here = t_here = _participants[number];
        if (Interlocked.Increment(ref _joined) == threads) Next(now: 0)!.Go.Release();
        here.Go.Wait();
        here.Begin();
        program();
        EndSegment(here);
        here.IsDone = true;
        End = Math.Max(End, here.Clock);
        t_here = null;
        Next(here.Clock)?.Go.Release();
    }

    /// <summary>The calling thread begins an operation, which takes so long outside holds.</summary>
    /// <param name="outside">Nanoseconds.</param>
    public void BeginOperation(double outside)
    {
        Participant here = t_here!;
        EndSegment(here);
        here.Hold = 0;
        here.Clock += outside;
        PassOn(here);
    }

    public void Yield()
    {
        if (t_here is not { } here) return;
        EndSegment(here);
        PassOn(here);
    }

    public void Pause(int iterations)
    {
        if (t_here is not { } here) return;
        here.Clock += iterations * costs.Pause;
        PassOn(here);
    }

    public void WaitUntil(Func<bool> condition)
    {
        if (t_here is not { } here) return;
        EndSegment(here);
        (here.Condition, here.Latency) = (condition, condition.Target is SlowPathWaiter ? costs.Wake : costs.Transfer);
        PassOn(here);
    }

    /// <summary>Returns false: the point before the store has already let others run.</summary>
    public bool TryStoreLater(Action store) => false;

    public void Fence()
    {
        if (t_here is { } here) here.Fences++;
    }

    public void FenceAll()
    {
        if (t_here is not { } here) return;
        here.Clock += threads == 1 ? 0 : costs.Barrier;
        here.Begin();    // the host's own barrier is not counted as well
    }

    public void Dispose()
    {
        foreach (Participant participant in _participants) participant.Go.Dispose();
    }

    /// <summary>Adds what the thread's code took since its last point, if that was part of a hold.</summary>
    private void EndSegment(Participant here)
    {
        double elapsed = HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - here.Began);
        if (IsHeldHere())
        {
            elapsed -= costs.Point + here.Fences * costs.Fence;
            here.Clock += holds.Of((here.Hold, here.Segment++), Math.Max(elapsed, 0), isAlone: threads == 1);
            if (!here.IsInTurn && _lastHolder != here.Number && threads > 1) here.Clock += costs.Transfer;
            (here.IsInTurn, _lastHolder) = (true, here.Number);
        }
        else if (here.IsInTurn)
        {
            (here.IsInTurn, here.Segment) = (false, 0);
            here.Hold++;
            HoldCount++;
        }
    }

    private void PassOn(Participant here)
    {
        Participant next = Next(here.Clock) ?? throw new InvalidOperationException("T11: no thread can go on.");
        if (next != here)
        {
            next.Go.Release();
            here.Go.Wait();
        }

        here.Begin();
    }

    /// <summary>The thread with the least clock of those that wait for nothing.</summary>
    private Participant? Next(double now)
    {
        Participant? next = null;
        foreach (Participant one in _participants)
        {
            if (one.IsDone) continue;
            if (one.Condition is { } condition)
            {
                if (!condition()) continue;
                one.Clock = Math.Max(one.Clock, now) + one.Latency;
                one.Condition = null;
            }

            if (next is null || one.Clock < next.Clock) next = one;
        }

        return next;
    }

    private sealed class Participant(int number)
    {
        public SemaphoreSlim Go { get; } = new(0);
        public int Number => number;
        public double Clock { get; set; }
        public Func<bool>? Condition { get; set; }
        public double Latency { get; set; }
        public int Hold { get; set; }
        public int Segment { get; set; }
        public int Fences { get; set; }
        public bool IsInTurn { get; set; }
        public bool IsDone { get; set; }
        public long Began { get; private set; }

        public void Begin()
        {
            Fences = 0;
            Began = Stopwatch.GetTimestamp();
        }
    }
}
