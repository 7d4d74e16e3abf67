using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Threads;

/// <summary>Frames without references that a thread may still access through a translation it found earlier.</summary>
/// <remarks><code>
/// Always holds    T12 a frame that was mapped is free only after every thread has come to rest since its last translation went
///                 A frame in limbo has no reference and no mapping, is on no list, and keeps its state until it is free
/// Cost            a link per frame; nothing while no other thread runs in the same space
/// Linux           mm/mmu_gather.c: tlb_flush_mmu_tlbonly comes before tlb_batch_pages_flush
/// </code></remarks>
internal sealed class FrameLimbo(FrameTable frames, BuddyAllocator allocator)
{
    private uint _first;    // linked through Next of the descriptors; frame 0 is reserved, so it means none

    /// <summary>The number of frames that wait.</summary>
    public uint Count { get; private set; }

    /// <summary>Keeps a frame.</summary>
    public void Add(FrameNumber frame)
    {
        frames[frame].Next = _first;
        _first = frame.Value;
        Count++;
    }

    /// <summary>Frees all frames. Precondition: T12.</summary>
    public void Free()
    {
        while (_first != 0)
        {
            FrameNumber frame = new(_first);
            _first = frames[frame].Next;    // before the free, which clears the link
            allocator.Free(frame);
        }

        Count = 0;
    }
}
