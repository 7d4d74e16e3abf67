using Paging.Native;

namespace Paging.Core.Frames;

/// <summary>Is told which frames a group is charged for. A plugged replacement policy is one.</summary>
internal interface IFrameWatcher
{
    /// <summary>A frame has joined the group's lists; its owner and index are known.</summary>
    void Joined(FrameNumber frame);

    /// <summary>A frame is about to leave the group's lists.</summary>
    void Left(FrameNumber frame);
}
