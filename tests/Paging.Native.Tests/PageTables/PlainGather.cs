using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Native.Tests;

/// <summary>
/// Drops the references and mappings of entries and frees unused frames, one by one. Core's TlbGather does it in batches.
/// </summary>
internal readonly ref struct PlainGather(FrameTable frames, BuddyAllocator allocator)
{
    /// <summary>Drops the reference and the mapping that an entry stood for; the last one frees the frame.</summary>
    public void AddMapped(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if (descriptor.State == FrameState.Reserved) return;
        if (descriptor.MapCount == 0) throw new InvariantException($"F5: frame {frame} has no mapping to drop.");
        descriptor.MapCount--;
        descriptor.ReferenceCount--;
        if (descriptor.ReferenceCount == 0) allocator.Free(frame);
    }
}
