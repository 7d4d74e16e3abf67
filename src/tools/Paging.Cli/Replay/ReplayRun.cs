using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Paging.Cli.Replay.Engine;
using Paging.Core.Reclaim;
using Paging.Pictures.Reports;
using Paging.Remote;
using Paging.Traces;
using Paging.Traces.Offline;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Cli.Replay;

/// <summary>A run of <c>paging replay</c>. Each trace is read once, or twice if its pages must be counted first.</summary>
/// <param name="options">The options.</param>
/// <param name="output">Receives the results and errors.</param>
/// <param name="input">Opens standard input.</param>
internal sealed class ReplayRun(ReplayOptions options, ScriptOutput output, Func<Stream> input)
{
    private const double CountingShare = 0.1;    // of the time, roughly, when pages are counted first
    private const double SimulatingShare = 0.2;  // and when the engine runs afterwards
    private readonly List<TraceFigures> _figures = [];
    private volatile int _sourceIndex;
    private volatile SharedReplay? _shared;
    private double _done, _share;                // of the source: by earlier passes, by the present one

    /// <summary>True when something could not be read or written.</summary>
    public bool HasUnusable { get; private set; }

    /// <summary>True if the engine's counts differ from the simulator's.</summary>
    public bool HasDifference { get; private set; }

    /// <summary>The part that is done, 0 to 1; may be read from another thread.</summary>
    public double DoneFraction
    {
        get
        {
            int index = _sourceIndex;
            if (_shared is { } shared) return shared.DoneFraction;
            if (index >= options.Sources.Length) return 1;
            double done = Volatile.Read(ref _done) + (Volatile.Read(ref _share) * options.Sources[index].DoneFraction);
            return (index + Math.Min(done, 1)) / options.Sources.Length;
        }
    }

    private bool NeedsCounting => options.NeedsPageCount || options.Engine;

    /// <summary>Runs to the end, with a progress bar on standard error if it takes long and that is a terminal.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Execute(ReplayOptions options, TextWriter output, TextWriter errors, Terminals terminals, Func<Stream>? input)
    {
        ScriptOutput lines = new(output, errors, terminals.HasFlag(Terminals.Output));
        ReplayRun run = new(options, lines, input ?? StandardStreams.OpenInput);
        ProgressBar.Run(run.RunAll, "traces", () => run.DoneFraction, lines, errors, terminals.HasFlag(Terminals.Errors));
        output.Flush();
        errors.Flush();
        if (run.HasUnusable) return ExitCode.Unusable;
        return run.HasDifference ? ExitCode.Difference : ExitCode.Agreement;
    }

    /// <summary>Runs all traces, and writes the results and the plot.</summary>
    public void RunAll()
    {
        if (options.Store is { } store) ReplayTogether(store);
        else
            foreach (TraceSource source in options.Sources)
            {
                if (ReplayOrReport(source) is { } figures) Show(figures);
                _sourceIndex++;
            }

        if (options.PlotFile is { } plot && _figures.Count > 0
            && !UserFiles.TryWrite(plot, ReplayPictures.Plot(_figures), out string? refusal))
            Refuse(refusal!);
        if (options.ReportFile is { } page && _figures.Count > 0
            && !UserFiles.TryWrite(page, ReportPage.Write("paging replay", [.. _figures.Select(ReplayPictures.Of)]), out refusal))
            Refuse(refusal!);
    }

    private void Show(TraceFigures figures)
    {
        bool isFirst = _figures.Count == 0;
        _figures.Add(figures);
        output.WriteLine(options.Csv ? ReplayCsv.Render(figures, withHeader: isFirst) : ReplayTable.Render(figures));
        foreach (string difference in figures.Engine?.Differences ?? []) output.WriteError(difference);
        HasDifference |= figures.Engine is { Differences.IsEmpty: false };
    }

    private void ReplayTogether(RemoteAddress store)
    {
        try
        {
            using RedisServer server = RedisServer.Connect(store);
            _shared = new SharedReplay(options, new JobQueue(server, store, "replay"));
            foreach (TraceFigures figures in _shared.Run(JobWorker.NewName())) Show(figures);
        }
        catch (RemoteException failure)
        {
            Refuse($"--store {failure.Message}");
        }
        catch (Exception exception) when (exception is TraceFormatException || UserFiles.IsRefusal(exception))
        {
            Refuse(exception.Message);
        }

        _sourceIndex = options.Sources.Length;
    }

