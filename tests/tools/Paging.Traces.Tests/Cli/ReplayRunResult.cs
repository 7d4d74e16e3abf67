using Paging.Cli;

namespace Paging.Traces.Tests;

/// <summary>One <c>paging replay</c> within the test's process: its output, its errors, and the exit code.</summary>
internal sealed record ReplayRunResult(int Code, string Output, string Errors)
{
    public static ReplayRunResult Of(params string[] args) => With(Stream.Null, args);

    public static ReplayRunResult With(Stream input, params string[] args)
    {
        using StringWriter output = new();
        using StringWriter errors = new();
        int code = CommandLine.Run(["replay", .. args], output, errors, static _ =>
            throw new InvalidOperationException("no machine is needed"), input: () => input);
        return new(code, output.ToString(), errors.ToString());
    }

    /// <summary>Standard output of a run that went well.</summary>
    public string Result()
    {
        Assert.Equal((0, ""), (Code, Errors));
        return Output;
    }

    /// <summary>The one line on standard error, nothing on standard output, exit 2.</summary>
    public string Refusal()
    {
        Assert.Equal((2, ""), (Code, Output));
        Assert.EndsWith("\n", Errors, StringComparison.Ordinal);
        return Assert.Single(Errors.TrimEnd('\n').Split('\n'));
    }
}
