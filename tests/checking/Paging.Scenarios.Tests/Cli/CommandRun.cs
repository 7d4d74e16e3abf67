using Paging.Cli;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.Scripting.Tests;

/// <summary>One run of the command within the test's process: its output, its errors, and the exit code.</summary>
internal sealed record CommandRun(int Code, string Output, string Errors)
{
    public static CommandRun Of(params string[] args) => With(static _ => ScriptedMachine.Quiet(), args);

    public static CommandRun With(Func<EngineMachineOptions, IScenarioMachine> createMachine, params string[] args)
    {
        using StringWriter output = new();
        using StringWriter errors = new();
        int code = CommandLine.Run(args, output, errors, createMachine);
        return new(code, output.ToString(), errors.ToString());
    }

    public string LastLine => Output.TrimEnd('\n').Split('\n')[^1];

    /// <summary>The one line on standard error, nothing on standard output, exit 2.</summary>
    public string Refusal()
    {
        Assert.Equal((2, ""), (Code, Output));
        Assert.EndsWith("\n", Errors, StringComparison.Ordinal);
        return Assert.Single(Errors.TrimEnd('\n').Split('\n'));
    }
}
