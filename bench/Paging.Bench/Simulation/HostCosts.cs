using System.Diagnostics;
using System.Globalization;
using Paging.Bench.Host;
using Paging.Bench.Operations.Threads;
using Paging.Core.Threads;

namespace Paging.Bench.Simulation;

/// <summary>What threads on the host's processors pay for each other, in nanoseconds: measured by two of them.</summary>
/// <param name="Transfer">A call just after another processor's, beyond one after its own: cache lines of lock, lists, counters.</param>
/// <param name="Wake">From the signal until a sleeping thread runs.</param>
/// <param name="Barrier">A process-wide barrier beside a running thread.</param>
/// <param name="Pause">One iteration of <see cref="Thread.SpinWait"/>.</param>
/// <param name="Point">What a point of <see cref="Interleaving"/> adds to a hold while it is measured.</param>
/// <param name="Fence">The same for a fence.</param>
internal readonly record struct HostCosts(double Transfer, double Wake, double Barrier, double Pause, double Point = 0, double Fence = 0)
{
    private const int Rounds = 2_000;

    /// <summary>Measures all but the last two, which only a process with a scheduler has.</summary>
    public static HostCosts Measure()
    {
        double alone = MeasureCalls(apart: false), inHold = MeasureCalls(apart: true);
        return new(Math.Max(inHold - alone, 0), MeasureWake(), MeasureBarrier(), MedianOf(static () => Thread.SpinWait(32)) / 32);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"A call after another processor's takes {Transfer:F0} ns more, a wake {Wake:F0}, a barrier {Barrier:F0}, a pause {Pause:F1}");

    /// <summary>The median of mmap, a write, and munmap by two threads, strictly in turn, or by one of them.</summary>
    private static double MeasureCalls(bool apart)
    {
        using ThreadWorld world = new(threads: 2, 4 << 20);
        int next = 0;
        List<double>[] times = [[], []];
        world.Team.Run(2 * Rounds, (thread, count) =>
        {
            Core.VirtualProcessor processor = world.Processor(thread);
            for (int i = 0; i < count && (apart || thread == 0); i++)
            {
                while (Volatile.Read(ref next) != thread) Thread.SpinWait(1);
                processor.Run(world.Process);
                long began = Stopwatch.GetTimestamp();
                ThreadWorld.MapTouchUnmap(world.Space);
                times[thread].Add(HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - began));
                processor.Rest();
                if (apart) Volatile.Write(ref next, 1 - thread);
            }
        });
        return Median(times[0]);
    }

    private static double MeasureWake()
    {
        object bell = new();
        bool isAsleep = false, isOver = false;
        long signalled = 0;
        List<double> times = [];
        Thread sleeper = new(() =>
        {
            lock (bell)
            {
                while (!isOver)
                {
                    isAsleep = true;
                    Monitor.Wait(bell);
                    times.Add(HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - signalled));
                }
            }
        });
        sleeper.Start();
        for (int i = 0; i < Rounds / 4; i++)
        {
            while (!Volatile.Read(ref isAsleep)) Thread.SpinWait(1);
            lock (bell)
            {
                isAsleep = false;
                isOver = i == Rounds / 4 - 1;
                signalled = Stopwatch.GetTimestamp();
                Monitor.Pulse(bell);
            }
        }

        sleeper.Join();
        return Median(times);
    }

    private static double MeasureBarrier()
    {
        bool isOver = false;
        Thread other = new(() =>
        {
            while (!Volatile.Read(ref isOver)) Thread.SpinWait(1);
        });
        other.Start();
        double median = MedianOf(Interlocked.MemoryBarrierProcessWide);
        Volatile.Write(ref isOver, true);
        other.Join();
        return median;
    }

    private static double MedianOf(Action step)
    {
        List<double> times = [];
        for (int i = 0; i < Rounds; i++)
        {
            long began = Stopwatch.GetTimestamp();
            step();
            times.Add(HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - began));
        }

        return Median(times);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
