using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>Starts calls on what a process of any system has.</summary>
internal static class AddressSpaceHold
{
    /// <summary>As <see cref="AddressSpace.Hold"/>, also for a process of another system: for logs, pins, views, marked bytes.</summary>
    internal static SlowPathHold HoldOfAnySystem(this AddressSpace memory)
    {
        SlowPathHold hold = memory.Callers.Hold();
        using SlowPathHold refused = memory.Space.IsLive ? default : hold;    // ends when the next line throws
        memory.Space.ThrowIfEnded();
        return hold;
    }
}
