using System.Globalization;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.Shrinking;
using Paging.Testing.World;

namespace Paging.Fuzz;

/// <summary>Random sets of features, with random calls and operations beside them.</summary>
/// <remarks><code>
///   even seeds   calls of the dialect, made while companions come and go: engine against model, call by call, and the audit
///   odd seeds    operations of the matrix in a world of known bytes, with features switched on between them (<see cref="CrossingRun"/>)
/// </code>
/// A failure is shrunk to the features and calls that it needs. <c>--script FILE</c> runs a scenario beside the features that its comment
/// names (<c># beside snapshot log@12-40</c>).
/// </remarks>
internal sealed class CrossingsTarget : SeedTarget
{
    private const string BesideNote = "# beside ";
    private const int CallCountMax = 400, OperationCount = 1200, FeaturesMin = 2, FeaturesMax = 6;
    private const ulong SetSeed = 0xC0_55E5;

    /// <summary>Companions of every process; the format of the tables is drawn with the engine's other options.</summary>
    private static readonly Companion[] Drawn =
        [.. Companions.All.Where(static companion => companion.Name is not "pae")];

    private static readonly int CallPlaceCount = ScriptCalls.All.Length + CallPairs.Advice.Length;

    public override string Name => "crossings";

    public override string Description =>
        "random sets of features with random calls, against the model, and operations, against plain numbers";

