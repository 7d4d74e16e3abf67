using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>How the command line spells the oracles.</summary>
internal static class OracleNames
{
    private static readonly (string Name, MachineSet Set)[] Known =
    [
        ("none", MachineSet.EngineOnly), ("model", MachineSet.Model), ("kernel", MachineSet.Host),
        ("both", MachineSet.Model | MachineSet.Host),
    ];

    /// <summary>All spellings.</summary>
    public static string All => string.Join('|', Known.Select(static known => known.Name));

    /// <summary>The spelling of a set.</summary>
    public static string Of(MachineSet set) => Known.First(known => known.Set == set).Name;

    /// <summary>The set of a spelling.</summary>
    public static bool TryFind(string name, out MachineSet set)
    {
        foreach ((string known, MachineSet value) in Known)
        {
            set = value;
            if (string.Equals(known, name, StringComparison.Ordinal)) return true;
        }

        set = default;
        return false;
    }
}
