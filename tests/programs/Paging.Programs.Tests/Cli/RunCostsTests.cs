using Paging.Cli;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary><c>paging run --costs</c>: the time of a real program by cause, the same in every run.</summary>
public sealed class RunCostsTests
{
    private static (int Code, string Errors) Run(params string[] options)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(["run", .. options, Images.PathOf("gonzo")], output, errors,
            static _ => throw new InvalidOperationException());
        return (code, errors.ToString());
    }

    [Fact]
    public void AProgramsTimeIsPrintedAndTheSameTwice()
    {
        RequiredProcessor.Check();
        string[] options = ["--costs", "desktop-2009", "--no-aslr", "--seed", "1"];
        string text = Run(options).Errors;
        Assert.Matches(@"user +[0-9.]+ [nµ]s", text);
        Assert.Matches(@"minor faults +[0-9.]+ µs", text);
        Assert.Contains("1 loads of CR3", text, StringComparison.Ordinal);
        Assert.Equal(text, Run(options).Errors);
    }

    [Fact]
    public void OneObserverAtATime() => Assert.Equal((2, "paging run: --costs does not go with --trace, --report, --check or --gdb\n"),
        Run("--costs", "desktop-2009", "--trace", "-"));
}
