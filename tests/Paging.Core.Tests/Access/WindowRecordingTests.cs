using Paging.Scripting.Engine;
using Paging.Scripting.Running;
using Paging.Testing.Checks;
using Paging.Testing.World;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The recordings give the same results with a window open for each process, and each window shows every byte after each call.
/// </summary>
public sealed class WindowRecordingTests
{
    public static TheoryData<string> Names => [.. Soak.Rows(RecordingLibrary.Names(), 24)];

    [Theory, MemberData(nameof(Names)), Trait("Category", "Slow")]
    public void EveryRecordingAgreesBesideWindows(string name)
    {
        Assert.SkipUnless(WindowCheck.IsPossible, "A window needs 64-bit Linux with pages of 4 KiB.");
        using EngineMachine machine = new(new EngineMachineOptions { RamBytes = 8 << 20, SharesRam = true });
        using WindowCheck check = new(machine.Engine);
        ScenarioRunOptions options = new() { KeepGoing = true, AfterEach = check.RunWithAudits };
        ScenarioOutcome outcome = ScenarioRunner.Run(RecordingLibrary.Get(name), machine, options);
        Assert.Empty(outcome.Differences);
        Assert.Null(check.RunWithAudits());
    }
}
