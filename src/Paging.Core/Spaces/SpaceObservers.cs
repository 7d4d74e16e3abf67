using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Spaces;

/// <summary>The observers of writes to the pages of one space. Set by <see cref="WriteObservers"/>.</summary>
/// <remarks>An object: as a field of the space it lay beside its counters, and threads-zero-page took a third longer.</remarks>
internal sealed class SpaceObservers
{
    /// <summary>The dirty logs of pages that are open on the space.</summary>
    public DirtySets Logs { get; } = new();

    /// <summary>
    /// True if a page becomes writable only by a page fault on a write, because a dirty log must see the writes of a foreign processor,
    /// or a snapshot of the engine those to shared memory.
    /// </summary>
    public bool NeedFaults { get; set; }

    /// <summary>True if the first write to each small page of private memory must be seen by a log.</summary>
    public bool SeesEachPage { get; set; }

    /// <summary>The frames of which a processor that walks the tables holds translated code; null without such a processor.</summary>
    public CodeFrames? Code { get; set; }

    /// <summary>Returns true if an entry may become writable without a write fault: nothing observes stores to the frame.</summary>
    public bool MayOpen(FrameNumber frame) => !NeedFaults && !HoldsCode(frame);

    /// <summary>Returns true if a processor holds translated code of the frame.</summary>
    public bool HoldsCode(FrameNumber frame) => Code is { } code && frame.Value < code.FrameCount.Value && code.Holds(frame);
}
