using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Cli.Replay;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Traces.Reading;

namespace Paging.Cli.Tlb;

/// <summary>The arguments and options of <c>paging tlb</c>: how they are spelled, explained and checked.</summary>
internal sealed class TlbCommand
{
    private const int Full = 0;    // as many ways as entries

    private readonly Argument<string[]> _paths = new("TRACE")
    {
        Description = "Traces of addresses, plain, gzip or zstd; - is standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<TraceFormat> _format = CommandOption.Choice("--format", "Trace format [default: auto].",
        TraceFormat.Auto, TraceFormat.Lackey, TraceFormat.Address, TraceFormat.Csv);

    private readonly Option<PriceList?> _costs = CostLists.Make("The machine whose TLBs are counted [default: desktop-2009].");

    private readonly Option<TableDepth> _tables = CommandOption.Choice("--tables",
        "Page tables: classic (2 levels), pae (3) or long (4) [default: long, for addresses of 64 bits].",
        TableDepth.Classic, TableDepth.Pae, TableDepth.Long);

    private readonly Option<bool> _large = CommandOption.Flag("--large",
        "Map all memory with large pages: 2 MB, or 4 MB in classic tables.");

    private readonly Option<string> _largeMap = CommandOption.Text("--large-map", "FILE",
        "Map the ranges of FILE with large pages: lines of START-END in hexadecimal, as in /proc/PID/maps.");

    private readonly Option<ImmutableArray<int>> _entries = CommandOption.Parsed("--entries", "N[,N...]",
        "A sweep instead: one TLB for everything, of each of these sizes.",
        static result => ReadNumbers(result, "--entries", hasFull: false));

    private readonly Option<ImmutableArray<int>> _ways = CommandOption.Parsed("--ways", "N|full[,...]",
        "Ways of the sweep's TLBs; combinations that do not exist are left out [default: full].",
        static result => ReadNumbers(result, "--ways", hasFull: true));

    private readonly Option<ImmutableArray<Replacement>> _replacement = CommandOption.Parsed("--replacement", "P[,P...]|all",
        "Replacement of the sweep's TLBs: lru, plru, fifo, random [default: lru].", static result => ReadPolicies(result));

    private readonly Option<long> _switch = CommandOption.Number(
        "--switch-every", "N", "Load CR3 after every N accesses.", 1L, long.MaxValue);

    private readonly Option<bool> _csv = CommandOption.Flag("--csv", "Print only CSV.");

    private readonly Option<string> _plot = CommandOption.OutputFile("--plot", "FILE.svg", "With --entries: write the curves.");

    private readonly Option<string> _report = CommandOption.OutputFile("--report", "FILE.html", "Write a page with charts and numbers.");

    /// <summary>Builds the command for the parser; <paramref name="run"/> gets the options.</summary>
    public Command Build(Func<TlbOptions, int> run)
    {
        Command command = new("tlb",
            "Run traces of memory accesses through TLBs, paging-structure caches and page walks, and count misses.")
        {
            _paths, _format, _costs, _tables, _large, _largeMap, _entries, _ways, _replacement, _switch, _csv, _plot, _report,
        };
        _paths.Validators.Add(static result =>
        {
            foreach (Token token in result.Tokens)
                if (token.Value is ['-', _, ..] && !Path.Exists(token.Value)) result.AddError($"unknown option '{token.Value}'");
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(_large) && result.GetResult(_largeMap) is not null)
                result.AddError("--large maps all memory with large pages: leave out --large-map");
            bool isSweep = result.GetResult(_entries) is not null;
            if (!isSweep && result.GetResult(_ways) is not null) result.AddError("--ways is of a sweep: say --entries too");
            if (!isSweep && result.GetResult(_replacement) is not null) result.AddError("--replacement is of a sweep: say --entries too");
            if (!isSweep && result.GetResult(_plot) is not null) result.AddError("--plot is of a sweep: say --entries too");
        });
        command.SetAction(result => run(OptionsOf(result)));
        return command;
    }

    private TlbOptions OptionsOf(ParseResult result) => new()
    {
        Sources = [.. result.GetRequiredValue(_paths).Select(static path => new TraceSource(path))],
        Format = result.GetValue(_format),
        Prices = result.GetValue(_costs) ?? CostLists.Usual,
        Depth = result.Or(_tables, TableDepth.Long),
        IsLarge = result.GetValue(_large),
        LargeMapFile = result.GetValue(_largeMap),
        Sweep = result.GetResult(_entries) is null ? null : SweepOf(result.CommandResult),
        SwitchEvery = result.GetValue(_switch),
        Csv = result.GetValue(_csv),
        PlotFile = result.GetValue(_plot),
        ReportFile = result.GetValue(_report),
    };

    private ImmutableArray<ArrayShape> SweepOf(CommandResult result)
    {
        ImmutableArray<int> entries = result.GetValue(_entries), ways = [Full];
        ImmutableArray<Replacement> policies = [Replacement.Lru];
        if (result.GetResult(_ways) is not null) ways = result.GetValue(_ways);
        if (result.GetResult(_replacement) is not null) policies = result.GetValue(_replacement);
        return
        [
            .. (from policy in policies
                from way in ways
                from count in entries.Order()
                select new ArrayShape(count, way == Full ? count : way, policy)).Where(static shape => shape.Complaint is null).Distinct(),
        ];
    }

    private static ImmutableArray<int> ReadNumbers(ArgumentResult result, string name, bool hasFull)
    {
        List<int> numbers = [];
        foreach (string text in result.Tokens[0].Value.Split(','))
        {
            bool isFull = hasFull && string.Equals(text, "full", StringComparison.Ordinal);
            if (isFull) numbers.Add(Full);
            else if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number is >= 1 and <= ArrayShape.EntriesMax) numbers.Add(number);
            else
                result.AddError($"{name} are numbers from 1 to {ArrayShape.EntriesMax}{(hasFull ? " or full," : "")} with commas between "
                    + $"them, not '{result.Tokens[0].Value}'");
        }

        return [.. numbers.Distinct()];
    }

    private static ImmutableArray<Replacement> ReadPolicies(ArgumentResult result)
    {
        List<Replacement> policies = [];
        foreach (string word in result.Tokens[0].Value.Split(','))
        {
            if (string.Equals(word, "all", StringComparison.Ordinal)) policies.AddRange(Enum.GetValues<Replacement>());
            else if (Enum.GetValues<Replacement>().Where(policy => string.Equals(word, WordOf(policy), StringComparison.Ordinal)).ToArray()
                is [var known]) policies.Add(known);
            else result.AddError($"--replacement is lru, plru, fifo, random or all, not '{word}'");
        }

        return [.. policies.Distinct()];
    }

    private static string WordOf(Replacement policy) => policy.ToString().ToLowerInvariant();
}
