using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.WindowsChecking.Dialect;

/// <summary>The header of a scenario of Windows.</summary>
/// <param name="Arena">The pages that allocations may take.</param>
public sealed record WindowsHeader(PageRange Arena) : ScenarioStart
{
    /// <summary>The header of the recordings.</summary>
    public static WindowsHeader Default { get; } = new(PageRange.Between(new(0x20000), new(0x28000)));

    /// <inheritdoc/>
    public override void Begin(IScriptMachine machine) => ((IWindowsMachine)machine).Start(Arena);

    /// <summary>The header's line as it stands in a scenario.</summary>
    public override string ToString() => $"process(arena=0x{Arena.First.Address.Value:x8}-0x{Arena.End.Address.Value:x8}) = 0";
}
