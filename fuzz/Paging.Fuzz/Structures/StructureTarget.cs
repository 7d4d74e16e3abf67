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

    public override int Run(FuzzOptions options, TextWriter output) =>
        options.Script.Length == 0 ? base.Run(options, output) : RunScript(options.Script, output);

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
            (int end, string? found) = Execute(seed, candidate, interval, counters: null);    // comparing changes what is compared
            if (found is null) return false;
            small = [.. candidate.Take(end)];
            return true;
        }, () => small);
        string last = Execute(seed, small, interval, counters: null).Failure ?? failure;
        return new(seed, done, $"{last}\n  shrunk from {done} operations to {small.Count}",
            new OperationScript(seed, interval, small).Write(name, operations, options.OutDirectory, last));
    }

    private int RunScript(string path, TextWriter output)
    {
        try
        {
            OperationScript script = OperationScript.Read(path, name, operations);
            string? failure = Execute(script.Seed, script.Operations, script.Interval, counters: null, output).Failure;
            output.WriteLine($"{path}: {failure ?? "nothing found"}");
            return failure is null ? ExitCode.Clean : ExitCode.Found;
        }
        catch (Exception refusal) when (refusal is FormatException or IOException or UnauthorizedAccessException)
        {
            output.WriteLine($"{path}: {refusal.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Unusable;
        }
    }

    private (int Done, string? Failure) Execute(
        ulong seed, List<RawOperation> script, int interval, RunCounters? counters, TextWriter? output = null)
    {
        using IStructureRun run = begin(new(seed));
        int done = 0;
        try
        {
            foreach (RawOperation operation in script)
            {
                int outcome = run.Execute(operation, out string? failure);
                done++;
                output?.WriteLine($"{done,6}  {operations[operation.Kind]}: {outcomes[outcome]}");
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
            return (Math.Min(done + 1, script.Count), Defect.Describe(exception));    // with the operation that has thrown it
        }
    }
}
