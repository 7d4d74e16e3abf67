using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Paging.Core.Threads;

namespace Paging.Core.Tests;

//   choice     0      1      0      2        which of the possible steps was taken; the next run counts up, from the last choice on
//   run 1      0      0      0      0
//   run 2      0      0      0      1
/// <summary>Runs threads one at a time through every order in which they can pass the engine's yield points.</summary>
/// <remarks>
/// A step is a thread's way to its next yield point, or a delayed store that becomes visible. Stores that the engine delays are those that
/// x86 may delay: each thread's own leave in order. Depth first, by the choices of the run before (as Loom and CHESS).
/// </remarks>
internal sealed class InterleavingScheduler : IInterleavingScheduler
{
    [ThreadStatic] private static Participant? t_here;
    [ThreadStatic] private static bool t_isQuiet;

    private readonly List<(int Chosen, int Count)> _choices = [];
    private readonly List<Participant> _participants = [];
    private int _depth;
    private ExceptionDispatchInfo? _failure;

    /// <summary>How many orders were run.</summary>
    public int RunCount { get; private set; }

    public int ProcessorCount => 1;    // no thread spins: it would only add orders

    public long Timestamp { get; private set; }

    private DelayedStores Delayed { get; init; }
    private HostFlaw Flaw { get; init; }

    /// <summary>Runs every order.</summary>
    /// <param name="prepare">Makes the threads' programs, and the check for when they have ended.</param>
    /// <param name="runsMax">Fails when there are more orders.</param>
    /// <param name="delayed">Which stores may be late. Each multiplies the orders.</param>
    /// <param name="flaw">What the protocol relies on and does not get.</param>
    public static int RunAll(
        Func<(Action[] Programs, Action Check)> prepare, int runsMax = 200_000, DelayedStores delayed = DelayedStores.ButTheLocks,
        HostFlaw flaw = HostFlaw.None)
    {
        InterleavingScheduler scheduler = new() { Delayed = delayed, Flaw = flaw };
        Interleaving.Scheduler = scheduler;
        try
        {
            do
            {
                if (scheduler.RunCount == runsMax) throw new InvalidOperationException($"There are more than {runsMax} orders.");
                scheduler.RunOnce(prepare());
            }
            while (scheduler.TryNext());
            return scheduler.RunCount;
        }
        finally
        {
            Interleaving.Scheduler = null;
            foreach (Participant participant in scheduler._participants) participant.Dispose();
        }
    }

    public void Yield()
    {
        if (t_here is { } here && !t_isQuiet) PassOn(here);
    }

    /// <summary>Does what no order of the other threads can disturb in one step, so that there are fewer orders.</summary>
    public static void InOneStep(Action step) => InOneStep(() =>
    {
        step();
        return true;
    });

    /// <inheritdoc cref="InOneStep(Action)"/>
    public static T InOneStep<T>(Func<T> step)
    {
        t_isQuiet = true;
        T result = step();
        t_isQuiet = false;
        return result;
    }

    /// <summary>Makes the rest of the calling thread's program one step, which ends only where the thread waits.</summary>
    public static void EndInOneStep() => t_isQuiet = true;

    public void Pause(int iterations) => Timestamp += Stopwatch.Frequency;    // longer than any thread's patience

    public void WaitUntil(Func<bool> condition)
    {
        if (t_here is not { } here) return;
        here.Condition = condition;
        PassOn(here);
    }

    public bool TryStoreLater(Action store)
    {
        if (t_isQuiet || Delayed == DelayedStores.None || (store.Target is SlowPathLock && Delayed != DelayedStores.All)) return false;
        t_here?.Stores.Add(store);
        return t_here is not null;
    }

    public void Fence() => t_here?.Flush();

    public void FenceAll()
    {
        if (t_here is null || Flaw == HostFlaw.BarrierOfNoOtherThread) return;
        foreach (Participant participant in _participants) participant.Flush();
    }

