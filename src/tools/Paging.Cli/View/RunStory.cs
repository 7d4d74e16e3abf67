using Paging.Core;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Pages;
using Paging.Pictures.Snapshots;
using Paging.View;

namespace Paging.Cli.View;

/// <summary>A run as a story: a step for each call, with its counts and pictures.</summary>
internal static class RunStory
{
    /// <summary>Takes the steps, with a snapshot of the machine after each.</summary>
    /// <param name="run">The run; no step of it has been taken.</param>
    /// <param name="countMax">The most steps to take.</param>
    /// <param name="seen">Receives the machine after each step; null if it is not needed.</param>
    public static IReadOnlyList<StoryStep> Tell(IViewedRun run, int countMax, Action<MachineView>? seen = null)
    {
        List<StoryStep> steps = [];
        List<EngineEvent> happened = [];
        MachineView? last = null;
        while (run.Position < countMax && run.TryStep(happened))
        {
            run.Engine.BindToCurrentThread();    // a program's engine was bound to the thread that ran the step
            MachineView now = MachineView.Take(run.Engine).NumberedFrom(run.FirstNumber).WithCounters(run.Counters);
            ViewedStep step = run.Steps[run.Position - 1];
            steps.Add(new(step.Name, step.ToString(), Words(now, last), [.. FiguresOf(now, last)]));
            seen?.Invoke(now);
            last = now;
        }

        return steps;
    }

    private static string Words(MachineView now, MachineView? before)
    {
        string[] changes = [.. now.Counters.Where(counter => before is not null && counter.Value != before.Counter(counter.Name))
            .Select(counter => $"{counter.Name}: {before!.Counter(counter.Name)} → {counter.Value}")];
        return changes.Length == 0 ? "No counter has changed." : string.Join("; ", changes) + ".";
    }

    private static IEnumerable<Figure> FiguresOf(MachineView now, MachineView? before)
    {
        foreach (SpaceView space in now.Spaces)
        {
            yield return PageTableFigure.Draw(space, before?.SpaceOf(space.ProcessId), null, 8);
            yield return AddressSpaceFigure.Draw(space, before?.SpaceOf(space.ProcessId));
        }

        yield return FramesFigure.Draw(now, before);
        if (now.Files.Count != 0) yield return CacheFigure.Draw(now, before);
        yield return CountersFigure.Draw(now, before);
    }
}
