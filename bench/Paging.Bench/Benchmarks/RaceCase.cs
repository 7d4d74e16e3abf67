using Paging.Bench.Harness;

namespace Paging.Bench.Benchmarks;

/// <summary>One contender of one race, as a parameter of a benchmark.</summary>
public sealed class RaceCase
{
    private readonly RaceDefinition _definition;
    private readonly Role _role;
    private Race? _race;

    internal RaceCase(RaceDefinition definition, Role role) => (_definition, _role) = (definition, role);

    /// <summary>Operations in one call; 0 until the race has been started.</summary>
    public int Count { get; private set; }

    /// <summary>Sets the race up.</summary>
    internal Contender Start()
    {
        _race = _definition.Start(Scale.Full);
        Contender contender = _race.Of(_role)
            ?? throw new BrokenBenchmarkException($"{_definition} has no contender for {RoleText.Of(_role)}.");
        Count = contender.CountOf(_race.Count);
        return contender;
    }

    /// <summary>Takes it down.</summary>
    internal void Stop()
    {
        _race?.Dispose();
        _race = null;
        _definition.World?.Release();
    }

    /// <summary>The contenders of some operations, found by a tiny race of each.</summary>
    internal static IEnumerable<RaceCase> Of(IEnumerable<RaceDefinition> definitions)
    {
        foreach (RaceDefinition definition in definitions)
        {
            using Race tiny = definition.Start(Scale.Tiny);
            foreach (Contender contender in tiny.Contenders) yield return new(definition, contender.Role);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_definition} {RoleText.Of(_role)}";
}
