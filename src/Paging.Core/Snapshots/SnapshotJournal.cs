using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>The journal of a space's entries, which holds slots of swap devices as well as frames.</summary>
internal sealed class SnapshotJournal(FrameTable frames, SwapSpace swap, Space space) : EntryJournal(frames)
{
    protected internal override void SplitLeaf(PageNumber page) => space.HugeLines.SplitAround(page);

    protected override bool TryHoldSlot(SwapEntry entry)
    {
        if (!swap.IsInUse(entry)) return false;    // a host may have written the entry
        swap.DeviceOf(entry).AddUser(entry.Slot);
        return true;
    }

    protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None;
}
