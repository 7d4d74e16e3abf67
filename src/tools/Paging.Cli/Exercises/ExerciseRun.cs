using System.Collections.Immutable;
using Paging.Core;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Pages;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Cli.Exercises;

/// <summary>An exercise, executed: what the engine has counted, and what each call has done.</summary>
internal sealed class ExerciseRun
{
    private readonly Exercise _exercise;
    private readonly List<StoryStep> _steps = [];

    /// <summary>Executes the scenario, and looks at the machine after each call.</summary>
    public ExerciseRun(Exercise exercise)
    {
        _exercise = exercise;
        using ViewedScript run = new(ScenarioParser.ParseText(exercise.ReadScenario(), exercise.File), new() { RamBytes = 2 << 20 });
        Calls = string.Concat(run.Steps.Skip(1).Select(static step => $"  {step.Text}\n"));    // the first makes the process
        List<EngineEvent> happened = [];
        MachineView? before = null;
        while (run.TryStep(happened))
        {
            MachineView now = MachineView.Take(run.Engine);
            ViewedStep step = run.Steps[run.Position - 1];
            if (before is not null) _steps.Add(new(step.Name, step.ToString(), Words(now, before), [.. FiguresOf(now, before)]));
            before = now;
        }

        Counted = [.. exercise.Asked.Select(name => before!.Counter(name))];
    }

    /// <summary>The calls, without their results.</summary>
    public string Calls { get; }

    /// <summary>The counters that were asked for, in their order.</summary>
    public ImmutableArray<long> Counted { get; }

    /// <summary>The calls with their results and pictures. It gives the answer away.</summary>
    public Story Explain() => new(_exercise.Name, _exercise.Question, $"Exercise, lesson {_exercise.Lesson}", _exercise.Reason, _steps);

    private static string Words(MachineView now, MachineView before)
    {
        string[] changes = [.. now.Counters.Where(counter => counter.Value != before.Counter(counter.Name))
            .Select(counter => $"{counter.Name}: {before.Counter(counter.Name)} → {counter.Value}")];
        return changes.Length == 0 ? "No counter has changed." : string.Join("; ", changes) + ".";
    }

    private static IEnumerable<Figure> FiguresOf(MachineView now, MachineView before)
    {
        foreach (SpaceView space in now.Spaces)
        {
            yield return PageTableFigure.Draw(space, before.SpaceOf(space.ProcessId), null, 8);
            yield return AddressSpaceFigure.Draw(space, before.SpaceOf(space.ProcessId));
        }

        yield return FramesFigure.Draw(now, before);
        yield return CountersFigure.Draw(now, before);
    }
}
