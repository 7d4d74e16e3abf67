using Paging.Scripting.Calls;

namespace Paging.Cli.Reports;

/// <summary>A machine that reports its calls and their cost to the timeline of a report.</summary>
/// <param name="machine">The machine; its creator disposes it.</param>
/// <param name="timeline">The timeline.</param>
internal sealed class WatchedMachine(IScenarioMachine machine, RunTimeline timeline) : IScenarioMachine
{
    public void Start(ScenarioHeader header)
    {
        machine.Start(header);
        timeline.Begin();
    }

    public ScriptResult Execute(in ScenarioCall call)
    {
        timeline.Costs?.Begin();
        ScriptResult result = machine.Execute(in call);
        if (result.Kind != CallResultKind.Unsupported) timeline.Note(in call, in result);
        return result;
    }

    public void Dispose() { }
}
