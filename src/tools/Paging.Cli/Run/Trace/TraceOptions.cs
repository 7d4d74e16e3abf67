using System.CommandLine;
using Paging.Traces.Reading;

namespace Paging.Cli.Run.Trace;

/// <summary>The options of <c>paging run</c> that write a program's accesses.</summary>
internal sealed class TraceOptions
{
    private readonly Option<string> _file = CommandOption.OutputFile("--trace", "FILE",
        "Write the program's memory accesses in a form that 'paging replay' reads; FILE.gz: compressed; -: to standard "
            + "output, and the program's own output to standard error.");

    private readonly Option<TraceFormat> _format = CommandOption.Choice("--trace-format",
        "lackey (instructions and data, as valgrind's tool prints them) or address (data only) [default: lackey].",
        TraceFormat.Lackey, TraceFormat.Address);

    private readonly Option<TraceUnit> _unit = CommandOption.Choice("--trace-unit",
        "A line for each access, or for each run of accesses to the same cache line (64 bytes) or page [default: access].",
        TraceUnit.Access, TraceUnit.Line, TraceUnit.Page);

    private readonly Option<int> _sample = CommandOption.Digits("--trace-sample",
        "Only the accesses to one page of N, chosen by its number [default: 1].", 1, int.MaxValue);

    private readonly Option<bool> _children = CommandOption.Flag(
        "--trace-children", "Trace child processes, too: the number of the process stands above the 32 bits of an address.");

    /// <summary>All of them.</summary>
    public Option[] All => [_file, _format, _unit, _sample, _children];

    /// <summary>Reads the options; null without a trace.</summary>
    public TraceRequest? Read(ParseResult result) => result.GetValue(_file) is not { } path ? null : new(path,
        result.Or(_format, TraceFormat.Lackey), result.GetValue(_unit), result.Or(_sample, 1), result.GetValue(_children));
}
