using Paging.Native;

namespace Paging.Core.Frames;

/// <summary>Observes which frames a group is charged for, and their use, as a plugged replacement policy does.</summary>
internal interface IFrameWatcher
{
    /// <summary>Called after a frame has joined the group's lists. Its owner and index are set.</summary>
    void Joined(FrameNumber frame);

    /// <summary>Called when the page in a frame is accessed again, if the watcher wants every access.</summary>
    void Hit(FrameNumber frame);

    /// <summary>Called before a frame leaves the group's lists.</summary>
    void Left(FrameNumber frame);
}
