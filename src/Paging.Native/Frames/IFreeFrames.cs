namespace Paging.Native.Frames;

/// <summary>The allocator, as the descriptors see it.</summary>
internal interface IFreeFrames
{
    /// <summary>The number of free frames.</summary>
    FrameCount FreeFrames { get; }
}
