using Paging.Scripting.Calls;

namespace Paging.Testing.Shrinking;

/// <summary>Makes a failing script as small as possible while it still fails in the same way.</summary>
/// <remarks>
/// Whole processes go first, then chunks of calls (<see cref="ChunkDropper"/>), then arguments become simpler. That is repeated until
/// nothing helps any more, or the budget is used up. Deterministic except for the clock.
/// </remarks>
/// <param name="tryScript">Executes a script: the calls up to the failure if it still fails in the same way, null if it does not.</param>
/// <param name="budget">The time that it may take.</param>
internal sealed class Shrinker(Func<List<ScenarioCall>, List<ScenarioCall>?> tryScript, TimeSpan budget)
{
    private readonly ChunkDropper _dropper = new(budget);
    private List<ScenarioCall> _best = [];

    /// <summary>Scripts executed so far.</summary>
    public int TrialCount { get; private set; }

    private bool HasTime => _dropper.HasTime;

    /// <summary>Shrinks a script that fails.</summary>
    public List<ScenarioCall> Shrink(List<ScenarioCall> script)
    {
        _best = script;
        if (!Try(script)) return script;    // not reproducible: the caller keeps its script
        bool improved = true;
        while (improved && HasTime)
        {
            improved = DropProcesses();
            improved |= DropChunks();
            improved |= MoveTogether();
            improved |= SimplifyArguments();
        }

        return _best;
    }

    private bool Try(List<ScenarioCall> candidate)
    {
        TrialCount++;
        if (tryScript(candidate) is not { } failing) return false;
        _best = failing;
        return true;
    }

    private bool DropProcesses()
    {
        bool improved = false;
        int last = _best.Count == 0 ? 0 : _best.Max(static call => call.Process);
        for (int process = last; process >= 0 && HasTime; process--)
        {
            List<ScenarioCall> script = _best;
            int number = process;
            if (!script.Exists(call => call.Process == number)) continue;
            improved |= number != 0 && Try(ScriptEdit.Adopted(script, number));
            improved |= DropCallsOf(number);
        }

        return improved;
    }

    /// <remarks>
    /// A process that only forks has nothing to drop: repeating the same script would count as progress, for ever.
    /// </remarks>
    private bool DropCallsOf(int process)
    {
        List<ScenarioCall> script = _best;
        return script.Exists(IsDropped) && Try(ScriptEdit.Without(script, index => IsDropped(script[index])));

        bool IsDropped(ScenarioCall call) => call.Process == process && call.Name != CallName.Fork;
    }

    private bool DropChunks() => _dropper.Drop(_best, ScriptEdit.WithoutChunk, Try, () => _best);

    private bool MoveTogether()
    {
        List<ScenarioCall> moved = ArgumentSimplifier.MoveToUsualPlace(_best);
        return !moved.SequenceEqual(_best) && Try(moved);
    }

    private bool SimplifyArguments()
    {
        bool improved = false;
        for (int index = 0; index < _best.Count && HasTime; index++)
        {
            foreach (ScenarioCall simpler in ArgumentSimplifier.Simpler(_best[index]))
            {
                if (!HasTime || index >= _best.Count) break;
                improved |= Try(ScriptEdit.With(_best, index, simpler));
            }
        }

        return improved;
    }
}
