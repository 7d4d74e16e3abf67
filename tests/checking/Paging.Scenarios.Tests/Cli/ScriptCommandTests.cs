using Paging.Cli;
using Paging.Native;
using Paging.Scripting.Engine;

namespace Paging.Scripting.Tests;

/// <summary><c>paging script</c> from arguments to exit code.</summary>
public sealed class ScriptCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void AgreementIsOneLineAndZero()
    {
        string file = _directory.Write("a.scn", "# x", "load(1) = 0x00", "load(2)");
        Assert.Equal(new(0, "1 scenario, 2 calls, 1 compared, 0 differences, 0 unsupported\n", ""), CommandRun.Of("script", file));
    }

    /// <summary>A scenario without results agrees with nothing.</summary>
    [Fact]
    public void WithoutResultsNothingIsCompared()
    {
        string file = _directory.Write("a.scn", "load(1)", "load(2)");
        Assert.Equal(new(0, "1 scenario, 2 calls, 0 compared: it has no results; fill them in with --print or paging record\n", ""),
            CommandRun.Of("script", file));
        Assert.Equal("2 scenarios, 4 calls, 0 compared: they have no results; fill them in with --print or paging record",
            CommandRun.Of("script", file, file).LastLine);
        string page = _directory.At("a.html");
        CommandRun.Of("script", file, _directory.Write("b.scn", "load(1) = 0x00"), "--report", page);
        Assert.Contains("3 calls of 1 kinds, 1 of them compared with recorded results", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void ADifferenceIsShownAndTheNextFileFollows()
    {
        string first = _directory.Write("a.scn", "load(0x1) = 0x07", "load(0x2) = 0x07");
        string second = _directory.Write("b.scn", "load(1) = 0x00", "maps(0, 0) = {", "}");
        CommandRun run = CommandRun.Of("script", first, second);
        Assert.Equal(
            $$"""
            {{first}}:2: load(0x1)
              expected: 0x07
              actual:   0x00
            {{second}}:3: maps(0, 0)
              expected: {
              }
              actual:   {
              20000000-20001000 rw-p 00000000
              }
            2 scenarios, 3 calls, 3 compared, 2 differences, 0 unsupported

            """.ReplaceLineEndings("\n"),
            run.Output);
        Assert.Equal((1, ""), (run.Code, run.Errors));
    }

    [Fact]
    public void KeepGoingGoesOnWithTheNextCall()
    {
        string file = _directory.Write("a.scn", "load(1) = 0x07", "load(2) = 0x07", "load(3) = 0x00");
        Assert.Equal("1 scenario, 3 calls, 3 compared, 2 differences, 0 unsupported",
            CommandRun.Of("script", file, "--keep-going").LastLine);
        Assert.Equal("1 scenario, 3 calls, 3 compared, 2 differences, 0 unsupported", CommandRun.Of("script", "-k", file).LastLine);
    }

    [Fact]
    public void AnUnsupportedScenarioIsCountedApart()
    {
        _directory.Write("a.scn", "load(1) = 0x07", "fork() = 1");
        _directory.Write("b.scn", "load(1) = 0x00", "fork() = 1");
        _directory.Write("c.scn", "load(1) = 0x00");
        CommandRun run = CommandRun.Of("script", _directory.Path, "-k");
        Assert.Equal((1, "3 scenarios, 3 calls, 3 compared, 1 difference, 2 unsupported"), (run.Code, run.LastLine));
        Assert.Contains($"{_directory.At("b.scn")}:3: fork()\n  unsupported: no fork here\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryIsItsScenariosInOrdinalOrder()
    {
        foreach (string name in (string[])["b.scn", "B.scn", "a.scn", "a.txt"]) _directory.Write(name, "load(1) = 0x07");
        string[] files = [.. CommandRun.Of("script", _directory.Path).Output.Split('\n')
            .Where(static line => line.Contains(".scn:", StringComparison.Ordinal))];
        Assert.Equal([$"{_directory.At("B.scn")}:2: load(1)", $"{_directory.At("a.scn")}:2: load(1)",
            $"{_directory.At("b.scn")}:2: load(1)"], files);
    }

    [Fact]
    public void EachFileHasAFreshMachineWhichIsDisposedOf()
    {
        List<ScriptedMachine> machines = [];
        List<EngineMachineOptions> options = [];
        string file = _directory.Write("a.scn", "load(1) = 0x00");
        CommandRun.With(asked => { options.Add(asked); machines.Add(ScriptedMachine.Quiet()); return machines[^1]; }, "script", file, file,
            "--ram", "16M", "--seed", "0x2a", "--audit", "off");
        Assert.Equal(2, machines.Count);
        Assert.All(machines, static machine => Assert.True(machine.IsDisposed));
        Assert.All(options, static asked =>
            Assert.Equal(new EngineMachineOptions { RamBytes = 16 << 20, Seed = 42, Audit = AuditLevel.Off }, asked));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("off", 0)]
    [InlineData("cheap", 1)]
    [InlineData("thorough", 3)]
    public void TheAuditRunsAsOftenAsAskedFor(string? level, int expectedCount)
    {
        ScriptedMachine machine = ScriptedMachine.Quiet();
        string file = _directory.Write("a.scn", "load(1) = 0x00", "load(2) = 0x00", "load(3) = 0x00");
        CommandRun run = CommandRun.With(_ => machine, level is null ? ["script", file] : ["script", file, "--audit", level]);
        Assert.Equal((0, expectedCount), (run.Code, machine.AuditCount));
    }

    [Fact]
    public void AFindingIsADifference()
    {
        string file = _directory.Write("a.scn", "load(1) = 0x00", "load(2) = 0x00");
        CommandRun run =
            CommandRun.With(static _ => new ScriptedMachine(static _ => throw new InvariantException("F2: frame 7")), "script", file);
        Assert.Equal($"{file}:2: load(1)\n  expected: 0x00\n  actual:   audit: F2: frame 7\n" +
            "1 scenario, 1 call, 1 compared, 1 difference, 0 unsupported\n", run.Output);
        Assert.Equal(1, run.Code);
    }

    [Fact]
    public void AMachineThatCannotBeMadeIsOneLineAndTheNextFileFollows()
    {
        string file = _directory.Write("a.scn", "load(1) = 0x00");
        int count = 0;
        CommandRun run =
            CommandRun.With(_ => count++ == 0
            ? throw new InvariantException("F2: frame 0") : ScriptedMachine.Quiet(), "script", file, file);
        Assert.Equal(new(2, "1 scenario, 1 call, 1 compared, 0 differences, 0 unsupported\n",
            $"{file}: the engine broke: F2: frame 0\n"), run);
    }

    [Fact]
    public void PrintWritesTheScenarioAndNothingElse()
    {
        string file = _directory.Write("a.scn", "# x", "", "load(1) = 0x07", "load(2)");
        CommandRun run = CommandRun.Of("script", file, "--print");
        Assert.Equal(new(0, Scenario.Text("# x", "", "load(1) = 0x00", "load(2) = 0x00"),
            "1 scenario, 2 calls recorded, 0 differences, 0 unsupported\n"), run);
    }

    [Fact]
    public void PrintReportsOnTheOtherStreamWhereItStopped()
    {
        string file = _directory.Write("a.scn", "fork() = 1");
        CommandRun run = CommandRun.Of("script", file, "--print", "--report");
        Assert.Equal((1, Scenario.Text("# not executed from here on: no fork here", "fork()")), (run.Code, run.Output));
        Assert.StartsWith($"{file}:2: fork()\n  unsupported: no fork here\n", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void AReportShowsWhatHappenedAndStillEndsWithTheSummary()
    {
        string file = _directory.Write("a.scn", "load(1) = 0x00", "load(2) = 0x00", "store(1, 1) = 0");
        CommandRun run = CommandRun.Of("script", file, file, "--report");
        Assert.Equal("2 scenarios, 6 calls, 6 compared, 0 differences, 0 unsupported", run.LastLine);
        string[] lines = run.Output.Split('\n');
        Assert.Contains("load  4   store  2", lines, StringComparer.Ordinal);
        Assert.Contains("anonymous  6   copy on write  2", lines, StringComparer.Ordinal);
        Assert.Contains("Free  16,000   Anonymous  3", lines, StringComparer.Ordinal);
        Assert.Contains("  20000000-20002000 rw-p 00000000", lines, StringComparer.Ordinal);
        Assert.All(lines, static line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void ABadFileAmongGoodOnesIsNamedAndTheOthersRun()
    {
        string bad = _directory.Write("b.scn", "fly()");
        string good = _directory.Write("a.scn", "load(1) = 0x00");
        CommandRun run = CommandRun.Of("script", bad, good, _directory.At("missing.scn"));
        Assert.Equal(
            new(2, "1 scenario, 1 call, 1 compared, 0 differences, 0 unsupported\n",
                $"{bad}:2: unknown call 'fly'\n{_directory.At("missing.scn")}: no such file or directory\n"), run);
    }

    [Fact]
    public void AReaderThatGoesAwayIsNoReasonToComplain()
    {
        string file = _directory.Write("a.scn", "load(1) = 0x00");
        using BrokenPipe output = new(hasReaderGone: true);
        using StringWriter errors = new();
        Assert.Equal(2, Paging.Cli.CommandLine.Run(["script", file], output, errors, static _ => ScriptedMachine.Quiet()));
        Assert.Equal("", errors.ToString());
    }

    [Fact]
    public void AFullDiskIs()
    {
        string file = _directory.Write("a.scn", "load(1) = 0x00");
        using BrokenPipe output = new(hasReaderGone: false);
        using StringWriter errors = new();
        Assert.Equal(2, Paging.Cli.CommandLine.Run(["script", file], output, errors, static _ => ScriptedMachine.Quiet()));
        Assert.Equal("paging: cannot write the output: no space\n", errors.ToString());
    }

    private sealed class BrokenPipe(bool hasReaderGone) : StringWriter
    {
        public override void Write(string? value)
        {
            int brokenPipe = OperatingSystem.IsWindows() ? unchecked((int)0x8007006D) : 32;
            throw hasReaderGone ? new IOException("broken pipe", brokenPipe) : new IOException("no space");
        }
    }
}
