using System.Collections.Immutable;
using Paging.Cli.View;
using Paging.Pictures.Pages;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Cli.Exercises;

/// <summary>An executed exercise: the engine's counts, and the effect of each call.</summary>
internal sealed class ExerciseRun
{
    private readonly Exercise _exercise;
    private readonly IReadOnlyList<StoryStep> _steps;

    /// <summary>Executes the scenario, with a snapshot of the machine after each call.</summary>
    public ExerciseRun(Exercise exercise)
    {
        _exercise = exercise;
        using ViewedScript run = new(ScenarioParser.ParseText(exercise.ReadScenario(), exercise.File), new() { RamBytes = 2 << 20 });
        Calls = [.. run.Steps.Select(static step => step.Text)];
        _steps = RunStory.Tell(run, int.MaxValue, out MachineView? last);
        Counted = [.. exercise.Asked.Select(name => last!.Counter(name))];
    }

    /// <summary>The calls, without their results.</summary>
    public ImmutableArray<string> Calls { get; }

    /// <summary>The calls that change a requested counter, each with what it changes.</summary>
    public IEnumerable<(string Call, string Changes)> Counting => Calls.Zip(_steps)
        .Select(step => (step.First, string.Join("; ", step.Second.Text.TrimEnd('.').Split("; ")
            .Where(change => _exercise.Asked.Any(name => change.StartsWith(name + ":", StringComparison.Ordinal))))))
        .Where(static step => step.Item2.Length != 0);

    /// <summary>The requested counters, in their order.</summary>
    public ImmutableArray<long> Counted { get; }

    /// <summary>The calls with their results and pictures, which contain the answer.</summary>
    public Story Explain() => new(_exercise.Name, _exercise.Question, $"Exercise, lesson {_exercise.Lesson}", _exercise.Reason, _steps);
}
