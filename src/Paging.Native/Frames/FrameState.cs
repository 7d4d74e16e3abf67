using Paging.Native.Frames;

namespace Paging.Native;

/// <summary>The use of a frame. Every frame is in exactly one state; <see cref="FrameTransitions"/> draws the transitions.</summary>
public enum FrameState : byte
{
    /// <summary>In the frame allocator: in a free block or on the hot stack. Its value is 0, as in cleared memory.</summary>
    Free,

    /// <summary>Never handed out: frame 0, and the frames that the machine keeps for itself.</summary>
    Reserved,

    /// <summary>Kernel data, such as a shared page of zeros.</summary>
    Kernel,

    /// <summary>A page table or a page directory.</summary>
    PageTable,

    /// <summary>A private page of a process.</summary>
    Anonymous,

    /// <summary>A page of a file object.</summary>
    PageCache,

    /// <summary>A page that also has a place on a swap device.</summary>
    SwapCache,

    /// <summary>Handed out without an owner yet, or given up by its owner while it still has references.</summary>
    Allocated,
}
