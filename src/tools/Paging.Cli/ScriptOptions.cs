using System.Collections.Immutable;
using Paging.Scripting.Engine;

namespace Paging.Cli;

/// <summary>The options of <c>paging script</c>.</summary>
internal sealed record ScriptOptions
{
    /// <summary>The least RAM an engine takes.</summary>
    public const ulong RamByteLengthMin = 1ul << 20;

    /// <summary>The most RAM an engine takes: all that 32 bits reach.</summary>
    public const ulong RamByteLengthMax = 1ul << 32;

    /// <summary>Files and directories, as named.</summary>
    public required ImmutableArray<string> Paths { get; init; }

    /// <summary>Go on with the next call after a difference.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Write the scenarios with the machine's results instead of comparing.</summary>
    public bool Print { get; init; }

    /// <summary>Print at the end the executed calls and the state of the last machine.</summary>
    public bool Report { get; init; }

    /// <summary>The file for a page with pictures of the run, or null.</summary>
    public string? ReportFile { get; init; }

    /// <summary>The swap device of each engine; null: none.</summary>
    public SwapChoice? Swap { get; init; }

    /// <summary>The options of each machine.</summary>
    public required EngineMachineOptions Machine { get; init; }
}
