namespace Paging.Core.Reclaim;

/// <summary>The keeper of snapshots' pages, for reclaim, which is made before it.</summary>
internal sealed class KeptSwitch
{
    /// <summary>Set when the engine is made; null before.</summary>
    public IKeptPages? Kept { get; set; }
}
