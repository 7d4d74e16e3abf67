using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.HostKernel.Tests;

/// <summary>The host's kernel for tests: skips, with the reason, where it cannot serve.</summary>
internal static class Host
{
    /// <summary>The kernel that made the recordings. Section 7 of the dialect lists the differences of others.</summary>
    public const string RecordedRelease = "6.18.";

    public const string Header =
        "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, stack_limit=0x800000, "
            + "reserved=0xbfff0000) = 0";

    /// <summary>A machine that has been started.</summary>
    public static HostKernelMachine Start(ScenarioHeader? header = null)
    {
        Require();
        HostKernelMachine machine = new();
        machine.Start(header ?? ScenarioHeader.Default);
        return machine;
    }

    /// <summary>Ends the test here when the host cannot.</summary>
    public static void Require() => Assert.SkipUnless(HostKernelProbe.TryProbe(out string reason), $"no host kernel machine: {reason}");

    /// <summary>Ends the test here when the host's kernel is another than the recorded one.</summary>
    public static void RequireRecordedRelease()
    {
        Require();
        string release = HostKernelProbe.KernelRelease;
        Assert.SkipUnless(release.StartsWith(RecordedRelease, StringComparison.Ordinal),
            $"recorded with Linux {RecordedRelease}x, this is {release}");
    }

    /// <summary>Executes lines of the dialect; every result must be the one after the call.</summary>
    public static void Agrees(params string[] lines)
    {
        Require();
        Agrees(ScenarioParser.ParseText($"{Header}\n{string.Join('\n', lines)}\n", "test.scn"));
    }

    /// <summary>Executes a scenario; every result must be the recorded one.</summary>
    public static void Agrees(ScenarioDocument document)
    {
        using HostKernelMachine machine = new();
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine, new() { KeepGoing = true });
        Assert.Empty(outcome.Differences);
        Assert.Null(outcome.Unsupported);
        Assert.Equal(document.CallCount, outcome.CallCount);
    }

    /// <summary>Executes one call, written as in a scenario.</summary>
    public static string Do(this HostKernelMachine machine, string call) => machine.Execute(ScenarioParser.ParseCall(call)).ToString();

    /// <summary>True while the host has a process of this number, including a zombie.</summary>
    public static bool Exists(int pid) => Directory.Exists($"/proc/{pid}");
}
