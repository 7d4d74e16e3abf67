using System.Diagnostics;
using Paging.Native;
using Paging.Native.Translation;

namespace Paging.Core.Threads;

//   slow path      entries and cached translations change ──► Settle: wait ──► frames in limbo are free ──► the call returns
//                                                                 ▲
//   other thread   … hit, hit, [translation found, access], hit, Poll ──────── or Rest, or waits for the slow path
/// <summary>Waits until no thread can use a removed translation, as the processor's TLB shootdown does.</summary>
/// <remarks><code>
/// Always holds    T13 when a hold on the slow path ends, every translation that it took away is used by no thread
/// Waits for       the processors that run in a space that has lost translations since the last wait. Others cost nothing
/// How             the translations are zero already, for all threads share those of a space. A barrier in all threads of the process
///                 (membarrier) divides each thread's accesses into those before and after; after it, a thread that changes its word
///                 has finished the former, and the latter find nothing. So Poll needs no fence, and hits nothing at all
/// Cost            nothing was removed: a compare. No thread runs there: a fence and a check of each processor. Otherwise the barrier,
///                 1 to 5 µs, and the time until the slowest thread polls
/// Threading       on the slow path
/// Linux           kernel/sched/membarrier.c; arch/x86/mm/tlb.c flush_tlb_mm_range, whose IPI interrupts where we wait
/// </code></remarks>
internal sealed class Shootdown
{
    private const int HoldsPerThreadCheck = 64;    // the thread's state and the clock are calls of the runtime: not at every hold
    private const int SpinsBeforeSleep = 200;

    private readonly ProcessorTable _processors;
    private readonly TranslationPool _translations;
    private readonly FrameLimbo _limbo;
    private readonly TimeSpan _patience;
    private ulong _settled;    // the removals that no thread can use any more. Both: on the slow path
    private ulong _reported;    // removals for which a stuck thread was reported: holds that remove nothing more do not wait for it again

    /// <param name="processors">The processors of the engine.</param>
    /// <param name="translations">The translations of all spaces. Storage that they have lost is not reused before a wait (T13).</param>
    /// <param name="limbo">Keeps the frames that wait.</param>
    /// <param name="patience">The longest wait for a thread.</param>
    public Shootdown(ProcessorTable processors, TranslationPool translations, FrameLimbo limbo, TimeSpan patience)
    {
        (_processors, _translations, _limbo, _patience) = (processors, translations, limbo, patience);
        translations.Share(TrySettle);
    }

    /// <summary>Counts the waits, for reports.</summary>
    public long WaitCount { get; private set; }

    /// <summary>Counts the processors whose threads ended while they ran.</summary>
    public int LostCount { get; private set; }

    /// <summary>The frames that wait.</summary>
    public FrameLimbo Limbo => _limbo;

    /// <summary>The exception for the end of the hold, if a thread did not come to rest.</summary>
    public Exception? Report { get; private set; }

    /// <summary>True if a frame that is free now could still be touched by another thread.</summary>
    public bool MustKeep
    {
        get
        {
            if (IsSettled) return false;
            Interlocked.MemoryBarrier();    // as in TryWaitForAll
            return IsAnyoneConcerned();
        }
    }

    /// <summary>True if nothing was removed since the last wait, so that no frame waits either.</summary>
    public bool IsSettled => _translations.Removals == _settled;

    /// <summary>Keeps a frame until the next wait, or returns false: it can be freed at once.</summary>
    public bool TryKeep(FrameNumber frame)
    {
        if (!MustKeep) return false;
        _limbo.Add(frame);
        return true;
    }

    /// <summary>Waits for every thread that may use a removed translation, then frees the frames that waited.</summary>
    /// <returns>False if a thread did not come to rest in time. The frames keep waiting, and <see cref="Report"/> names it.</returns>
    public bool TrySettle()
    {
        ulong removals = _translations.Removals;
        if (IsSettled) return true;
        if (Interleaving.IsOn) Interleaving.Yield();
        if (!TryWaitForAll()) return false;
        if (Interleaving.IsOn) Interleaving.Yield();
        _settled = removals;
        _limbo.Free();
        return true;
    }

    /// <summary>Returns the report and clears it.</summary>
    public Exception? TakeReport()
    {
        Exception? report = Report;
        Report = null;
        return report;
    }

    private bool IsAnyoneConcerned()
    {
        foreach (ProcessorState state in _processors.All)
            if (IsConcerned(state)) return true;
        return false;
    }

    // The calling thread is on the slow path, and uses nothing that it found before.
    private bool IsConcerned(ProcessorState state) =>
        state.Thread != Thread.CurrentThread && state.Current is { } cache && cache.LastRemoval > _settled;

    private bool TryWaitForAll()
    {
        Interlocked.MemoryBarrier();    // removed translations are zero before the words are read; Run has the matching fence
        if (Interleaving.IsOn) Interleaving.Fence();
        bool isDivided = false;
        foreach (ProcessorState state in _processors.All)
        {
            if (!IsConcerned(state) || ProcessorState.IsRest(state.Word)) continue;
            if (!isDivided) Divide();
            isDivided = true;
            if (Interleaving.IsOn) Interleaving.Yield();
            if (!TryWaitFor(state)) return false;
        }

        return true;
    }

    /// <summary>A barrier in every thread: a word that changes after it was changed by a Poll after it.</summary>
    private void Divide()
    {
        Interleaving.FenceAll();
        WaitCount++;
    }

    private bool TryWaitFor(ProcessorState state)
    {
        long seen = state.Word;
        if (ProcessorState.IsRest(seen)) return true;
        if (state.StuckWord == seen && _reported == _translations.Removals) return !state.Thread.IsAlive && NoteLost(state);
        if (Interleaving.IsScheduled) state.AwaitChange(seen);
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        for (int hold = 1; state.Word == seen; hold++)
        {
            spin.SpinOnce(SpinsBeforeSleep);    // spins, then yields, then sleeps for a millisecond
            if (hold % HoldsPerThreadCheck != 0) continue;
            if (!state.Thread.IsAlive) return NoteLost(state);
            if (Stopwatch.GetElapsedTime(start) > _patience) return NoteStuck(state, Stopwatch.GetElapsedTime(start));
        }

        return true;
    }

    /// <summary>Records that the thread has ended without Rest. It can use nothing any more.</summary>
    private bool NoteLost(ProcessorState state)
    {
        state.Rest();
        LostCount++;
        return true;
    }

    private bool NoteStuck(ProcessorState state, TimeSpan waited)
    {
        (_reported, state.StuckWord) = (_translations.Removals, state.Word);
        Report = new TimeoutException($"The call is done, but virtual processor {state.Id} ('{state.Name}', thread " +
            $"{state.Thread.ManagedThreadId}) has run for {waited.TotalSeconds:0.0} s without Poll or Rest, and may still use what it " +
            $"took away. {_limbo.Count} frames wait for it. A thread polls often, and rests before it blocks.");
        return false;
    }
}
