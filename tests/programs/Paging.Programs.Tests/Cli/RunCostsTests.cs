using System.Diagnostics;
using Paging.Cli;
using Paging.Guest.Tests;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary><c>paging run --costs</c>: the time of a real program by cause, the same in every run.</summary>
public sealed class RunCostsTests(BuiltPrograms programs)
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

    /// <summary>A program that never ends: the time limit and Ctrl-C end it, and its time so far is printed.</summary>
    [Theory, Trait("Category", "Medium")]
    [InlineData(124, "--time-limit 2")]
    [InlineData(130, "")]
    public void AStoppedProgramHasItsTimePrinted(int status, string option)
    {
        RequiredProcessor.Check();
        string command = $"exec timeout --preserve-status -s INT {(option.Length == 0 ? 6 : 60)} \"$@\" {option} \"$0\"";
        ProcessStartInfo start = new("bash", ["-c", command, programs.Find("spin"), "dotnet", typeof(CommandLine).Assembly.Location,
            "run", "--costs", "desktop-2009"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        using Process shell = Process.Start(start)!;
        string errors = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(status, shell.ExitCode);
        Assert.Matches(@"spin: [0-9.,]+ \S+ on desktop-2009", errors);
        Assert.Matches(@"user +[0-9.,]+ \S+", errors);
    }

    [Fact]
    public void OneObserverAtATime() => Assert.Equal((2, "paging run: --costs does not go with --trace, --report, --check or --gdb\n"),
        Run("--costs", "desktop-2009", "--trace", "-"));
}
