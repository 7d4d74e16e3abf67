using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;

namespace Paging.Core.Reclaim;

/// <summary>Reads from the page table entries of a frame whether its page was used or written.</summary>
/// <remarks>Linux: mm/rmap.c folio_referenced.</remarks>
internal sealed class FrameUse(FrameTable frames, ReverseMap reverseMap, OpenFileTable files)
{
    /// <summary>Collects the accessed and dirty bits of a frame's entries, and clears the accessed bits.</summary>
    public References CollectReferences(FrameNumber frame)
    {
        References references = default;
        ref FrameDescriptor descriptor = ref frames[frame];
        if (descriptor.State == FrameState.PageCache) references.IsLocked = files.Object(descriptor.Owner).IsLocked;
        reverseMap.Walk(frame, ref references);
        return references;
    }

    /// <summary>Returns true if the page has no copy on a device or is newer than its copy. Changes nothing.</summary>
    public bool IsDirty(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        bool hasCopy = descriptor.State == FrameState.SwapCache    // shared memory in a frame has no slot (Z5)
            || descriptor is { State: FrameState.PageCache, Kind: (byte)ResidentKind.File };
        if (!hasCopy || (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None) return true;    // no need to walk the entries
        DirtyEntries dirty = default;
        reverseMap.Walk(frame, ref dirty);
        return dirty.Count != 0;
    }

    private struct DirtyEntries : IMappingVisitor
    {
        public uint Count;

        public static bool KeepsHuge => true;

        public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry)
        {
            if (entry.IsDirty) Count++;
        }
    }
}
