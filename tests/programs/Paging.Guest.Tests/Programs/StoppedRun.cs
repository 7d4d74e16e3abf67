using System.Text;
using Microsoft.Win32.SafeHandles;
using Paging.Core;

namespace Paging.Guest.Tests;

/// <summary>One program that is stopped, saved, and resumed in another machine, as often as one likes, in one root.</summary>
internal sealed class StoppedRun(string root)
{
    /// <summary>What the steps between stops are drawn from.</summary>
    public const int Seed = 20;

    private readonly string _input = Path.Combine(root, ".input"), _output = Path.Combine(root, ".output"),
        _errors = Path.Combine(root, ".errors");

    private byte[]? _checkpoint;
    private List<byte[]> _pages = [];

    public ulong RamBytes { get; init; } = 64 << 20;

    /// <summary>The program's standard input.</summary>
    public string Input { get; init; } = "";

    /// <summary>Pages are saved apart from the rest, and come when they are touched.</summary>
    public bool IsApart { get; init; }

    /// <summary>The processors of the machines, one after the other; the last one serves the rest.</summary>
    public IReadOnlyList<GuestExecution> Executions { get; init; } = [GuestRun.AnyExecution];

    /// <summary>Has the last checkpoint.</summary>
    public ReadOnlyMemory<byte> Checkpoint => _checkpoint;

    /// <summary>The reasons why a run could not be saved where it was first stopped; it went on for another step then.</summary>
    public HashSet<string> Obstacles { get; } = new(StringComparer.Ordinal);

    /// <summary>Asserts that a program writes the same and ends the same, however often it is stopped, saved and resumed.</summary>
    /// <param name="runCount">How often it runs.</param>
    /// <param name="stopCount">How often each run is stopped.</param>
    /// <param name="stepsMax">The steps between two stops are drawn below that.</param>
    /// <param name="source">The program.</param>
    /// <param name="name">Where it is installed in the root.</param>
    /// <param name="arguments">The program's arguments.</param>
    public static void AssertGoesOn(int runCount, int stopCount, int stepsMax, string source, string name, params string[] arguments) =>
        AssertGoesOn(runCount, stopCount, stepsMax, isApart: false, source, name, arguments);

    /// <summary>The same; with <see cref="IsApart"/>.</summary>
    public static void AssertGoesOn(
        int runCount, int stopCount, int stepsMax, bool isApart, string source, string name, params string[] arguments)
    {
        using GuestRun whole = new();
        Outcome expected = whole.AsGuest(whole.Install(source, name), arguments);
        Random random = new(Seed);
        for (int i = 0; i < runCount; i++)
        {
            using GuestRun home = new();
            StoppedRun run = new(home.Root) { IsApart = isApart };
            long[] stops = [.. Enumerable.Range(0, stopCount).Select(_ => (long)random.Next(1, stepsMax))];
            int count = run.Run(stops, out Outcome outcome, home.Install(source, name), arguments);
            Assert.Empty(run.Obstacles);
            Assert.True(outcome == expected,
                $"{name}, stopped {count} times at {string.Join(", ", stops)}: {outcome} instead of {expected}");
        }
    }

    /// <summary>Runs to the end, and is saved and resumed wherever a number of steps is over. Returns how often that was.</summary>
    /// <param name="stops">The steps of one machine after the other; the last machine has no limit.</param>
    /// <param name="outcome">The outcome of the program.</param>
    /// <param name="program">Where it is in the root.</param>
    /// <param name="arguments">The program's arguments.</param>
    public int Run(IEnumerable<long> stops, out Outcome outcome, string program, params string[] arguments)
    {
        foreach (GuestExecution execution in Executions) RequiredProcessor.Check(isDirect: execution == GuestExecution.Direct);
        if (Executions.Contains(GuestExecution.Direct)) ChildStops.Silence();
        File.WriteAllText(_input, Input);
        File.Delete(_output);
        File.Delete(_errors);
        _checkpoint = null;
        int count = 0;
        foreach (long stop in stops)
        {
            if (Go(stop, ExecutionOf(count), program, arguments) is { } status)
            {
                outcome = OutcomeOf(status);
                return count;
            }

            count++;
        }

        outcome = OutcomeOf(Go(stop: null, ExecutionOf(count), program, arguments)!.Value);
        return count;
    }

    private GuestExecution ExecutionOf(int machine) => Executions[Math.Min(machine, Executions.Count - 1)];

    private int? Go(long? stop, GuestExecution execution, string program, string[] arguments)
    {
        using SafeFileHandle input = File.OpenHandle(_input), output = Writer(_output), errors = Writer(_errors);
        StepCounter counter = new();
        using GuestKernel kernel = new(new()
        {
            Engine = new() { RamBytes = RamBytes },
            Root = root,
            WorkingDirectory = "/",
            Observer = counter,
            Execution = execution,
            Pace = GuestRun.PaceOf(execution),
            StandardStreams = [.. new[] { input, output, errors }.Select(static handle => (int)handle.DangerousGetHandle())],
        });
        if (_checkpoint is null)
        {
            Assert.Equal(Errno.None, kernel.Start(program, arguments, ["LC_ALL=C", "PATH=/bin", "TMPDIR=/tmp"]));
        }
        else
        {
            kernel.Resume(GuestCheckpoint.Open(new MemoryStream(_checkpoint)), IsApart ? new SavedPages(_pages) : null);
            Assert.Empty(kernel.Engine.Audit().Findings);
        }

        counter.StopAt(kernel, stop);
        GuestOutcome outcome = kernel.Run();
        for (long more = 1; outcome.End == GuestEnd.Stopped && kernel.FindObstacles() is { Count: > 0 } found; more *= 2)
        {
            Obstacles.UnionWith(found);
            counter.StopAt(kernel, more);
            outcome = kernel.Run();
        }

        Assert.Empty(kernel.Engine.Audit().Findings);
        if (outcome.End != GuestEnd.Stopped) return outcome.ShellStatus;
        using MemoryStream stream = new();
        List<byte[]> pages = [];
        kernel.Save(stream, IsApart ? bytes => pages.AddRange(bytes.ToArray().Chunk(4096)) : null);
        _pages = pages;
        _checkpoint = stream.ToArray();
        Assert.Empty(kernel.Engine.Audit().Findings);
        return null;
    }

    private Outcome OutcomeOf(int status) =>
        new(status, File.ReadAllText(_output, Encoding.Latin1), File.ReadAllText(_errors, Encoding.Latin1));

    /// <summary>Stops a machine after so many stretches of code and calls.</summary>
    private sealed class StepCounter : IGuestObserver
    {
        private GuestKernel? _kernel;
        private long? _left;

        public void StopAt(GuestKernel kernel, long? steps) => (_kernel, _left) = (kernel, steps);

        public void Started(PagingEngine engine) { }

        public void OnProgress(UserProcess process, string? call, long time)
        {
            if (--_left == 0) _kernel!.RequestStop();
        }
    }

    private sealed class SavedPages(List<byte[]> pages) : ISwapStore
    {
        public string Name => "saved pages";

        public uint SlotCount => (uint)pages.Count;

        public Errno Read(uint slot, Span<byte> page)
        {
            pages[(int)slot].CopyTo(page);
            return Errno.None;
        }

        public Errno Write(uint slot, ReadOnlySpan<byte> page) => Errno.EIO;

        public void Dispose() { }
    }

    // Where the machine before has written, the next one goes on.
    private static SafeFileHandle Writer(string path)
    {
        using (File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite)) { }
        FileStream stream = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        return stream.SafeFileHandle;
    }
}
