using Paging.Scripting.Calls;

namespace Paging.Cli.Reports;

/// <summary>A machine whose calls are told to the timeline of a report, with what they cost.</summary>
/// <param name="machine">The machine; whoever made it disposes it.</param>
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
