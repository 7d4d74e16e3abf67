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
        options.Script.Length == 0 ? base.Run(options, output)
            : RunScript(options.Script, output, path => Print(OperationScript.Read(path, name, operations), output));

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        FuzzRandom random = new(seed);
        int interval = options.AuditInterval >= 0 ? options.AuditInterval : random.OneOf([1, 16, 64, 256]);
        List<RawOperation> script = [.. Enumerable.Range(0, (int)Math.Min(OperationCount, operationCountMax))
            .Select(_ => RawOperation.Draw(random, operations.Length))];
        (int done, string? failure) = Execute(new(seed, interval, script), counters);
        counters.ScenarioCount++;
        if (failure is null) return null;

        List<RawOperation> small = [.. script.Take(done)];
        ChunkDropper dropper = new(options.ShrinkBudget);
        dropper.Drop(small, static (list, first, count) => [.. list.Take(first), .. list.Skip(first + count)], candidate =>
        {
            (int end, string? found) = Execute(new(seed, interval, candidate), counters: null);    // comparing changes what is compared
            if (found is null) return false;
            small = [.. candidate.Take(end)];
            return true;
        }, () => small);
        OperationScript shrunk = new(seed, interval, small);
        string last = Execute(shrunk, counters: null).Failure ?? failure;
        return new(seed, done, $"{last}\n  shrunk from {done} operations to {small.Count}",
            shrunk.Write(name, operations, options.OutDirectory, last));
    }

    private (int Done, string? Failure) Execute(OperationScript script, RunCounters? counters) =>
        script.Run(() => begin(new(script.Seed)), NameOf, counters,
            (operation, outcome) => counters?.Coverage.Add((int)operation.Kind, outcome));

    private string? Print(OperationScript script, TextWriter output)
    {
        int done = 0;
        return script.Run(() => begin(new(script.Seed)), NameOf, counters: null,
            (operation, outcome) => output.WriteLine($"{++done,6}  {NameOf(operation)}: {outcomes[outcome]}")).Failure;
    }

    private string NameOf(RawOperation operation) => operations[operation.Kind];
}
