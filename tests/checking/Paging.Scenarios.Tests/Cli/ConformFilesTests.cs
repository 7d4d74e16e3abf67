using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Paging.Cli;
using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Conformance;

namespace Paging.Scripting.Tests;

/// <summary><c>paging conform</c> for other programs: JSON, JUnit's XML, an interruption, and spaces of other sizes.</summary>
public sealed class ConformFilesTests
{
    private const string Header = "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, " +
        "stack_limit=0x800000, reserved=0xbfff0000) = 0\n";

    private const string Greeting = "read x; printf 'name t\\nsupports mmap load\\nready\\n'; ";
    private const string Map = "mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000\n";
    private const string MapAtTheEnd = "mmap(0xc0000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 ENOMEM\n";

    private static readonly string[] _counts = ["tests", "failures", "errors", "skipped"];

    [Fact]
    public void TheJsonHasEachScenarioAndEachRule()
    {
        using TemporaryDirectory folder = new();
        File.WriteAllText(folder.At("a-s1.scn"), Header + Map + "load(0x20000000) = 0x00\n");
        File.WriteAllText(folder.At("b-s1.scn"), Header + "load(0x20000000) = SIGSEGV SEGV_MAPERR 0x20000000\n");
        string json = folder.At("out.json");
        CommandRun run = Conform(Greeting + "read x; read y; echo 0; case $y in mmap*) echo 0x20000000; esac; echo 0x00; echo 0",
            "--recordings", folder.Path, "--shrink", "0", "--json", json);
        Assert.Equal((1, ""), (run.Code, run.Errors));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        JsonElement root = document.RootElement;
        Assert.Equal(("t", "recordings", "exact"), (Text(root, "adapter"), Text(root, "against"), Text(root, "level")));
        Assert.True(root.GetProperty("complete").GetBoolean());
        Assert.Equal((2, 2, 1, 0), (Number(root, "planned"), Number(root, "run"), Number(root, "agree"), Number(root, "hung")));
        Assert.Equal("mmap load", string.Join(' ', root.GetProperty("supports").EnumerateArray().Select(static call => call.GetString())));
        JsonElement[] scenarios = [.. root.GetProperty("scenarios").EnumerateArray()];
        Assert.Equal("a-s1 b-s1", string.Join(' ', scenarios.Select(static one => Text(one, "scenario"))));
        Assert.Equal([true, false], scenarios.Select(static one => one.GetProperty("agrees").GetBoolean()));
        Assert.Equal((1, "4 load → SIGSEGV SEGV_MAPERR", "0x00"),
            (Number(scenarios[1], "call"), Text(scenarios[1], "rule"), Text(scenarios[1], "actual")));
        JsonElement broken = Assert.Single(root.GetProperty("broken").EnumerateArray());
        Assert.Contains("load(0x20000000) = SIGSEGV SEGV_MAPERR 0x20000000\n", Text(broken, "script"), StringComparison.Ordinal);
        Assert.Equal([(0, 1), (1, 0), (1, 0)],    // load that faults, load, mmap
            root.GetProperty("rules").EnumerateArray().Select(static rule => (Number(rule, "agree"), Number(rule, "differ"))));
    }

