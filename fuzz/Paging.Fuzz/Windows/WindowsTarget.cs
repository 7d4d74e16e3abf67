using System.Text.RegularExpressions;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.Shrinking;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Model;

namespace Paging.Fuzz;

/// <summary>Random Windows calls: the engine against the reference model of the 28 rules, call by call, with audits.</summary>
/// <remarks>
/// Every third seed has little RAM, a page file, and a process of Linux that competes for it. Half of all seeds have PAE tables. In six
/// of 24, the processes are saved again and again, and go on in a fresh engine.
/// </remarks>
internal sealed partial class WindowsTarget : SeedTarget
{
    private const int CallCountMax = 400;

    private static ReadOnlySpan<int> CallsToMove => [1, 7, 40, 150];

    public override string Name => "windows";

    public override string Description => "Windows calls: engine against the model of the 28 rules, call by call, with audits";

    protected override Coverage NewCoverage() => new(
        [.. WindowsCall.All.Select(static call => call.Spelling)], WindowsOutcomes.Names,
        WindowsOutcomes.OfRecordings);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        FuzzRandom random = new(seed);
        bool isUnderPressure = seed % 3 == 0;
        TableFormat tables = seed / 3 % 2 == 0 ? TableFormat.Pae : TableFormat.Classic;
        int moves = seed / 6 % 4 == 3 ? CallsToMove[(int)(seed / 24 % (uint)CallsToMove.Length)] : 0;
        WindowsGenerator generator = new(random, isUnderPressure);
        int interval = options.AuditInterval >= 0 ? options.AuditInterval : random.OneOf([1, 8, 32, 128]);
        List<ScenarioCall> script = [.. Enumerable.Range(0, (int)Math.Min(random.Between(40, CallCountMax), operationCountMax))
            .Select(_ => generator.Next())];
        counters.ScenarioCount++;
        (int done, string? failure) = Execute(script, new(isUnderPressure, tables, moves), interval, counters);
        if (failure is null) return null;

        List<ScenarioCall> small = [.. script.Take(done)];
        ChunkDropper dropper = new(options.ShrinkBudget);
        dropper.Drop(small, static (list, first, count) => [.. list.Take(first), .. list.Skip(first + count)], candidate =>
        {
            (int end, string? found) = Execute(candidate, new(isUnderPressure, tables, moves), interval: 1, counters: null);
            if (found is null || !IsSameFailure(failure, found)) return false;
            small = [.. candidate.Take(end)];
            return true;
        }, () => small);
        (_, string? last) = Execute(small, new(isUnderPressure, tables, moves), interval: 1, counters: null);
        return new(seed, done, $"{last ?? failure}\n  shrunk from {done} calls to {small.Count}", Write(options, seed, small,
            isUnderPressure));
    }

    /// <summary>
    /// True if two failures are of one kind: the same call with the same pair of results, or the same broken rule or exception. Without it
    /// a script that ends at something else, such as a handle whose maker was dropped, would replace the one that failed.
    /// </summary>
    internal static bool IsSameFailure(string first, string second) =>
        string.Equals(KindOf(first), KindOf(second), StringComparison.Ordinal);

    // "NAME(…)", a line with the expected result, and one with the actual; or "NAME(…): " and what an audit or an exception says. What an
    // audit finds may have been done by an earlier call. Numbers differ from script to script.
    private static string KindOf(string failure)
    {
        int results = failure.IndexOf("\n  expected: ", StringComparison.Ordinal);
        int found = failure.IndexOf("): ", StringComparison.Ordinal);
        string kind = results >= 0 ? failure[..Math.Max(failure.IndexOf('('), 0)] + failure[results..]
            : failure[(found < 0 ? 0 : found + 3)..].Split('\n')[0];
        return Numbers().Replace(kind, "N");
    }

    [GeneratedRegex("\\b(?:0x[0-9a-f]+|[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]    // not of a rule: I4
    private static partial Regex Numbers();

    private static (int Done, string? Failure) Execute(
        List<ScenarioCall> script, World world, int interval, RunCounters? counters)
    {
        int done = 0;
        try
        {
            using WindowsRun run = new(world.IsUnderPressure, world.Tables);
            foreach (ScenarioCall call in script)
            {
                if (world.Moves != 0 && done % world.Moves == world.Moves - 1) run.Move();
                string? failure = run.Execute(call, out ScriptResult expected);
                done++;
                counters?.Coverage.Add(call.Signature.Code, WindowsOutcomes.Of(expected.ToString()));
                if (counters is not null) counters.OperationCount++;
                bool isDue = (interval != 0 && done % interval == 0) || done == script.Count;
                if (isDue && counters is not null) counters.AuditCount++;
                if (failure is null && isDue) failure = run.Verify() is { } finding ? $"{call}: {finding}" : null;
                if (failure is not null) return (done, failure);
            }

            return (done, null);
        }
        catch (Exception exception) when (exception is InvariantException || Defect.Is(exception))
        {
            return (done + 1, $"{(done < script.Count ? script[done] : "at the end")}: {Defect.Describe(exception)}");
        }
    }

    /// <summary>Writes the calls with the model's results, as a scenario that <c>paging script</c> runs.</summary>
    private static string Write(FuzzOptions options, ulong seed, List<ScenarioCall> script, bool isUnderPressure)
    {
        Directory.CreateDirectory(options.OutDirectory);
        string path = Path.Combine(options.OutDirectory, $"windows-{seed}.scn");
        using WindowsReferenceMachine model = new();
        ScenarioDocument scenario = ScenarioDocument.Of(path, WindowsHeader.Default, script,
            $"windows, seed {seed}{(isUnderPressure ? ", with little RAM" : "")}: the model's results");
        using StreamWriter writer = new(path);
        ScenarioRunner.Record(scenario, model, writer);
        return path;
    }

    /// <summary>The engine of a seed.</summary>
    /// <param name="IsUnderPressure">It has little RAM.</param>
    /// <param name="Tables">The format of its page tables.</param>
    /// <param name="Moves">The calls between two saves; 0: there is none.</param>
    private readonly record struct World(bool IsUnderPressure, TableFormat Tables, int Moves);
}
