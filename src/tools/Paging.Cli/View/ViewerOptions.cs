using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Costs.Prices;
using Paging.Native;

namespace Paging.Cli.View;

/// <summary>The arguments and options of <c>paging view</c>, and their values once they are parsed.</summary>
internal sealed class ViewerOptions
{
    /// <summary>The most steps of a run that is written into a file.</summary>
    public const int StepCountMax = 500;

    /// <summary>The most positions of a recording, to bound its size.</summary>
    public const int VisitCountMax = 30;

    private readonly Argument<string[]> _words = new("SCRIPT, CORE or -- PROGRAM")
    {
        Description = "Scenario of Linux calls; a core file of an i386 program; or, after --, a program and its arguments.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _trace = CommandOption.Text(
        "--trace", "FILE", "Show a trace of accesses, in a format of paging replay, on little RAM and a swap device.");

    private readonly Option<int> _accesses =
        CommandOption.Digits("--accesses", "Accesses of the trace to read [default: 100000].", 1, 10_000_000);

    private readonly Option<ulong> _ram = CommandOption.Parsed(
        "--ram", "SIZE", "Physical memory, 1M to 1G [default: of a script or program 64M, of a trace 1M].", static result =>
        {
            if (ByteSize.TryParse(result.Tokens[0].Value, out ulong size) && size is >= 1 << 20 and <= 1 << 30)
                return size & ~0xFFFUL;    // whole pages, as paging run takes them
            result.AddError($"--ram is a size from 1M to 1G, not '{result.Tokens[0].Value}'");
            return default;
        });

    private readonly Option<TableFormat> _tables =
        CommandOption.Tables("Page table format: classic (two levels) or pae (three levels, NX) [default: classic].");

    private readonly Option<PriceList?> _costs = CostLists.Make("Count the time of the run on a machine, among the counters.");

    private readonly Option<int> _seed =
        CommandOption.Digits("--seed", "Seed of a program's addresses and random bytes [default: 1].", 0, int.MaxValue);

    private readonly Option<string> _root =
        CommandOption.Text("--root", "DIR", "Directory that a program sees as / [default: the current directory].");

    private readonly Option<string> _out = CommandOption.OutputFile("--out", "FILE",
        $"Write the first {StepCountMax} steps of the run as one page instead of serving it. FILE.svg: an animated picture of it.");

    private readonly Option<int[]> _visits = CommandOption.Parsed<int[]>(
        "--visit", "N,N", "With --out FILE.svg: calls to show, in this order; a smaller number steps back.", static result =>
        {
            string[] parts = result.Tokens[0].Value.Split(',');
            int[] numbers = [.. parts.Select(static part =>
                int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
            if (!numbers.Contains(-1) && numbers.Length <= VisitCountMax) return numbers;
            result.AddError($"--visit is at most {VisitCountMax} numbers from 0 to {int.MaxValue} with commas between, "
                + $"not '{result.Tokens[0].Value}'");
            return [];
        });

    private readonly Option<bool> _live = CommandOption.Flag(
        "--live", "Take calls that are typed into the page, after SCRIPT or CORE, in PROGRAM, or in an empty process.");

    private readonly Option<int> _port =
        CommandOption.Digits("--port", "Port on the loopback interface [default: any free one].", 0, 65_535);

    private ParseResult _result = null!;

    /// <summary>A program and its arguments; or the script, alone.</summary>
    public string[] Words => _result.GetValue(_words) ?? [];

    /// <summary>A scenario; null for a program or a trace.</summary>
    public string? Script =>
        _result.Tokens.Any(static token => token.Type == TokenType.DoubleDash) ? null : Words.FirstOrDefault();

    /// <summary>A file of accesses; null for a script or a program.</summary>
    public string? Trace => _result.GetValue(_trace);

    /// <summary>The most accesses of it to read.</summary>
    public int AccessCountMax => _result.Or(_accesses, 100_000);

    /// <summary>Physical memory; null for the default of the kind of run.</summary>
    public ulong? RamBytes => _result.GetResult(_ram) is null ? null : _result.GetValue(_ram);

    /// <summary>The format of page tables.</summary>
    public TableFormat Tables => _result.GetValue(_tables);

    /// <summary>The machine whose time is counted; null: none is.</summary>
    public PriceList? Costs => _result.GetValue(_costs);

    /// <summary>The seed of a program's random numbers.</summary>
    public ulong Seed => (ulong)_result.Or(_seed, 1);

    /// <summary>The host's directory that is a program's root.</summary>
    public string? Root => _result.GetValue(_root);

    /// <summary>True: the page is for calls that are typed into it.</summary>
    public bool IsLive => _result.GetValue(_live);

    /// <summary>The port on loopback; 0: any.</summary>
    public int Port => _result.GetValue(_port);

    /// <summary>The file to write the run into, instead of serving it.</summary>
    public string? Out => _result.GetValue(_out);

    /// <summary>The positions that a recording visits; if empty, the first thirty.</summary>
    public int[] Visits => _result.GetValue(_visits) ?? [];

    /// <summary>The heading of the page.</summary>
    public string Title => Path.GetFileName(Trace ?? Words.FirstOrDefault() ?? "A live engine");

    /// <summary>Adds them to the command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_words);
        foreach (Option option in (Option[])[_live, _trace, _accesses, _ram, _tables, _costs, _seed, _root, _port, _out, _visits])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            bool hasTrace = result.GetResult(_trace) is not null, hasWords = result.GetResult(_words) is { Tokens.Count: > 0 };
            bool isLive = result.GetResult(_live) is not null;
            if (isLive && hasTrace) result.AddError("--live takes calls, and a trace has none: leave out --live or --trace");
            else if (isLive && result.GetResult(_out) is not null)
                result.AddError("--live serves a page, and --out writes one: leave out one");
            else if (hasTrace == hasWords && !isLive) result.AddError("say what to view: SCRIPT, or CORE, or -- PROGRAM, or --trace FILE");
            else if (result.GetResult(_visits) is not null
                && !(result.GetResult(_out) is { Tokens: [{ Value: var file }] } && IsPicture(file)))
                result.AddError("--visit needs --out FILE.svg");
        });
    }

    /// <summary>Takes the values.</summary>
    public ViewerOptions Read(ParseResult result)
    {
        _result = result;
        return this;
    }

    /// <summary>Returns true for the name of an animated picture.</summary>
    public static bool IsPicture(string? file) => file is not null && file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase);
}
