using Paging.Core.Reclaim;
using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>The memory groups of an engine: processes that share a limit. Linux: cgroups' memory controller.</summary>
public sealed class EngineGroups
{
    private readonly PagingEngine _engine;

    internal EngineGroups(PagingEngine engine) => _engine = engine;

    /// <summary>The memory groups, the one without a limit first.</summary>
    public IReadOnlyList<MemoryGroup> All => _engine.Entered.Reclaim.Groups.All;

    /// <summary>Creates a memory group. Processes join it when they are created (<see cref="ProcessOptions.Group"/>).</summary>
    /// <returns>ENOSPC: there are 256 groups already.</returns>
    public Errno Create(MemoryGroupOptions options, out MemoryGroup? group)
    {
        ArgumentNullException.ThrowIfNull(options);
        using SlowPathHold hold = _engine.Hold();
        return _engine.Callers.Leave(_engine.Parts.Reclaim.Groups.Create(options, out group));
    }

    /// <summary>Removes a group without processes. Its remaining pages are charged to the group without a limit.</summary>
    /// <returns>EBUSY: it has processes, or is the group without a limit. EINVAL: it was removed before.</returns>
    public Errno Remove(MemoryGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        using SlowPathHold hold = _engine.Hold();
        return _engine.Parts.Reclaim.Groups.Remove(group);
    }
}
