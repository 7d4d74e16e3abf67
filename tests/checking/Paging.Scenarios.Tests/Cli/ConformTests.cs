using Paging.Cli;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Testing.Conformance;

namespace Paging.Scripting.Tests;

/// <summary><c>paging conform</c> with adapters that are right, wrong, and broken in every way.</summary>
public sealed class ConformTests
{
    private const string Greeting = "read x; printf 'name t\\nsupports mmap load maps\\nready\\n'; ";
    private const string Header = "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, " +
        "stack_limit=0x800000, reserved=0xbfff0000) = 0\n";

    private const string TwoAreas = Header +
        "mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000\n" +
        "mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000\n" +
        "store(0x20001000, 0x41) = 0\n" +
        "maps(0x20000000, 0x30000000) = {\n20000000-20001000 r--p 00000000\n20001000-20002000 rw-p 00000000\n}\n";

    private static string Engine => $"exec dotnet '{typeof(CommandLine).Assembly.Location}' adapter";

    [Trait("Category", "Medium")]
    [Fact]
    public void TheEngineItselfBehindThePipeAgreesWithEveryRecording()
    {
        CommandRun run = Conform(Engine);
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.StartsWith("199 scenarios, 199 agree; ", run.LastLine, StringComparison.Ordinal);
        Assert.EndsWith(" 0 differ, 0 not supported, 0 not reached; 0 rules broken", run.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAdapterWithoutCallsIsAskedNothing()
    {
        CommandRun run = Conform("read x; printf 'name t\\nready\\n'; exec sleep 0", "--generate", "1");
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.StartsWith("1 scenario, 1 agree; 0 calls agree, 0 differ, ", run.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public void ALogShowsProgress()
    {
        using TemporaryDirectory folder = new();
        string file = Write(folder, Header + "load(0x20000000) = 0x00\n");
        CommandRun run = Conform(Greeting + "sleep 1; echo 0; echo 0x00; echo 0", "--recordings", file, "--progress", "0.1");
        Assert.Equal(0, run.Code);
        Assert.All(run.Errors.TrimEnd('\n').Split('\n'), static line => Assert.Matches("^[01] of 1 scenario$", line));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void GeneratedScenariosAgreeToo() =>
        Assert.StartsWith("5 scenarios, 5 agree; ", Conform(Engine, "--generate", "5", "--seed", "7").LastLine, StringComparison.Ordinal);

    /// <summary>An engine that ignores MAP_FIXED_NOREPLACE: four calls are enough to show it, however long the scenario was.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AWrongAnswerIsShrunkToTheCallsThatMatter()
    {
        CommandRun run = Conform("dotnet '" + typeof(CommandLine).Assembly.Location + "' adapter | sed -u 's/-1 EEXIST/-1 EINVAL/'");
        Assert.Equal(1, run.Code);
        Assert.Contains("broken: 4 mmap → EEXIST", run.Output, StringComparison.Ordinal);
        string broken = run.Output[run.Output.IndexOf("broken:", StringComparison.Ordinal)..];
        string script = broken[..broken.IndexOf("\n\n", StringComparison.Ordinal)];
        Assert.True(script.Split('\n').Length <= 7, script);
        Assert.EndsWith("    expected: -1 EEXIST\n    actual:   -1 EINVAL", script, StringComparison.Ordinal);
        Assert.EndsWith("; 1 rule broken", run.LastLine, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void TheSmallestScriptsAreScenariosThatTheEngineAgreesWith()
    {
        using TemporaryDirectory folder = new();
        string adapter = "dotnet '" + typeof(CommandLine).Assembly.Location + "' adapter | sed -u 's/-1 EEXIST/-1 EINVAL/'";
        Conform(adapter, "--out", folder.Path);
        string file = Path.Combine(folder.Path, "4-mmap-eexist.scn");
        CommandRun script = CommandRun.With(static options => new EngineMachine(options), "script", file);
        Assert.Equal((0, ""), (script.Code, script.Errors));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void TheReportIsAPageWithTablesAndTheSmallestScripts()
    {
        using TemporaryDirectory folder = new();
        string page = Path.Combine(folder.Path, "out.html");
        string adapter = "dotnet '" + typeof(CommandLine).Assembly.Location + "' adapter | sed -u 's/-1 EEXIST/-1 EINVAL/'";
        Assert.Equal(1, Conform(adapter, "--report", page).Code);
        string text = File.ReadAllText(page);
        Assert.Contains("<h2>Agreement</h2>", text, StringComparison.Ordinal);
        Assert.Matches("<h2>Broken: 4[^<]* mmap[^<]* EEXIST</h2>", text);
        Assert.Contains("    expected: -1 EEXIST\n    actual:   -1 EINVAL\n", text, StringComparison.Ordinal);
        CommandRun refused =
            Conform(adapter, "--recordings", Recordings.Files[0], "--report", Path.Combine(folder.Path, "no/where.html"));
        Assert.Equal(2, refused.Code);
        Assert.Contains("cannot be written", refused.Errors, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("sleep 600", "adapter Hung", "gave no answer in 0.5 s")]
    [InlineData("exit 7", "adapter Ended", "ended with status 7")]
    [InlineData("echo 0; echo nonsense; sleep 600", "adapter Malformed", "answered 'nonsense', which mmap never returns")]
    [InlineData("echo 0; printf 'x%.0s' $(seq 2000); sleep 600", "adapter Hung", "gave no answer in 0.5 s")]
    [InlineData("echo 1; sleep 600", "adapter Malformed", "answered '1' to process(…), which wants 0")]
    [InlineData("echo 0; head -c 3000000 /dev/zero | tr '\\0' x", "adapter Malformed", "sent a line of more than 1048576 bytes")]
    public void ABrokenAdapterIsAResultNotACrash(string behaviour, string rule, string actual)
    {
        // Only an adapter that has to hang may be given up: any other one answers as soon as the host runs it.
        string patience = rule.EndsWith("Hung", StringComparison.Ordinal) ? "0.5" : "300";
        using TemporaryDirectory folder = new();
        string file = Write(folder, TwoAreas);
        CommandRun run = Conform(Greeting + behaviour, "--recordings", file, "--timeout", patience, "--shrink", "0");
        Assert.Equal((1, ""), (run.Code, run.Errors));
        Assert.Contains($"broken: {rule}", run.Output, StringComparison.Ordinal);
        Assert.Contains(actual, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 3", "ended with status 3")]
    [InlineData("echo hello", "sent 'hello' where name, supports, serves or ready is expected")]
    [InlineData("echo supports fly", "supports 'fly', not a call of the dialect")]
    [InlineData("echo serves few", "serves 'few'; it is one or many")]
    public void AnAdapterThatDoesNotSpeakTheProtocolCannotBeChecked(string behaviour, string reason) =>
        Assert.Equal($"paging conform: the adapter {reason}", Conform(behaviour, "--timeout", "300").Refusal());

    /// <summary>Ten seconds, because the first answer has at least as long: an adapter may have to start a machine.</summary>
    [Fact]
    public void ASilentAdapterCannotBeChecked()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the adapter is a program of Linux");
        AdapterException thrown = Assert.Throws<AdapterException>(
            static () => Adapter.Start(["sleep", "60"], TimeSpan.FromSeconds(0.5), new HundredfoldClock()));
        Assert.Equal((AdapterFailure.Hung, "gave no answer in 10 s"), (thrown.Failure, thrown.Message));
    }

    [Theory]
    [InlineData("/nonexistent", "/nonexistent: cannot be started: no such file or directory")]
    [InlineData("/", "/: a directory, not a program")]
    [InlineData("", "has no name: it is the first word after --")]
    public void AProgramThatCannotBeStartedIsALineAndExitCodeTwo(string program, string reason)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the reasons are Linux'");
        Assert.Equal($"paging conform: the adapter {reason}", CommandRun.Of("conform", "--", program).Refusal());
    }

    /// <summary>A call that was never compared has no share that agrees: the table counts it, and no bar shows 0 %.</summary>
    [Fact]
    public void ThePageShowsNoShareOfUnsupportedCalls()
    {
        using TemporaryDirectory folder = new();
        string page = folder.At("out.html");
        const string adapter = "read x; printf 'name t\\nsupports load\\nready\\n'; echo 0; echo 0";
        CommandRun run = Conform(adapter, "--recordings", Write(folder, TwoAreas), "--report", page);
        Assert.Contains("0 calls agree, 0 differ, 4 not supported", run.LastLine, StringComparison.Ordinal);
        Assert.DoesNotContain("data-bar=", File.ReadAllText(page), StringComparison.Ordinal);
    }

    /// <summary>Unsupported calls are left out, and the model predicts the results of the rest: maps shows one area, not two.</summary>
    [Fact]
    public void UnsupportedCallsAreCountedAndTheRestIsCompared()
    {
        using TemporaryDirectory folder = new();
        string file = Write(folder, TwoAreas);
        const string maps = "echo '{'; echo '20000000-20001000 r--p 00000000'; echo '}'; echo 0";
        const string second = "echo 0; echo 0x20000000; if mkdir again 2>/dev/null; then echo unsupported so; fi; " + maps;
        CommandRun run = Conform($"cd '{folder.Path}'; {Greeting}{second}", "--recordings", file);
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.Equal("1 scenario, 1 agree; 2 calls agree, 0 differ, 2 not supported, 0 not reached; 0 rules broken", run.LastLine);
    }

    /// <summary>
    /// An adapter that leaves out calls on huge pages: recorded results hold where these calls only look. Others are computed again,
    /// for pages of 2 MiB and a pool as large as the header has it.
    /// </summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("hugemap smaps tables")]
    [InlineData("faults")]
    [InlineData("mincore")]
    public void RecordingsOfHugePagesHoldWithoutSomeCalls(string leftOut)
    {
        using TemporaryDirectory folder = new();
        HashSet<string> left = new(leftOut.Split(' '), StringComparer.Ordinal);
        int count = 0;
        foreach (string name in Recordings.HugeNames.Select(static row => row.Data))
        {
            ScenarioDocument document = Recordings.ParseHuge(name);
            if (!document.Lines.Any(line => line.Kind == ScenarioLineKind.Call && left.Contains(Spelling(line)))) continue;
            File.Copy(document.FileName, folder.At(name));
            count++;
        }

        string calls = string.Join(' ', ScriptCalls.All.Select(static call => call.Spelling).Where(call => !left.Contains(call)));
        CommandRun run = Conform($"{Engine} | sed -u 's/^supports .*/supports {calls}/'", "--recordings", folder.Path, "--shrink", "0");
        Assert.True(count > 5);
        Assert.StartsWith($"{count} scenarios, {count} agree; ", run.LastLine, StringComparison.Ordinal);
    }

    private static string Spelling(ScenarioLine line) => ScriptCalls.All[(int)line.Call.Name].Spelling;

    [Theory]
    [InlineData("relaxed", 0)]
    [InlineData("exact", 1)]
    public void RelaxedTakesTwoAreasThatLookLikeOneForOne(string level, int code)
    {
        using TemporaryDirectory folder = new();
        string file = Write(folder, Header +
            "mmap(0x20000000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000\n" +
            "maps(0x20000000, 0x30000000) = {\n20000000-20002000 r--p 00000000\n}\n");
        const string two = "echo 0; echo 0x20000000; echo '{'; echo '20000000-20001000 r--p 00000000'; " +
            "echo '20001000-20002000 r--p 00000000'; echo '}'; echo 0";
        Assert.Equal(code, Conform(Greeting + two, "--recordings", file, "--level", level, "--shrink", "0").Code);
    }

    [Theory]
    [InlineData("--generate", "-1")]
    [InlineData("--generate", "2000000")]
    [InlineData("--generate", "many")]
    [InlineData("--timeout", "-3")]
    [InlineData("--timeout", "long")]
    [InlineData("--against", "me")]
    [InlineData("--level", "strict")]
    [InlineData("--recordings", "/nonexistent")]
    public void WrongOptionsAreALine(string option, string value) => Conform("true", option, value).Refusal();

    [Fact]
    public void ALineThatIsNoCallEndsTheEngineAsAnAdapterWithALine()
    {
        using MemoryStream input = new("fly(1)\n"u8.ToArray());
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(["adapter"], output, errors, static _ => ScriptedMachine.Quiet(), input: () => input);
        Assert.Equal((0, "unsupported there is no process: process(…) comes first\n"), (code, output.ToString()));
        string lines = Header.Replace(" = 0\n", "\nfly(1)\n", StringComparison.Ordinal);
        using MemoryStream second = new(System.Text.Encoding.UTF8.GetBytes(lines));
        code = CommandLine.Run(["adapter"], output, errors, static _ => ScriptedMachine.Quiet(), input: () => second);
        Assert.Equal(2, code);
        Assert.Contains("unknown call 'fly'", errors.ToString(), StringComparison.Ordinal);
    }

    private static string Write(TemporaryDirectory folder, string scenario)
    {
        File.WriteAllText(folder.At("one.scn"), scenario);
        return folder.At("one.scn");
    }

    /// <summary>Limits that no host reaches, where the options have none: a slow one differs in no answer, and in no line.</summary>
    internal static IEnumerable<string> Patient(string[] options) => ((string[])["--progress", "--timeout", "--shrink"])
        .Except(options, StringComparer.Ordinal).SelectMany(static name => (string[])[name, "3600"]);

    private static CommandRun Conform(string shell, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the adapters here are shell scripts");
        return CommandRun.Of(["conform", .. options, .. Patient(options), "--", "/bin/sh", "-c", shell]);
    }

    /// <summary>A clock whose timers end after a hundredth of their time.</summary>
    private sealed class HundredfoldClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new HundredfoldTimer(base.CreateTimer(callback, state, Shorten(dueTime), Shorten(period)));

        private static TimeSpan Shorten(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / 100;

        private sealed class HundredfoldTimer(ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(Shorten(dueTime), Shorten(period));

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
