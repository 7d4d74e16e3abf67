using System.Collections.Immutable;
using Paging.Cli.View;
using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Pictures.Pages;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Cli.Exercises;

/// <summary>An executed exercise: the engine's counts, and the effect of each call.</summary>
internal sealed class ExerciseRun
{
    private readonly Exercise _exercise;
    private readonly IReadOnlyList<StoryStep> _steps;
    private readonly List<ImmutableArray<long>> _counts = [];    // the requested counters after each step

    /// <summary>Executes the scenario, with a snapshot of the machine after each call.</summary>
    public ExerciseRun(Exercise exercise)
    {
        _exercise = exercise;
        using ViewedScript run = new(ScenarioParser.ParseText(exercise.ReadScenario(), exercise.File), MakeOptions(exercise));
        Calls = [.. run.Steps.Select(static step => step.Text)];
        _steps = RunStory.Tell(run, int.MaxValue,
            machine => _counts.Add([.. exercise.Asked.Select(name => ExerciseCount.Of(machine, name))]));
    }

    /// <summary>The machine of an exercise; each has a swap device.</summary>
    internal static EngineMachineOptions MakeOptions(Exercise exercise)
    {
        PagingEngine? made = null;
        return new()
        {
            RamBytes = 2 << 20,
            OpenSwap = static () => new MemorySwapStore(1 << 20),
            EngineMade = engine => made = engine,
            CreateFile = !exercise.FilesOnDisk ? null : (name, bytes) => made!.Files.CreateFile(name, new MemoryBacking(bytes)),
        };
    }

    /// <summary>The calls, without their results.</summary>
    public ImmutableArray<string> Calls { get; }

    /// <summary>The calls that change a requested counter, each with what it changes.</summary>
    public IEnumerable<(string Call, string Changes)> Counting
    {
        get
        {
            for (int step = 1; step < _counts.Count; step++)
            {
                string[] changes = [.. _exercise.Asked.Zip(_counts[step - 1], _counts[step])
                    .Where(static counter => counter.Second != counter.Third)
                    .Select(static counter => $"{counter.First}: {counter.Second} → {counter.Third}")];
                if (changes.Length != 0) yield return (Calls[step], string.Join("; ", changes));
            }
        }
    }

    /// <summary>The requested counters, in their order.</summary>
    public ImmutableArray<long> Counted => _counts[^1];

    /// <summary>The calls with their results and pictures, which contain the answer.</summary>
    public Story Explain() => new(_exercise.Name, _exercise.Question, $"Exercise, lesson {_exercise.Lesson}", _exercise.Reason, _steps);
}
