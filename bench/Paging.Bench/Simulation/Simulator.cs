using System.Diagnostics;
using System.Globalization;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations;
using Paging.Bench.Operations.Threads;
using Paging.Core;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Bench.Simulation;

//   this process    measures operations and the host, without a scheduler   ──► a child with the switch Paging.Interleaving
//   the child       one thread: the lengths of holds ──► 1, 4, 16 … threads by their clocks ──► the table
/// <summary>What several threads would do on more processors than the host has: the engine's code under a model of them.</summary>
internal static class Simulator
{
    private const int Rounds = 25, PointsMeasured = 10_000;

    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(1.5);

    /// <summary>Measures the host, and simulates in a process of its own, which prints the table.</summary>
    /// <returns>Its exit code.</returns>
    public static int Run(string processors)
    {
        InterleavedRunner runner = new(InterleavedRunner.RoundCountMin, InterleavedRunner.DefaultSeed);
        HostCosts costs = HostCosts.Measure();
        double[] measured =
        [
            costs.Transfer, costs.Wake, costs.Barrier, costs.Pause,
            .. SimulatedLoad.All.Select(load => runner.Run(Catalog.Named(load.Row)).Engine.MedianNanoseconds),
        ];
        using Process child = Process.Start(Environment.ProcessPath!,
            [.. OwnArguments(), "--simulate", processors, "--simulated-costs", string.Join(',', measured.Select(static value =>
                value.ToString("R", CultureInfo.InvariantCulture)))]);
        child.WaitForExit();
        return child.ExitCode;
    }

    /// <summary>In the child: simulates, with the costs that its parent has measured.</summary>
    public static void Simulate(string processors, string measured, TextWriter output)
    {
        AppContext.SetSwitch("Paging.Interleaving", true);    // before the first use of Interleaving, which reads it once
        double[] values = [.. measured.Split(',').Select(static value => double.Parse(value, CultureInfo.InvariantCulture))];
        ReadOnlySpan<double> alone = values.AsSpan(4);
        HostCosts costs = MeasurePoints(new(values[0], values[1], values[2], values[3]), alone[0]);
        int[] counts = [.. processors.Split(',').Select(static value => int.Parse(value, CultureInfo.InvariantCulture))];
        output.WriteLine(costs);
        output.WriteLine("Processors: ns for each operation of all, times one's rate, holds of 100 operations, closes of the gate");
        for (int i = 0; i < SimulatedLoad.All.Count; i++) Simulate(SimulatedLoad.All[i], alone[i], counts, costs, output);
    }

    private static void Simulate(SimulatedLoad load, double alone, int[] counts, HostCosts costs, TextWriter output)
    {
        (HoldLengths holds, double sum) = MeasureHolds(load, costs);
        double inHolds = sum / load.Operations, outside = Math.Max(alone - inHolds, 0);
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{load.Row,-34} {alone:F1}, in holds {inHolds:F1} "));
        foreach (int threads in counts)
        {
            Outcome outcome = RunOnce(load, threads, costs, holds, outside);
            double each = outcome.Nanoseconds / ((double)threads * load.Operations);
            output.Write(string.Create(CultureInfo.InvariantCulture,
                $"   {threads}: {each:F1} {alone / each:F1}x {outcome.Holds * 100.0 / (threads * load.Operations):F1} {outcome.Closes}"));
        }

        output.WriteLine();
    }

    /// <summary>The lengths of holds in the fastest of some runs by one thread.</summary>
    private static (HoldLengths Holds, double Sum) MeasureHolds(SimulatedLoad load, HostCosts costs)
    {
        (HoldLengths Holds, double Sum) least = (new(), double.MaxValue);
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < Rounds || Stopwatch.GetElapsedTime(start) < _warmUp; round++)    // until the code is optimised
        {
            HoldLengths holds = new();
            RunOnce(load, 1, costs, holds, outside: 0);
            double sum = holds.Freeze();
            if (sum < least.Sum) least = (holds, sum);
        }

        return least;
    }

    private static Outcome RunOnce(SimulatedLoad load, int threads, HostCosts costs, HoldLengths holds, double outside)
    {
        using ThreadWorld world = load.NewWorld(threads);
        VirtualAddress[] pages = load.MapWarm(world, threads);
        SlowPath slowPath = world.Engine.Parts.Machine.Callers.Shared!;
        using VirtualTime time = new(threads, costs, holds) { IsHeldHere = () => slowPath.IsHere };
        Interleaving.Scheduler = time;
        world.Team.Run(threads * load.Operations, (thread, count) => time.Run(thread, () =>
        {
            VirtualProcessor processor = world.Processor(thread);
            processor.Run(load.ProcessOf(world, thread));
            AddressSpace space = load.SpaceOf(world, thread);
            for (int i = 0; i < count; i++)
            {
                time.BeginOperation(outside);
                load.Step(space, pages[thread], i);
                processor.Poll();
            }

            processor.Rest();
        }));
        Interleaving.Scheduler = null;
        return new(time.End, time.HoldCount, slowPath.Gate.CloseCount);
    }

    /// <param name="costs">What is known.</param>
    /// <param name="inHolds">The nanoseconds of an operation that is all holds, in a process without a scheduler.</param>
    private static HostCosts MeasurePoints(HostCosts costs, double inHolds)
    {
        MeasureHolds(SimulatedLoad.Holds, costs);    // for its warm-up
        double point = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            HoldLengths points = new();
            using VirtualTime time = new(1, costs, points) { IsHeldHere = static () => true };
            Interleaving.Scheduler = time;
            time.Run(0, static () =>
            {
                for (int i = 0; i < PointsMeasured; i++) Interleaving.Yield();
            });
            point = Math.Min(point, points.Freeze() / PointsMeasured);
        }

        double fence = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < PointsMeasured; i++) Interleaving.Fence();
            fence = Math.Min(fence, HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - began) / PointsMeasured);
        }

        Interleaving.Scheduler = null;
        costs = costs with { Point = point, Fence = fence };
        (HoldLengths holds, double sum) = MeasureHolds(SimulatedLoad.Holds, costs);
        double rest = (sum - inHolds * SimulatedLoad.Holds.Operations) / holds.Count;    // of looks at the scheduler that it does not see
        return costs with { Point = point + Math.Max(rest, 0) };
    }

    /// <summary>The bench's own program, if the process was started as <c>dotnet Paging.Bench.dll</c>.</summary>
    private static string[] OwnArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) is "dotnet" ? [typeof(Simulator).Assembly.Location] : [];

    private readonly record struct Outcome(double Nanoseconds, long Holds, long Closes);
}
