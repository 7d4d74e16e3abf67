using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>Starts calls on what a process of any system has.</summary>
internal static class AddressSpaceHold
{
    /// <summary>Same as <see cref="AddressSpace.Hold"/>, also in a process of another system: logs, pins, views, marked bytes.</summary>
    internal static SlowPathHold HoldOfAnySystem(this AddressSpace memory)
    {
        SlowPathHold hold = memory.Callers.Hold();
        using SlowPathHold refused = memory.Space.IsLive ? default : hold;    // ends when the next line throws
        memory.Space.ThrowIfEnded();
        return hold;
    }
}