    protected override Coverage NewCoverage() => new(
        [.. ScriptCalls.All.Select(static signature => signature.Spelling), .. CallPairs.Advice.Select(static advice => $"  {advice}"),
            .. CrossingRun.Operations], [.. CallOutcomes.Names, .. CrossingRun.Outcomes]);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines) => seed % 2 == 0
            ? RunCalls(options, seed, Math.Min(operationCountMax, CallCountMax), counters)
            : RunOperations(options, seed, (int)Math.Min(operationCountMax, OperationCount), counters);

    public override int Run(FuzzOptions options, TextWriter output) =>
        options.Script.Length == 0 ? base.Run(options, output)
            : RunScript(options.Script, output, static path => Replay(ScenarioParser.ParseFile(path))?.ToString());

    /// <summary>Runs a scenario beside the features that its comment names, on engine and model.</summary>
    /// <exception cref="FormatException">The comment names what is no feature.</exception>
    internal static FuzzFailure? Replay(ScenarioDocument document)
    {
        LockstepOptions machines = RegressionFile.MachinesOf(document, new(MachineSet.Model));
        List<ScenarioCall> calls =
            [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => line.Call)];
        return ScriptReplay.Run(Beside(machines, StaysOf(document)), document.Header, calls).Failure;
    }

    /// <summary>Draws the features of a seed, of which at least one is used from the first call on.</summary>
    internal static CompanionStay[] DrawStays(FuzzRandom random)
    {
        List<CompanionStay> stays = [];
        int count = random.Between(FeaturesMin, FeaturesMax);
        while (stays.Count < count)
        {
            Companion companion = random.OneOf<Companion>(Drawn);
            if (stays.Exists(stay => Excludes(stay.Companion, companion))) continue;
            int from = stays.Count == 0 || random.Percent(50) ? 0 : random.Below(40);
            stays.Add(new(companion, from, random.Percent(70) ? int.MaxValue : from + random.Between(5, 80)));
        }

        return [.. stays];
    }

    private static bool Excludes(Companion one, Companion other) =>
        one == other || (one.OnlyOneOf.Length != 0 && string.Equals(one.OnlyOneOf, other.OnlyOneOf, StringComparison.Ordinal));

    /// <summary>The machines of a scenario beside features.</summary>
    internal static LockstepOptions Beside(LockstepOptions machines, IReadOnlyList<CompanionStay> stays) => machines with
    {
        Adjust = options => Company.Adjusted(stays.Select(static stay => stay.Companion), options),
        Beside = machine => new Company(stays, machine),
    };

    /// <summary>The features that a scenario's comment names.</summary>
    /// <exception cref="FormatException">The comment names what is no feature.</exception>
    internal static CompanionStay[] StaysOf(ScenarioDocument document) => [.. document.Lines.Select(static line => line.Text)
        .Where(static text => text.StartsWith(BesideNote, StringComparison.Ordinal))
        .SelectMany(static text => text[BesideNote.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(CompanionStay.Parse)];

    private static FailureReport? RunCalls(FuzzOptions options, ulong seed, long callCountMax, RunCounters counters)
    {
        FuzzRandom random = new(seed ^ SetSeed);
        CompanionStay[] stays = DrawStays(random);
        LockstepOptions machines = new(MachineSet.Model)
        {
            MayHaveHugePages = true,
            HasWindows = random.Percent(10) && !Array.Exists(stays, static stay => stay.Companion.Name is "threads" or "windows"),
        };
        SwarmTheme theme = random.Percent(30) ? SwarmTheme.Processes : SwarmTheme.Everything;
        ScenarioRun run = new(theme, Beside(machines, stays), options.AuditInterval);
        using EngineShelf shelf = new();    // for what is left in an engine; another seed has another one
        ulong first = unchecked(HugeSetting.BlockFor(seed, isHuge: random.Percent(25)) * EngineShelf.BlockLength);
        if (run.Run(first, callCountMax, counters, shelf) is not { } failure) return null;

        List<ScenarioCall> calls = [.. run.Calls];
        ReplayOutcome Replay(IReadOnlyList<CompanionStay> features, List<ScenarioCall> script) =>
            ScriptReplay.Run(Beside(run.Machines, features), run.Header, script);
        bool Fails(CompanionStay[] features) => Replay(features, calls).Failure is { } found && found.IsLike(failure);
        CompanionStay[] needed = options.ShrinkBudget > TimeSpan.Zero && Fails(stays) ? Needed(stays, Fails) : stays;
        FailureScript small = FailureScript.Shrink(run.Header, calls, failure, script => Replay(needed, script), options.ShrinkBudget);
        counters.ShrinkTime += small.Time;
        string beside = string.Join(' ', needed);
        string path = small.WriteTo(options.OutDirectory, string.Create(CultureInfo.InvariantCulture, $"crossings-{seed}"),
            RegressionFile.NoteOn(run.Machines.Engine) + $"\nbeside {beside}");
        string windows = machines.HasWindows ? ", with windows of the host" : "";
        return new(seed, calls.Count, $"{small.Outcome.Failure ?? failure}\n  beside {beside}{windows}\n  {small.Summary}", path);
    }

    /// <summary>The features without which it does not fail, from the first call on and to the end where that fails, too.</summary>
    internal static CompanionStay[] Needed(CompanionStay[] stays, Func<CompanionStay[], bool> fails)
    {
        for (int i = stays.Length - 1; i >= 0; i--)
        {
            CompanionStay[] others = [.. stays[..i], .. stays[(i + 1)..]];
            CompanionStay[] whole = [.. stays[..i], new(stays[i].Companion), .. stays[(i + 1)..]];
            if (fails(others)) stays = others;
            else if (stays[i] != whole[i] && fails(whole)) stays = whole;
        }

        return stays;
    }

    private static FailureReport? RunOperations(FuzzOptions options, ulong seed, int operationCountMax, RunCounters counters)
    {
        FuzzRandom random = new(seed);
        CrossingContext[] contexts = CrossingRun.DrawContexts(random);
        int interval = options.AuditInterval >= 0 ? options.AuditInterval : random.OneOf([1, 16, 64]);
        List<RawOperation> script =
            [.. Enumerable.Range(0, operationCountMax).Select(_ => RawOperation.Draw(random, CrossingRun.Operations.Length))];
        (int done, string? failure) = Execute(contexts, new(seed, interval, script), counters);
        counters.ScenarioCount++;
        if (failure is null) return null;

        List<RawOperation> small = [.. script.Take(done)];
        bool Fails(CrossingContext[] features, List<RawOperation> candidate)
        {
            // As often as before: comparing changes what is compared.
            (int end, string? found) = Execute(features, new(seed, interval, candidate), counters: null);
            if (found is null) return false;
            small = [.. candidate.Take(end)];
            return true;
        }

        if (options.ShrinkBudget > TimeSpan.Zero)
        {
            for (int i = contexts.Length - 1; i >= 0; i--)
                if (Fails([.. contexts[..i], .. contexts[(i + 1)..]], small)) contexts = [.. contexts[..i], .. contexts[(i + 1)..]];
            _ = new ChunkDropper(options.ShrinkBudget).Drop(small, static (list, first, count) =>
                [.. list.Take(first), .. list.Skip(first + count)], candidate => Fails(contexts, candidate), () => small);
        }

        OperationScript shrunk = new(seed, interval, small);
        string last = Execute(contexts, shrunk, counters: null).Failure ?? failure, beside = CrossingContexts.NameOf(contexts);
        string path = shrunk.Write("crossings", CrossingRun.Operations, options.OutDirectory, $"{last}, beside {beside}");
        string[] names = [.. small.Select(static operation => CrossingRun.NameOf(in operation))];
        return new(seed, done, $"{last}\n  beside {beside}\n  shrunk from {done} operations to {small.Count}"
            + (names.Length <= 12 ? ": " + string.Join("; ", names) : ""), path);
    }

    private static (int Done, string? Failure) Execute(CrossingContext[] contexts, OperationScript script, RunCounters? counters) =>
        script.Run(() => new CrossingRun(contexts), static operation => CrossingRun.NameOf(in operation), counters, (operation, outcome) =>
            counters?.Coverage.Add(CallPlaceCount + (int)operation.Kind, CallOutcomes.Names.Length + outcome));
}
