using System.Diagnostics;
using Paging.Scripting.Calls;
using Paging.Testing.Lockstep;

namespace Paging.Testing.Conformance;

/// <summary>Scenarios on an adapter: each result compared, each difference counted by rule and by family.</summary>
/// <param name="start">Starts the adapter.</param>
/// <param name="level">The exactness required of it.</param>
/// <param name="oracle">The source of the expected results of a scenario with calls left out.</param>
public sealed class ConformanceRun(Func<Adapter> start, ConformanceLevel level, MachineSet oracle) : IDisposable
{
    private const int RoundCountMax = 20;    // a scenario is run again without unsupported calls

    private readonly List<CourseLevel?> _leftOut = [];    // the levels of the calls that the scenario being run lacks
    private volatile Adapter? _adapter;    // the one that serves now, if it serves many
    private volatile bool _isStopped;
    private AdapterDescription? _description;

    /// <summary>True: calls that depend on the size of the address space are left out (<see cref="SpaceSize"/>).</summary>
    public bool TakesAnySpace { get; init; }

    /// <summary>The counts.</summary>
    public ConformanceTally Tally { get; } = new();

    /// <summary>Starts the adapter. Returns its description.</summary>
    /// <exception cref="AdapterException">It cannot be started, or does not speak the protocol.</exception>
    public AdapterDescription Describe() => _description ??= (_adapter ??= start()).Description;

    /// <summary>Ends the scenario that is being run; it and later ones are not counted. From any thread.</summary>
    public void RequestStop()
    {
        _isStopped = true;
        _adapter?.Interrupt();
    }

    /// <summary>Runs a scenario up to its first difference, and counts. Unsupported calls are left out of it.</summary>
    /// <returns>Its result; null after <see cref="RequestStop"/>.</returns>
    /// <exception cref="AdapterException">The first adapter cannot be started.</exception>
    public ConformanceOutcome? Run(ConformanceScript script)
    {
        if (_isStopped) return null;
        long begun = Stopwatch.GetTimestamp();
        _leftOut.Clear();
        IReadOnlySet<CallName> calls = Describe().Calls;
        ConformanceScript reduced = Leave(script, index => !calls.Contains(script.Calls[index].Name));
        if (TakesAnySpace) reduced = LeaveSpace(reduced);
        ConformanceBreak? found = null;
        for (int round = 0; reduced.Calls.Count > 0; round++)
        {
            found = FindBreak(reduced, out IReadOnlyList<ScriptResult> answers);
            if (found is not null || round == RoundCountMax || !answers.Any(IsUnsupported)) break;
            ConformanceScript asked = reduced;
            reduced = Leave(asked, index => index < answers.Count && IsUnsupported(answers[index]));
            if (TakesAnySpace) reduced = LeaveSpace(reduced);
        }

        if (_isStopped) return null;
        Count(reduced, found);
        int compared = found is null ? reduced.Calls.Count : found.CallIndex + 1;
        CourseLevel course = CourseLevels.Of(script);
        ConformanceOutcome outcome = new(script.Name, script.Family, compared, found, Stopwatch.GetElapsedTime(begun))
        {
            Level = course,
            CallCount = script.Calls.Count,
            Passes = found is null && compared > 0 && !_leftOut.Contains(course),
        };
        Tally.Add(outcome);
        return outcome;
    }

    /// <summary>Runs a scenario up to its first difference; null if there is none up to a call that the adapter does not support.</summary>
    /// <param name="script">The scenario.</param>
    /// <param name="answers">The answers, from the first call on.</param>
    public ConformanceBreak? FindBreak(ConformanceScript script, out IReadOnlyList<ScriptResult> answers)
    {
        List<ScriptResult> results = [];
        answers = results;
        if (_isStopped) return null;
        try
        {
            Adapter adapter = _adapter ??= start();
            adapter.Execute(script.Header, script.Calls, results);
            if (!adapter.Description.ServesMany) Stop();
        }
        catch (AdapterException exception)
        {
            Stop();
            if (_isStopped) return null;
            int at = Math.Min(results.Count, script.Calls.Count - 1);
            return FirstDifference(script, results)
                ?? new(ConformanceRule.Of(exception.Failure), script, at, script.Expected[at].ToString(), exception.Message);
        }

        return FirstDifference(script, results);
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private static bool IsUnsupported(ScriptResult result) => result.Kind == CallResultKind.Unsupported;

    private ConformanceScript Leave(ConformanceScript script, Func<int, bool> isLeftOut)
    {
        bool isChanged = false;
        for (int i = 0; i < script.Calls.Count; i++)
        {
            if (!isLeftOut(i)) continue;
            isChanged = true;
            _leftOut.Add(CourseLevels.Of(script.Calls[i]));
            Tally.Count(ConformanceRule.Of(script.Calls[i], script.Expected[i]), script.Family, static count => count.Unsupported++);
        }

        return isChanged ? script.Without(oracle, isLeftOut) : script;
    }

    // Until none is left: results that are computed again may depend on the size where the old ones did not.
    private ConformanceScript LeaveSpace(ConformanceScript script)
    {
        for (int round = 0; round < RoundCountMax; round++)
        {
            ConformanceScript asked = script;
            script = Leave(asked, index => SpaceSize.Decides(asked.Calls[index], asked.Expected[index]));
            if (ReferenceEquals(script, asked)) break;
        }

        return script;
    }

    private void Count(ConformanceScript script, ConformanceBreak? found)
    {
        for (int i = 0; i < script.Calls.Count; i++)
        {
            ConformanceRule rule = ConformanceRule.Of(script.Calls[i], script.Expected[i]);
            if (found is null || i < found.CallIndex) Tally.Count(rule, script.Family, static count => count.Agreed++);
            else if (i == found.CallIndex) Tally.Count(found.Rule, script.Family, static count => count.Differed++);
            else Tally.Count(rule, script.Family, static count => count.NotReached++);
        }
    }

    private ConformanceBreak? FirstDifference(ConformanceScript script, List<ScriptResult> answers)
    {
        for (int i = 0; i < answers.Count && !IsUnsupported(answers[i]); i++)
        {
            if (level.Accepts(script.Calls[i], script.Expected[i], answers[i])) continue;
            ConformanceRule rule = ConformanceRule.Of(script.Calls[i], script.Expected[i]);
            return new(rule, script, i, script.Expected[i].ToString(), answers[i].ToString());
        }

        return null;
    }

    private void Stop()
    {
        _adapter?.Dispose();
        _adapter = null;
    }
}
