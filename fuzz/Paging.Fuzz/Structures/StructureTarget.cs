using Paging.Native;
using Paging.Scripting.Running;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz;

/// <summary>Random operations on one structure of the engine, against a simple model in the same process.</summary>
/// <param name="name">The target's name on the command line.</param>
/// <param name="description">The structure and its model.</param>
/// <param name="operations">Names of the kinds of operations.</param>
/// <param name="outcomes">Names of the outcomes.</param>
/// <param name="begin">Makes the structure and its model.</param>
internal sealed class StructureTarget(string name, string description, string[] operations, string[] outcomes, Func<FuzzRandom,
    IStructureRun> begin) : SeedTarget
{
    private const int OperationCount = 3000;

    public override string Name => name;

    public override string Description => description;

    protected override Coverage NewCoverage() => new(operations, outcomes);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        FuzzRandom random = new(seed);
        int interval = options.AuditInterval >= 0 ? options.AuditInterval : random.OneOf([1, 16, 64, 256]);
        List<RawOperation> script = [.. Enumerable.Range(0, (int)Math.Min(OperationCount, operationCountMax))
            .Select(_ => RawOperation.Draw(random, operations.Length))];
        (int done, string? failure) = Execute(seed, script, interval, counters);
        counters.ScenarioCount++;
        if (failure is null) return null;

        List<RawOperation> small = [.. script.Take(done)];
        ChunkDropper dropper = new(options.ShrinkBudget);
        dropper.Drop(small, static (list, first, count) => [.. list.Take(first), .. list.Skip(first + count)], candidate =>
        {
            (int end, string? found) = Execute(seed, candidate, 1, counters: null);
            if (found is null) return false;
            small = [.. candidate.Take(end)];
            return true;
        }, () => small);
        (int _, string? last) = Execute(seed, small, 1, counters: null);
        return new(seed, done, $"{last ?? failure}\n  shrunk from {done} operations to {small.Count}",
            Write(name, operations, options.OutDirectory, seed, small, last ?? failure));
    }

    private (int Done, string? Failure) Execute(ulong seed, List<RawOperation> script, int interval, RunCounters? counters)
    {
        using IStructureRun run = begin(new(seed));
        int done = 0;
        try
        {
            foreach (RawOperation operation in script)
            {
                int outcome = run.Execute(operation, out string? failure);
                done++;
                counters?.Coverage.Add((int)operation.Kind, outcome);
                if (counters is not null) counters.OperationCount++;
                bool isDue = interval != 0 && done % interval == 0;
                if (isDue && counters is not null) counters.AuditCount++;
                if (failure is null && isDue) failure = run.Verify();
                if (failure is not null) return (done, $"{operations[operation.Kind]}: {failure}");
            }

            return (done, run.Finish());
        }
        catch (Exception exception) when (exception is InvariantException || Defect.Is(exception))
        {
            return (done, Defect.Describe(exception));
        }
    }

    /// <summary>Writes a list of operations for a person to read.</summary>
    /// <returns>The path.</returns>
    public static string Write(string name, string[] operations, string directory, ulong seed, List<RawOperation> script, string failure)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, $"{name}-{seed}.txt");
        IEnumerable<string> lines =
            script.Select(operation => $"{operations[operation.Kind]} {operation.A:x8} {operation.B:x8} {operation.C:x8}");
        File.WriteAllLines(path, [$"# {name}, seed {seed}: {failure.ReplaceLineEndings(" ")}",
            "# numbers are taken modulo the state at that point", .. lines]);
        return path;
    }
}