    private void RunOnce((Action[] Programs, Action Check) run)
    {
        RunCount++;
        _depth = 0;
        while (_participants.Count < run.Programs.Length) _participants.Add(new(this));
        for (int i = 0; i < run.Programs.Length; i++) _participants[i].Prepare(run.Programs[i]);
        Next()?.Go.Set();
        foreach (Participant participant in _participants) participant.AwaitEnd();
        foreach (Participant participant in _participants) participant.Flush();
        _failure?.Throw();
        try
        {
            run.Check();
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Order {RunCount}, choices {Choices}: {failure.Message}",
                failure);
        }
    }

    /// <summary>The calling thread has come to a yield point: another one goes on, or it does itself.</summary>
    private void PassOn(Participant here)
    {
        Participant? next = Next();
        if (next == here) return;
        next?.Go.Set();
        here.Go.WaitOne();
    }

    private void End(Participant here, Exception? failure)
    {
        here.IsDone = true;
        if (failure is not null) _failure ??= ExceptionDispatchInfo.Capture(failure);
        Next()?.Go.Set();
    }

    /// <summary>Chooses steps until one is a thread's.</summary>
    private Participant? Next()
    {
        while (true)
        {
            Participant[] ready = [.. _participants.Where(static participant => participant.IsReady)];
            Action[] delayed = [.. _participants.SelectMany(one => one.Stores.Take(Flaw == HostFlaw.StoresInAnyOrder ? int.MaxValue : 1))];
            int count = ready.Length + delayed.Length;
            if (count == 0)
            {
                if (_participants.Exists(static participant => !participant.IsDone)) Abort();
                return null;
            }

            int chosen = Choose(count);
            if (chosen >= ready.Length)
            {
                Action store = delayed[chosen - ready.Length];
                _participants.Find(one => one.Stores.Remove(store));
                store();
                continue;
            }

            ready[chosen].Condition = null;
            return ready[chosen];
        }
    }

    /// <summary>No thread can go on. They would wait for ever, so nothing but this message helps.</summary>
    private void Abort() =>
        throw new InvalidOperationException($"T11: no thread can go on after choices {Choices}.");

    private int Choose(int count)
    {
        if (_depth == _choices.Count) _choices.Add((0, count));
        (int chosen, int before) = _choices[_depth];
        if (before != count)
            throw new InvalidOperationException("The same choices have led elsewhere: the programs are not deterministic.");
        _depth++;
        return chosen;
    }

    private string Choices => string.Join(' ', _choices.Select(static choice => choice.Chosen));

    private bool TryNext()
    {
        while (_choices.Count != 0)
        {
            (int chosen, int count) = _choices[^1];
            _choices.RemoveAt(_choices.Count - 1);
            if (chosen + 1 == count) continue;
            _choices.Add((chosen + 1, count));
            return true;
        }

        return false;
    }

    /// <summary>Which plain stores may be seen late.</summary>
    internal enum DelayedStores
    {
        /// <summary>None: for tests whose outcome an atomic instruction decides.</summary>
        None,

        /// <summary>All but the release of the slow path: for tests of steps within a hold.</summary>
        ButTheLocks,

        /// <summary>All.</summary>
        All,
    }

    /// <summary>An assurance of the host that is missing, for tests that show what a protocol is protected by.</summary>
    internal enum HostFlaw
    {
        /// <summary>None.</summary>
        None,

        /// <summary>The process-wide barrier makes no other thread's stores visible.</summary>
        BarrierOfNoOtherThread,

        /// <summary>A thread's delayed stores become visible in any order: no store is a release.</summary>
        StoresInAnyOrder,
    }

    /// <summary>A thread that runs one program in each order. Threads are used again: making them took most of the time.</summary>
    private sealed class Participant : IDisposable
    {
        private readonly InterleavingScheduler _scheduler;
        private readonly Thread _thread;
        private readonly AutoResetEvent _ended = new(false);
        private Action? _program;

        public Participant(InterleavingScheduler scheduler)
        {
            _scheduler = scheduler;
            _thread = new(RunPrograms) { IsBackground = true };
            _thread.Start();
        }

        public AutoResetEvent Go { get; } = new(false);
        public List<Action> Stores { get; } = [];
        public Func<bool>? Condition { get; set; }
        public bool IsDone { get; set; } = true;
        public bool IsReady => !IsDone && Condition?.Invoke() != false;

        /// <summary>Makes the thread ready for a program, which begins when the thread is chosen.</summary>
        public void Prepare(Action program) => (_program, IsDone) = (program, false);

        public void AwaitEnd() => _ended.WaitOne();

        public void Dispose()
        {
            _program = null;
            Go.Set();
            _thread.Join();
            Go.Dispose();
            _ended.Dispose();
        }

        public void Flush()
        {
            foreach (Action store in Stores) store();
            Stores.Clear();
        }

        private void RunPrograms()
        {
            t_here = this;
            Go.WaitOne();
            while (_program is { } program)
            {
                Exception? failure = null;
                t_isQuiet = false;
                try
                {
                    program();
                }
                catch (Exception thrown)
                {
                    failure = thrown;
                }

                Flush();
                _scheduler.End(this, failure);
                _ended.Set();
                Go.WaitOne();
            }
        }
    }
}
