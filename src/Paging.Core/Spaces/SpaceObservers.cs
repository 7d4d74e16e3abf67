using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Spaces;

/// <summary>Who is told of writes to the pages of one space. A field of <see cref="Space"/>, set by <see cref="WriteObservers"/>.</summary>
internal struct SpaceObservers
{
    public SpaceObservers() => Logs = new();

    /// <summary>The dirty logs of pages that are open on the space.</summary>
    public DirtySets Logs { get; }

    /// <summary>
    /// True if a page becomes writable only by a page fault on a write, because a dirty log must see the writes of a foreign processor,
    /// or a snapshot of the engine those to shared memory.
    /// </summary>
    public bool NeedFaults { get; set; }

    /// <summary>The frames of which a processor that walks the tables holds translated code; null without such a processor.</summary>
    public CodeFrames? Code { get; set; }

    /// <summary>Returns true if an entry may become writable without a write fault: nothing observes stores to the frame.</summary>
    public readonly bool MayOpen(FrameNumber frame) => !NeedFaults && !HoldsCode(frame);

    /// <summary>Returns true if a processor holds translated code of the frame.</summary>
    public readonly bool HoldsCode(FrameNumber frame) => Code is { } code && frame.Value < code.FrameCount.Value && code.Holds(frame);
}
