using Paging.Native.Frames;

namespace Paging.Native.Allocation;

//   First ─► frame ─► frame ─► …      linked through Next of their descriptors, so there is no list to allocate
/// <summary>Free frames that were zeroed ahead of need, the last one in first out. They are as free as any other.</summary>
/// <remarks>A first touch of such a frame costs its bookkeeping only: it was zeroed in idle time, past the cache.</remarks>
internal sealed class ZeroedFrames(FrameTable frames)
{
    /// <summary>B9: the value in <see cref="FrameDescriptor.Private"/> that marks a free frame as zeroed.</summary>
    public const uint Mark = 0x00C1_EA00;

    /// <summary>The frame that is taken next; 0 none.</summary>
    public uint First { get; private set; }

    /// <summary>The number of zeroed frames.</summary>
    public uint Count { get; private set; }

    /// <summary>Adds a free frame whose bytes are zero.</summary>
    public void Push(uint frame)
    {
        ref FrameDescriptor descriptor = ref frames[new FrameNumber(frame)];
        descriptor.Next = First;
        descriptor.Private = Mark;
        First = frame;
        Count++;
    }

    /// <summary>Takes a frame out; its descriptor is all zero again. Precondition: there is one.</summary>
    public uint Pop()
    {
        uint frame = First;
        ref FrameDescriptor descriptor = ref frames[new FrameNumber(frame)];
        First = descriptor.Next;
        descriptor.Next = descriptor.Private = 0;
        Count--;
        return frame;
    }
}
