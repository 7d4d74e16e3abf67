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
    private int _contextCount;

    public CrossingRun(FuzzRandom random)
    {
        CrossingContext[] drawn =
            [.. Enumerable.Range(0, random.Between(1, 5)).Select(_ => random.OneOf(CrossingContexts.Single.ToArray()))];
        _world = new(drawn);
        foreach (CrossingContext context in drawn) _ = SwitchOn(context);
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        if (operation.Kind >= CrossingOperations.All.Count)
        {
            CrossingContext context = CrossingContexts.Single[(int)(operation.A % (uint)CrossingContexts.Single.Count)];
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

    public string? Verify()
    {
        using EngineHold hold = _world.Engine.EnterSlowPath();
        return _world.Verify();
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
