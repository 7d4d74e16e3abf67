using Paging.Cli;

namespace Paging.Scripting.Tests;

/// <summary>Bad input and bad usage: one line on standard error, exit 2, no stack trace.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string[], string> BadUsage => new()
    {
        { ["scrip"], "paging: unknown command 'scrip', did you mean 'script'? (see paging --help)" },
        { ["--fly"], "paging: unknown option '--fly' (see paging --help)" },
        { ["script"], "paging script: FILE|DIR is missing (see paging script --help)" },
        { ["script", "--fly", "x"], "paging script: unknown option '--fly' (see paging script --help)" },
        { ["script", "x", "--ram"], "paging script: --ram needs a value: SIZE (see paging script --help)" },
        { ["script", "x", "--ram", "much"], "paging script: --ram is a size such as 64M or 1G, not 'much' (see paging script --help)" },
        { ["script", "x", "--ram", "-1"], "paging script: --ram is a size such as 64M or 1G, not '-1' (see paging script --help)" },
        { ["script", "x", "--ram", "99999999999G"],
        "paging script: --ram is a size such as 64M or 1G, not '99999999999G' (see paging script --help)" },
        { ["script", "x", "--ram", "512K"],
        "paging script: --ram is 1M to 4G in whole pages of 4096 bytes, not '512K' (see paging script --help)" },
        { ["script", "x", "--ram", "5G"],
        "paging script: --ram is 1M to 4G in whole pages of 4096 bytes, not '5G' (see paging script --help)" },
        { ["script", "x", "--ram", "1048577"],
        "paging script: --ram is 1M to 4G in whole pages of 4096 bytes, not '1048577' (see paging script --help)" },
        { ["script", "x", "--audit", "deep"], "paging script: --audit is off, cheap or thorough, not 'deep' (see paging script --help)" },
        { ["script", "x", "--seed", "-1"], "paging script: --seed is a number of up to 64 bits, not '-1' (see paging script --help)" },
        { ["script", "x", "--seed", "0x10000000000000000"],
        "paging script: --seed is a number of up to 64 bits, not '0x10000000000000000' (see paging script --help)" },
        { ["run", "--stat", "./gonzo"], "paging run: unknown option '--stat', did you mean '--stats'? (see paging run --help)" },
        { ["run", "-v", "--", "-x"], "paging run: unknown option '-v' (see paging run --help)" },
        { ["run", "--stats=5", "x"], "paging run: --stats takes no value: '--stats=5' (see paging run --help)" },
        { ["run", "--ram"], "paging run: --ram needs a value: SIZE (see paging run --help)" },
        { ["run"], "paging run: PROGRAM is missing (see paging run --help)" },
        { ["run", "--processor", "fast", "x"],
        "paging run: --processor is auto, host or emulated, not 'fast' (see paging run --help)" },
        { ["run", "--ram", "1M", "--ram", "2M", "x"], "paging run: --ram is given more than once (see paging run --help)" },
        { ["view", "x", "--visit", "1", "--out"], "paging view: --out needs a value: FILE (see paging view --help)" },
        { ["view", "--live", "--trace", "x"],
        "paging view: --live takes calls, and a trace has none: leave out --live or --trace (see paging view --help)" },
        { ["view", "--live", "--out", "x.html"],
        "paging view: --live serves a page, and --out writes one: leave out one (see paging view --help)" },
        { ["store"], "paging store: say which command: list or remove (see paging store --help)" },
        { ["store", "lst"], "paging store: unknown command 'lst', did you mean 'list'? (see paging store --help)" },
        { ["store", "list"], "paging store list: STORE is missing (see paging store list --help)" },
        { ["store", "remove", "--all", "x"], "paging store remove: unknown option '--all' (see paging store remove --help)" },
        { ["completion", "tcsh"], "paging completion: SHELL is bash, zsh or fish, not 'tcsh' (see paging completion --help)" },
        { ["tour", "brk", "swap"], "paging tour: one word too many: 'swap' (see paging tour --help)" },
        { ["exec", "--smap", "x"], "paging exec: unknown option '--smap', did you mean '--smaps'? (see paging exec --help)" },
        { ["run", "--time-limit", "4294968", "x"],
        "paging run: --time-limit is a number from 0 to 4294967, not '4294968' (see paging run --help)" },
        { ["run", "--gdb", "65536", "x"], "paging run: --gdb is a number from 0 to 65535, not '65536' (see paging run --help)" },
        { ["run", "--clock", "9223372037", "x"],
        "paging run: --clock is a number from 0 to 9223372036, not '9223372037' (see paging run --help)" },
        { ["run", "--step-limit", "0x", "x"],
        "paging run: --step-limit is a number from 0 to 9223372036854775807, not '0x' (see paging run --help)" },
        { ["run", "--to-file", "x", "--checkpoint-after", "2147483648", "x"],
        "paging run: --checkpoint-after is a number from 0 to 1000000, not '2147483648' (see paging run --help)" },
        { ["run", "--resume", "redis://h/n", "--wait", "-1"],
        "paging run: --wait is a number from 0 to 1000000, not '-1' (see paging run --help)" },
        { ["run", "--trace-sample", "2147483648", "x"],
        "paging run: --trace-sample is a number from 1 to 2147483647, not '2147483648' (see paging run --help)" },
        { ["run", "--env", "=", "x"], "paging run: --env is NAME or NAME=VALUE, not '=' (see paging run --help)" },
        { ["run", "--env", "A=1", "--env", "", "x"], "paging run: --env is NAME or NAME=VALUE, not '' (see paging run --help)" },
        { ["fuzz", "--env==1", "x"], "paging fuzz: --env is NAME or NAME=VALUE, not '=1' (see paging fuzz --help)" },
        { ["conform", "--timeout", "NaN", "x"],
        "paging conform: --timeout is a number from 0 to 3600, not 'NaN' (see paging conform --help)" },
        { ["conform"], "paging conform: COMMAND is missing (see paging conform --help)" },
        { ["conform", "--level", "6", "x"],
        "paging conform: --level is exact, relaxed, a number from 1 to 5 or a range of them, not '6' (see paging conform --help)" },
        { ["conform", "--level", "3-1", "x"],
        "paging conform: --level is exact, relaxed, a number from 1 to 5 or a range of them, not '3-1' (see paging conform --help)" },
        { ["conform", "--level", "1", "--level", "2", "x"],
        "paging conform: --level is given more than once (see paging conform --help)" },
        { ["conform", "--level", "1", "--generate", "5", "x"],
        "paging conform: levels are those of recordings: leave out --generate (see paging conform --help)" },
        { ["conform", "--list", "x"], "paging conform: --list runs nothing: leave out COMMAND (see paging conform --help)" },
        { ["conform", "--generate", "many", "x"],
        "paging conform: --generate is a number from 0 to 1000000, not 'many' (see paging conform --help)" },
        { ["pfn", "x", "--calls", "-1"], "paging pfn: --calls is a number from 0 to 2147483647, not '-1' (see paging pfn --help)" },
    };

    [Theory, MemberData(nameof(BadUsage))]
    public void BadUsageIsOneLine(string[] args, string line) => Assert.Equal(line, CommandRun.Of(args).Refusal());

    /// <summary>Every option of every command, misspelled, without its value, and with one that it does not take.</summary>
    [Fact]
    public void NoMessageIsTheParsers()
    {
        int count = 0;
        foreach (string command in HelpLines("").SkipWhile(static line => line is not "Commands:").Skip(1)
            .TakeWhile(static line => line.Length > 0).Where(static line => line.Length > 2 && line[2] != ' ')
            .Select(static line => line.Trim().Split(' ')[0]))
        {
            foreach (string line in HelpLines(command).Where(static line => line.StartsWith("  -", StringComparison.Ordinal)))
            {
                string name = line.Trim().Split("  ")[0].Split(' ').Last(static word => word.StartsWith("--", StringComparison.Ordinal));
                if (name is "--help" or "--version") continue;
                count++;
                bool hasValue = line.Contains(name + " <", StringComparison.Ordinal);
                Check([command, hasValue ? name : name + "=5"], name);
                Check([command, name + "x"], name + "x");
            }

            Check([command, "--no-such-option"], "'--no-such-option'");
        }

        Assert.InRange(count, 80, 1000);

        static void Check(string[] words, string named)
        {
            string line = CommandRun.Of(words).Refusal();
            Assert.StartsWith($"paging {words[0]}: ", line, StringComparison.Ordinal);
            Assert.Contains(named, line, StringComparison.Ordinal);
            Assert.All((string[])["\t", "Required", "recognized", "Must be", "Argument ", "command:", "option:", "System."],
                words => Assert.DoesNotContain(words, line, StringComparison.Ordinal));
        }
    }

    private static string[] HelpLines(string command) =>
        CommandRun.Of([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Output.Split('\n');

    [Fact]
    public void AMissingFileIsOneLine() =>
        Assert.Equal($"{_directory.At("no.scn")}: no such file or directory", CommandRun.Of("script", _directory.At("no.scn")).Refusal());

    [Fact]
    public void APathThroughAFileIsOneLine() =>
        Assert.StartsWith($"{_directory.Write("a.scn")}", CommandRun.Of("script", _directory.At("a.scn/b.scn"))
        .Refusal(), StringComparison.Ordinal);

    [Fact]
    public void AnEmptyNameIsOneLine() => Assert.Equal("'': not a name of a file", CommandRun.Of("script", "").Refusal());

    [Fact]
    public void ANameThatIsTooLongIsOneLine() => Assert.NotEmpty(CommandRun.Of("script", _directory.At(new string('x', 5_000))).Refusal());

    [Fact]
    public void ADirectoryWithoutScenariosIsOneLine() =>
        Assert.Equal($"{_directory.Path}: no scenarios (*.scn) in this directory", CommandRun.Of("script", _directory.Path).Refusal());

    [Fact]
    public void AnEmptyFileIsOneLine()
    {
        File.WriteAllText(_directory.At("a.scn"), "");
        Assert.Equal($"{_directory.At("a.scn")}: empty, or not a regular file", CommandRun.Of("script", _directory.At("a.scn")).Refusal());
    }

    [Fact]
    public void AFileThatIsNoScenarioIsOneLine()
    {
        File.WriteAllBytes(_directory.At("a.scn"), [0x7F, 0x45, 0x4C, 0x46, 0, 0, 0]);
        Assert.Equal($"{_directory.At("a.scn")}:1: not a text file: control character U+007F in column 1",
            CommandRun.Of("script", _directory.At("a.scn")).Refusal());
    }

    [Fact]
    public void AHundredMegabytesInOneLineAreRefusedAtOnce()
    {
        using (FileStream file = File.Create(_directory.At("a.scn")))
        {
            byte[] block = new byte[1 << 20];
            block.AsSpan().Fill((byte)'#');
            for (int count = 0; count < 100; count++) file.Write(block);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal($"{_directory.At("a.scn")}:1: line too long (over 1,048,576 bytes)", CommandRun.Of("script", _directory.At("a.scn"))
            .Refusal());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void ADeviceIsOneLine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev");
        foreach (string device in (string[])["/dev/null", "/dev/zero", "/dev/full"])
            Assert.Equal($"{device}: empty, or not a regular file", CommandRun.Of("script", device).Refusal());
    }

    [Fact]
    public void AnUnreadableFileIsOneLine()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "permissions do not bind this user");
        if (OperatingSystem.IsWindows()) throw Xunit.Sdk.SkipException.ForSkip("Windows has no mode bits");
        string file = _directory.Write("a.scn", "load(1)");
        File.SetUnixFileMode(file, UnixFileMode.None);
        Assert.Equal($"{file}: permission denied", CommandRun.Of("script", file).Refusal());
        File.SetUnixFileMode(_directory.Path, UnixFileMode.None);
        try
        {
            Assert.Equal($"{_directory.Path}: permission denied", CommandRun.Of("script", _directory.Path).Refusal());
        }
        finally
        {
            File.SetUnixFileMode(_directory.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void AMachineThatCannotBeHadIsOneLine()
    {
        string file = _directory.Write("a.scn", "load(1)");
        Assert.Equal(
            "paging: this machine has not enough memory for that (see --ram)",
            // no such array
            CommandRun.With(static _ => ScriptedMachine.Replaying(Scenario.Parse([.. new string[int.MaxValue]])), "script", file)
                .Refusal());
    }

    [Fact]
    public void HelpExplainsAndShowsAnExample()
    {
        foreach (string[] args in (string[][])[["--help"], ["script", "--help"], ["script", "-h"], ["script", "--ram", "x", "--help"]])
        {
            CommandRun run = CommandRun.Of(args);
            Assert.Equal((0, ""), (run.Code, run.Errors));
            Assert.Contains("paging script fork.scn", run.Output, StringComparison.Ordinal);
            Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void NoKernelRecordsOtherBounds()
    {
        string file = _directory.At("bounds.scn");
        File.WriteAllText(file, $"{Scenario.Header.Replace(") = 0", ", lowest=0x0) = 0", StringComparison.Ordinal)}\nbrk(0)\n");
        string refusal = CommandRun.Of("record", file).Refusal();
        Assert.EndsWith("the host's kernel has no other bounds than its own", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("script")]
    [InlineData("record")]
    [InlineData("replay")]
    [InlineData("exec")]
    [InlineData("layout")]
    [InlineData("run")]
    [InlineData("doctor")]
    [InlineData("tour")]
    [InlineData("view")]
    [InlineData("conform")]
    [InlineData("adapter")]
    public void ACommandShowsItsOwnExamplesAndNoOthers(string command)
    {
        string examples = CommandRun.Of(command, "--help").Output.Split("Examples:\n")[1];
        string[] lines = examples.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.StartsWith($"  paging {command} ", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.True(line.Length <= 100, line));
        Assert.Contains(examples, CommandRun.Of("--help").Output, StringComparison.Ordinal);
    }

    /// <summary>The parser appends defaults to the description, which must not name them as well.</summary>
    [Theory]
    [InlineData("script")]
    [InlineData("replay")]
    [InlineData("run")]
    [InlineData("view")]
    [InlineData("conform")]
    [InlineData("vad")]
    public void NoOptionNamesItsDefaultTwice(string command)
    {
        string[] lines = CommandRun.Of(command, "--help").Output.Split('\n');
        Assert.Contains(lines, static line => line.Contains("[default: ", StringComparison.Ordinal));
        Assert.All(lines, static line => Assert.True(line.Split("[default: ").Length <= 2, line));
        Assert.DoesNotContain(lines, static line => line.Contains("[default: 2147483647]", StringComparison.Ordinal));
    }

    [Fact]
    public void TheVersionIsOurs() =>
        Assert.Equal(new(0, $"paging {typeof(Paging.Cli.CommandLine).Assembly.GetName().Version!.ToString(3)}\n", ""),
        CommandRun.Of("--version"));
}
