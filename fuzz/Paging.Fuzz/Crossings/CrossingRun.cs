using Paging.Core;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Random sets of features with random operations: what the matrix does one by one, all at once and in any order.</summary>
/// <remarks>A refusal is allowed, and may change nothing. The bytes are those of the world's model, and the audit is clean.</remarks>
internal sealed class CrossingRun : IStructureRun
{
    /// <summary>The operations of the matrix, and a feature that is switched on between them.</summary>
    public static readonly string[] Operations = [.. CrossingOperations.All.Select(static operation => operation.Name), SwitchesOn];

    public static readonly string[] Outcomes = ["done", "refused", "not now"];

    private const string SwitchesOn = "switch a feature on";
    private const int Done = 0, Refused = 1, NotNow = 2;
    private const int ContextsMax = 24;    // their places are 8 MiB each, up to where operations map

    private readonly CrossingWorld _world;
    private readonly GrowingCounts _history = new();
    private int _contextCount;

    /// <summary>A world in which features are on.</summary>
    public CrossingRun(CrossingContext[] contexts)
    {
        _world = new(contexts);
        foreach (CrossingContext context in contexts) _ = SwitchOn(context);
    }

    /// <summary>Two to six features.</summary>
    public static CrossingContext[] DrawContexts(FuzzRandom random) =>
        [.. Enumerable.Range(0, random.Between(2, 6)).Select(_ => random.OneOf<CrossingContext>(CrossingContexts.Single.ToArray()))];

    /// <summary>The operation, or the feature that it switches on.</summary>
    public static string NameOf(in RawOperation operation) => operation.Kind < CrossingOperations.All.Count
        ? CrossingOperations.All[(int)operation.Kind].Name : "switch on " + FeatureOf(operation).Name;

    private static CrossingContext FeatureOf(in RawOperation operation) =>
        CrossingContexts.Single[(int)(operation.A % (uint)CrossingContexts.Single.Count)];

    /// <summary>Makes an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="failure">What is wrong; null: nothing.</param>
    /// <returns>The place of the outcome in <see cref="Outcomes"/>.</returns>
    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        if (operation.Kind >= CrossingOperations.All.Count)
        {
            CrossingContext context = FeatureOf(operation);
            bool needsAnotherEngine = context.Options is not null || context.HasGroup;
            return needsAnotherEngine || _contextCount >= ContextsMax ? NotNow : SwitchOn(context);
        }

        try
        {
            _world.Make(CrossingOperations.All[(int)operation.Kind], verifies: false);
            return Done;
        }
        catch (CrossingRefusal)
        {
            return Refused;
        }
        catch (CrossingFault fault)
        {
            failure = fault.Message;
            return Done;
        }
    }

    /// <summary>Compares all bytes and counts, and audits. Null when all holds.</summary>
    public string? Verify()
    {
        using EngineHold hold = _world.Engine.EnterSlowPath();
        return _history.Check(_world.Engine) ?? _world.Verify();
    }

    public void Dispose() => _world.Dispose();

    private int SwitchOn(CrossingContext context)
    {
        _contextCount++;
        try
        {
            _world.SwitchOn(context);
            return Done;
        }
        catch (CrossingRefusal)
        {
            return Refused;
        }
        catch (Exception refusal) when (refusal is InvalidOperationException or NotSupportedException)
        {
            return Refused;
        }
    }
}