    private TraceFigures? ReplayOrReport(TraceSource source)
    {
        try
        {
            return Replay(source);
        }
        catch (RemoteException failure)
        {
            Refuse($"--swap {failure.Message}");
            return null;
        }
        catch (Exception exception) when (exception is TraceFormatException || UserFiles.IsRefusal(exception))
        {
            Refuse(source.Explain(exception));
            return null;
        }
    }

    private TraceFigures Replay(TraceSource source)
    {
        TraceRecorder? recorder = options.Engine && options.Policies.Any(static policy => policy.Online is null) ? new() : null;
        int pageCount = NeedsCounting
            ? Stream(source, recorder is null ? [] : [recorder], done: 0, share: CountingShare).DistinctPageCount : 0;
        (ImmutableArray<int> rows, ImmutableArray<int> curve) = options.FramesFor(pageCount);
        List<(string Policy, TraceSimulator Simulator)> runs = [];
        foreach (ReplayPolicy policy in options.Policies)
            foreach (int frameCount in rows.Union(curve).Order())
                runs.Add((policy.Name, policy.Simulate(frameCount)));
        double before = NeedsCounting ? CountingShare : 0;
        TraceReplay replay = Stream(source, [.. runs.Select(static run => run.Simulator)], before,
            (options.Engine ? SimulatingShare : 1) - before);
        TraceFigures figures = new(source.Name, replay.AccessCount, replay.DistinctPageCount, replay.HasStores ? replay.StoreCount : null,
            FiguresOf(runs, rows, replay.HasStores), FiguresOf(runs, curve, replay.HasStores));
        return options.Engine ? figures with
        {
            Engine = RunEngines(source, figures, recorder?.Future),
            MachineName = options.Prices?.Name ?? "",
        } : figures;
    }

    /// <summary>Runs one engine after the other, since each may need as much RAM as the trace.</summary>
    private EngineFigures RunEngines(TraceSource source, TraceFigures simulated, FutureUses? future)
    {
        EngineFigures figures = EngineFigures.None;
        double share = (1 - SimulatingShare) / simulated.Rows.Length;
        for (int index = 0; index < simulated.Rows.Length; index++)
        {
            PolicyFigures row = simulated.Rows[index];
            ReclaimPolicy policy = new EnginePolicyMaker(row.FrameCount, future).Make(ReplayCatalog.Find(row.Policy)!);
            using EngineSimulator engine = new(simulated.PageCount, row.FrameCount, policy, options.Swap?.Open(output.WriteError),
                options.Prices);
            Stream(source, [engine], SimulatingShare + (index * share), share);
            engine.Audit();
            figures = figures.With(simulated.Name, row, engine);
        }
        return figures;
    }

    private TraceReplay Stream(TraceSource source, ImmutableArray<TraceSimulator> simulators, double done, double share)
    {
        Volatile.Write(ref _share, share);
        Volatile.Write(ref _done, done);
        return source.Replay(options.Format, input, NeedsCounting, simulators);
    }

    private static ImmutableArray<PolicyFigures> FiguresOf(
        List<(string Policy, TraceSimulator Simulator)> runs, ImmutableArray<int> frameCounts, bool hasStores) =>
        [
            .. from run in runs
               where frameCounts.Contains(run.Simulator.FrameCount)
               select new PolicyFigures(run.Policy, run.Simulator.FrameCount, run.Simulator.MissCount, hasStores
                   ? run.Simulator.DirtyEvictionCount : null),
        ];

    private void Refuse(string error)
    {
        HasUnusable = true;
        output.WriteError(error);
    }

    /// <summary>Records the page of each access, for a policy that needs the future accesses.</summary>
    private sealed class TraceRecorder() : TraceSimulator(frameCount: 1)
    {
        private readonly List<int> _ids = [];

        public override long? DirtyEvictionCount => null;

        /// <summary>The future of the recorded accesses.</summary>
        public FutureUses Future => new(CollectionsMarshal.AsSpan(_ids));

        public override void Run(in TraceBlock block) => _ids.AddRange(block.PageIds.Span);
    }
}
