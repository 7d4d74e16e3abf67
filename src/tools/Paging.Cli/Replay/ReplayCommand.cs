using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Costs.Prices;
using Paging.Remote;
using Paging.Traces;
using Paging.Traces.Reading;

namespace Paging.Cli.Replay;

/// <summary>The arguments and options of <c>paging replay</c>: how they are spelled, explained and checked.</summary>
internal sealed class ReplayCommand
{
    private const int PageByteLength = 4096;
    private static readonly string PolicyNames = string.Join(", ", ReplayCatalog.All.Select(static policy => policy.Name));

    private readonly Argument<string[]> _paths = new("TRACE")
    {
        Description = "Traces, plain, gzip or zstd; - is standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<TraceFormat> _format = CommandOption.Parsed(
        "--format", "auto|lackey|address|arc|lirs|csv|oracleGeneral|drmemtrace|perf|champsim",
        "Trace format: lackey (valgrind), address (s 0x1fffff50 1), arc (first count ignored request), "
            + "lirs (block), csv (page,store, or libCacheSim's time,id,size,op), oracleGeneral (its binary records), drmemtrace "
            + "(the text of its view tool), perf (perf script of perf mem) or champsim (its records of 64 bytes) [default: auto].",
        static result => ReadFormat(result));

    private readonly Option<ImmutableArray<int>> _frames = CommandOption.Parsed("--frames", "N[,N...]",
        "Numbers of frames, each a run of its own [default: 1/16, 1/8, 1/4 and 1/2 of the pages of the trace].",
        static result => ReadFrames(result));

    private readonly Option<ImmutableArray<int>> _ram = CommandOption.Parsed(
        "--ram", "SIZE", "Memory size, such as 64M, in place of --frames.", static result => ReadRam(result));

    private readonly Option<ImmutableArray<ReplayPolicy>> _policies = CommandOption.Parsed(
        "--policy", "P[,P...]|all", $"Policies to compare: {PolicyNames} [default: all].", static result => ReadPolicies(result));

    private readonly Option<bool> _engine = CommandOption.Flag("--engine",
        "Also run on the full engine: page tables, faults, a swap device. Exit 1 if its counts differ from the simulator's.");

    private readonly Option<PriceList?> _costs =
        CostLists.Make("With --engine: the time that each run takes on a machine, with swap on its device.");

    private readonly Option<SwapChoice?> _swap =
        SwapChoice.Make("With --engine: put the swap device on servers (docs/REMOTE.md).", windowPages: 1, takesSize: false);

    private readonly Option<bool> _csv =
        CommandOption.Flag("--csv", "Print only CSV: trace,policy,frames,accesses,misses,dirty_evictions.");

    private readonly Option<string> _report =
        CommandOption.OutputFile("--report", "FILE.html", "Write a page with miss-ratio curves, their knees and their numbers.");

    private readonly Option<string> _plot = CommandOption.OutputFile("--plot", "FILE.svg", "Write miss-ratio curves.");

    private readonly Option<RemoteAddress?> _store = CommandOption.InStore(
        "--store", "Share the work with other workers: each trace, policy and number of frames is a job (docs/REMOTE.md).");

    /// <summary>Builds the command for the parser; <paramref name="run"/> gets the options.</summary>
    public Command Build(Func<ReplayOptions, int> run)
    {
        Command command = new("replay",
            "Run traces of memory or disk accesses through page replacement policies and compare their misses.")
        {
            _paths, _format, _frames, _ram, _policies, _engine, _costs, _swap, _csv, _plot, _report, _store,
        };
        _policies.CompletionSources.Add(static context => PoliciesAfter(context.WordToComplete));
        command.Validators.Add(result =>
        {
            if (result.GetResult(_frames) is not null && result.GetResult(_ram) is not null)
                result.AddError("--frames and --ram exclude each other");
            if (result.GetResult(_store) is not null && result.GetValue(_engine))
                result.AddError("--engine cannot be used with --store");
            if (result.GetResult(_store) is not null && result.GetValue(_paths) is { } paths && paths.Contains("-", StringComparer.Ordinal))
                result.AddError("--store needs traces in files, not from standard input");
            if (result.GetResult(_swap) is not null && !result.GetValue(_engine)) result.AddError("--swap is the engine's: add --engine");
            if (result.GetResult(_costs) is not null && !result.GetValue(_engine)) result.AddError("--costs is the engine's: add --engine");
        });
        command.SetAction(result => run(OptionsOf(result)));
        return command;
    }

    /// <summary>The words that may follow the commas of a list of policies.</summary>
    private static IEnumerable<CompletionItem> PoliciesAfter(string word)
    {
        string before = word[..(word.LastIndexOf(',') + 1)];
        IEnumerable<string> names = ReplayCatalog.All.Select(static policy => policy.Name);
        return (before.Length == 0 ? names.Prepend("all") : names).Select(name => new CompletionItem(before + name));
    }

    private ReplayOptions OptionsOf(ParseResult result) => new()
    {
        Sources = [.. result.GetRequiredValue(_paths).Select(static path => new TraceSource(path))],
        Format = result.GetValue(_format),
        FrameCounts = result.Or(_ram, result.Or(_frames, [])),
        Policies = result.Or(_policies, ReplayCatalog.All),
        Engine = result.GetValue(_engine),
        Prices = result.GetValue(_costs),
        Swap = result.GetValue(_swap),
        Store = result.GetValue(_store),
        Csv = result.GetValue(_csv),
        PlotFile = result.GetValue(_plot),
        ReportFile = result.GetValue(_report),
    };

    private static TraceFormat ReadFormat(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        foreach (TraceFormat format in Enum.GetValues<TraceFormat>())
            if (string.Equals(format.ToString(), text, StringComparison.OrdinalIgnoreCase)) return format;
        result.AddError($"--format is auto, lackey, address, arc, lirs, csv, oracleGeneral, drmemtrace, perf or champsim, not '{text}'");
        return default;
    }

    private static ImmutableArray<int> ReadFrames(ArgumentResult result)
    {
        List<int> frameCounts = [];
        foreach (string text in result.Tokens[0].Value.Split(','))
        {
            bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int frameCount);
            if (isNumber && frameCount is >= 1 and <= ReplayOptions.FrameCountMax) frameCounts.Add(frameCount);
            else
                result.AddError($"--frames are numbers from 1 to {ReplayOptions.FrameCountMax} with commas between them, " +
                    $"not '{result.Tokens[0].Value}'");
        }
        return [.. frameCounts.Distinct()];
    }

    private static ImmutableArray<int> ReadRam(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        const ulong ByteLengthMax = (ulong)ReplayOptions.FrameCountMax * PageByteLength;
        bool isSize = ByteSize.TryParse(text, out ulong byteLength);
        if (isSize && byteLength is >= PageByteLength and <= ByteLengthMax && byteLength % PageByteLength == 0)
            return [(int)(byteLength / PageByteLength)];
        result.AddError($"--ram is 4K to 4096G in whole pages of 4096 bytes, not '{text}'");
        return [];
    }

    private static ImmutableArray<ReplayPolicy> ReadPolicies(ArgumentResult result)
    {
        List<ReplayPolicy> policies = [];
        foreach (string name in result.Tokens[0].Value.Split(','))
        {
            if (string.Equals(name, "all", StringComparison.OrdinalIgnoreCase)) policies.AddRange(ReplayCatalog.All);
            else if (ReplayCatalog.Find(name) is { } policy) policies.Add(policy);
            else result.AddError($"--policy knows all, {PolicyNames}, not '{name}'");
        }
        return [.. policies.Distinct()];
    }
}