    [Fact]
    public void TheXmlHasASuiteForAFamilyAndACaseForAScenario()
    {
        using TemporaryDirectory folder = new();
        File.WriteAllText(folder.At("a-s1.scn"), Header + Map + "load(0x20000000) = 0x00\n");
        File.WriteAllText(folder.At("a-s2.scn"), Header + "load(0x20000000) = SIGSEGV SEGV_MAPERR 0x20000000\n");
        File.WriteAllText(folder.At("b-s1.scn"), Header + "munmap(0x20000000, 0x1000) = 0\n");
        File.WriteAllText(folder.At("b-s2.scn"), Header + "load(0x20001000) = 0x00\nload(0x20001000) = 0x00\n");
        string xml = folder.At("out.xml");
        const string answers = "read x; read y; echo 0; case $y in mmap*) printf '0x20000000\\n0x00\\n0\\n';; " +
            "*1000*) printf '0x\\033\\n';; *) printf '0x00\\n0\\n';; esac";
        Assert.Equal(1, Conform(Greeting + answers, "--recordings", folder.Path, "--shrink", "0", "--junit", xml).Code);
        XElement root = XDocument.Load(xml).Root!;
        XElement[] suites = [.. root.Elements("testsuite")];
        Assert.Equal("a: 2 1 0 0, b: 2 0 1 1", string.Join(", ", suites.Select(static suite => $"{suite.Attribute("name")!.Value}: " +
            string.Join(' ', _counts.Select(name => suite.Attribute(name)!.Value)))));
        XElement failure = Assert.Single(root.Descendants("failure"));
        Assert.Equal("a-s2", failure.Parent!.Attribute("name")!.Value);
        Assert.Equal("call 1: expected SIGSEGV SEGV_MAPERR 0x20000000, got 0x00", failure.Attribute("message")!.Value);
        XElement error = Assert.Single(root.Descendants("error"));
        Assert.Contains("answered '0x\uFFFD'", error.Attribute("message")!.Value, StringComparison.Ordinal);
        Assert.Equal("b-s1", Assert.Single(root.Descendants("skipped")).Parent!.Attribute("name")!.Value);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--junit")]
    public void AFileThatCannotBeWrittenIsALine(string option)
    {
        using TemporaryDirectory folder = new();
        string file = Write(folder, Header + "munmap(0x20000000, 0x1000) = 0\n");
        CommandRun run = Conform(Greeting + "exec sleep 0", "--recordings", file, option, folder.At("no/where"));
        Assert.Equal(2, run.Code);
        Assert.Contains("cannot be written", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>A kernel whose space is larger maps there; a rule that depends on the size says so, and is left out on request.</summary>
    [Fact]
    public void RulesThatDependOnTheSizeOfTheSpaceAreLeftOutOnRequest()
    {
        using TemporaryDirectory folder = new();
        string file = Write(folder, Header + MapAtTheEnd + Map);
        const string adapter = Greeting +
            "while read x; do case $x in mmap'('0xc*) echo 0xc0000000;; mmap*) echo 0x20000000;; *) echo 0;; esac; done";
        CommandRun run = Conform(adapter, "--recordings", file, "--shrink", "0");
        Assert.Equal(1, run.Code);
        Assert.Contains("broken: 4 mmap → ENOMEM (3 GiB) (first in one, call 1)", run.Output, StringComparison.Ordinal);
        run = Conform(adapter, "--recordings", file, "--any-space");
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.Equal("1 scenario, 1 agree; 1 calls agree, 0 differ, 1 left out, 0 not reached; 0 rules broken", run.LastLine);
    }

    /// <summary>A place that a kernel of 64 bits has chosen breaks the rule of the call, not the protocol.</summary>
    [Fact]
    public void AnAddressOf64BitsIsAWrongResult()
    {
        using TemporaryDirectory folder = new();
        string file = Write(folder, Header + Map);
        CommandRun run = Conform(Greeting + "echo 0; echo 0x7f7af9544000; echo 0", "--recordings", file, "--shrink", "0");
        Assert.Equal(1, run.Code);
        Assert.Contains("broken: 4 mmap at a fixed place (first in one, call 1)", run.Output, StringComparison.Ordinal);
        Assert.Contains("    actual:   0x7f7af9544000\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CallName.Munmap, 0xBFFFF000, 0x1000, 0, 0, false)]
    [InlineData(CallName.Munmap, 0xBFFFF000, 0x1001, 0, 0, true)]
    [InlineData(CallName.Load, 0xBFFFFFFF, 0, 0, 0, false)]
    [InlineData(CallName.Load, 0xC0000000, 0, 0, 0, true)]
    [InlineData(CallName.Maps, 0x20000000, 0xC0000000, 0, 0, false)]
    [InlineData(CallName.Maps, 0x20000000, 0xC0001000, 0, 0, true)]
    [InlineData(CallName.Mmap, 0, 0x1000, 0, (long)(MapFlags.Private | MapFlags.Anonymous), true)]    // a place
    [InlineData(CallName.Mmap, 0, 0x1000, 0, (long)(MapFlags.Private | MapFlags.Fixed), false)]
    [InlineData(CallName.Mmap, 0xC0000000, 0x1000, 0, (long)(MapFlags.Private | MapFlags.Fixed), true)]
    [InlineData(CallName.Mremap, 0x20000000, 0x1000, 0xA0001000, (long)RemapFlags.MayMove, true)]
    public void ACallDependsOnTheSizeIfItsRangeEndsAboveOrItsPlaceIsTheKernels(
        CallName name, long a0, long a1, long a2, long a3, bool depends)
    {
        ScenarioCall call = new(name, 0, 4, a0, a1, a2, a3);
        Assert.Equal(depends, SpaceSize.Decides(call, ScriptResult.Address(new(0xB7FFF000))));
    }

    /// <summary>SIGINT while an adapter hangs: the results so far are reported and written, and the exit code is the signal's.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public async Task AnInterruptionReportsWhatIsDone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the adapter is a shell script");
        using TemporaryDirectory folder = new();
        Directory.CreateDirectory(folder.At("in"));
        File.WriteAllText(folder.At("in/a.scn"), Header + Map);
        File.WriteAllText(folder.At("in/b.scn"), Header + "load(0x20000000) = 0x00\n");
        string json = folder.At("out.json"), begun = folder.At("hangs");
        using (Process make = Process.Start("mkfifo", [begun])) await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        string adapter = Greeting + "read x; read y; echo 0; " +
            $"case $y in mmap*) echo 0x20000000; echo 0;; *) : > '{begun}'; sleep 600;; esac";
        ProcessStartInfo start = DefaultSignals.For("dotnet", typeof(CommandLine).Assembly.Location, "conform", "--recordings",
            folder.At("in"), "--timeout", "600", "--json", json, "--", "/bin/sh", "-c", adapter);
        (start.UseShellExecute, start.RedirectStandardOutput, start.RedirectStandardError) = (false, true, true);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await File.ReadAllTextAsync(begun, TestContext.Current.CancellationToken);    // ends when the adapter has opened and closed it
        using (Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("1 scenario, 1 agree; ", await output, StringComparison.Ordinal);
        Assert.Contains("paging conform: interrupted after 1 of 2 scenarios", await errors, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
        Assert.False(document.RootElement.GetProperty("complete").GetBoolean());
        Assert.Equal((2, 1), (Number(document.RootElement, "planned"), Number(document.RootElement, "run")));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private static string Write(TemporaryDirectory folder, string scenario)
    {
        File.WriteAllText(folder.At("one.scn"), scenario);
        return folder.At("one.scn");
    }

    private static CommandRun Conform(string shell, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the adapters here are shell scripts");
        return CommandRun.Of(["conform", .. options, .. ConformTests.Patient(options), "--", "/bin/sh", "-c", shell]);
    }
}
