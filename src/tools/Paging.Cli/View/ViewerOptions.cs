using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Native;

namespace Paging.Cli.View;

/// <summary>The options of <c>paging view</c>.</summary>
/// <param name="Script">A scenario; null for a program or a trace.</param>
/// <param name="Words">A program and its arguments; or the script, alone.</param>
/// <param name="Trace">A file of accesses; null for a script or a program.</param>
/// <param name="AccessCountMax">The most accesses of it to read.</param>
/// <param name="RamBytes">Physical memory; null for the default of the kind of run.</param>
/// <param name="Tables">The format of page tables.</param>
/// <param name="Seed">The seed of a program's random numbers.</param>
/// <param name="Root">The host's directory that is a program's root.</param>
/// <param name="Port">The port on loopback; 0: any.</param>
/// <param name="Out">The file to write the run into, instead of serving it.</param>
/// <param name="Visits">The positions that a recording visits; if empty, the first thirty.</param>
internal sealed record ViewerRequest(
    string? Script, string[] Words, string? Trace, int AccessCountMax, ulong? RamBytes, TableFormat Tables, ulong Seed, string? Root,
    int Port, string? Out, int[] Visits)
{
    /// <summary>The heading of the page.</summary>
    public string Title => Path.GetFileName(Trace ?? Words[0]);
}

/// <summary>The options of <c>paging view</c>.</summary>
internal sealed class ViewerOptions
{
    /// <summary>The most steps of a run that is written into a file.</summary>
    public const int StepCountMax = 500;

    /// <summary>The most positions of a recording, to bound its size.</summary>
    public const int VisitCountMax = 30;

    private const int AccessCountMax = 100_000;

    private readonly Argument<string[]> _words = new("SCRIPT or -- PROGRAM")
    {
        Description = "Scenario of Linux calls; or, after --, an i386 program and its arguments.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _trace = new("--trace")
    {
        Description = "Show a trace of accesses, in a format of paging replay, on little RAM and a swap device.",
        HelpName = "FILE",
    };

    private readonly Option<int> _accesses =
        OptionRange.Make("--accesses", "Accesses of the trace to read [default: 100000].", 1, 10_000_000);

    private readonly Option<ulong> _ram = new("--ram")
    {
        Description = "Physical memory, 1M to 1G [default: of a script or program 64M, of a trace 1M].",
        HelpName = "SIZE",
        CustomParser = static result =>
        {
            if (ByteSize.TryParse(result.Tokens[0].Value, out ulong size) && size is >= 1 << 20 and <= 1 << 30)
                return size & ~0xFFFUL;    // whole pages, as paging run takes them
            result.AddError($"--ram is a size from 1M to 1G, not '{result.Tokens[0].Value}'");
            return default;
        },
    };

    private readonly Option<TableFormat> _tables =
        ChoiceOption.Tables("Page table format: classic (two levels) or pae (three levels, NX) [default: classic].");

    private readonly Option<int> _seed =
        OptionRange.Make("--seed", "Seed of a program's addresses and random bytes [default: 1].", 0, int.MaxValue);

    private readonly Option<string> _root = new("--root")
    {
        Description = "Directory that a program sees as / [default: the current directory].",
        HelpName = "DIR",
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = $"Write the first {StepCountMax} steps of the run as one page instead of serving it. "
            + "FILE.svg: an animated picture of it.",
        HelpName = "FILE",
    };

    private readonly Option<int[]> _visits = new("--visit")
    {
        Description = "With --out FILE.svg: calls to show, in this order; a smaller number steps back.",
        HelpName = "N,N",
        CustomParser = static result =>
        {
            string[] parts = result.Tokens[0].Value.Split(',');
            int[] numbers = [.. parts.Select(static part =>
                int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
            if (!numbers.Contains(-1) && numbers.Length <= VisitCountMax) return numbers;
            result.AddError($"--visit is at most {VisitCountMax} numbers from 0 to {int.MaxValue} with commas between, "
                + $"not '{result.Tokens[0].Value}'");
            return [];
        },
    };

    private readonly Option<int> _port =
        OptionRange.Make("--port", "Port on the loopback interface [default: any free one].", 0, 65_535);

    /// <summary>Adds them to the command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_words);
        foreach (Option option in (Option[])[_trace, _accesses, _ram, _tables, _seed, _root, _port, _out, _visits])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            bool hasTrace = result.GetResult(_trace) is not null, hasWords = result.GetResult(_words) is { Tokens.Count: > 0 };
            if (hasTrace == hasWords) result.AddError("say what to view: SCRIPT, or -- PROGRAM, or --trace FILE");
            else if (result.GetResult(_visits) is not null && !IsPicture(result.GetValue(_out)))
                result.AddError("--visit needs --out FILE.svg");
        });
    }

    /// <summary>Reads the options.</summary>
    public ViewerRequest Read(ParseResult result)
    {
        string[] words = result.GetValue(_words) ?? [];
        bool isProgram = result.Tokens.Any(static token => token.Type == TokenType.DoubleDash);
        return new(
            isProgram || words.Length == 0 ? null : words[0],
            words,
            result.GetValue(_trace),
            result.GetResult(_accesses) is null ? AccessCountMax : result.GetValue(_accesses),
            result.GetResult(_ram) is null ? null : result.GetValue(_ram),
            result.GetValue(_tables),
            result.GetResult(_seed) is null ? 1 : (ulong)result.GetValue(_seed),
            result.GetValue(_root),
            result.GetValue(_port),
            result.GetValue(_out),
            result.GetValue(_visits) ?? []);
    }

    /// <summary>Returns true for the name of an animated picture.</summary>
    public static bool IsPicture(string? file) => file is not null && file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase);
}
