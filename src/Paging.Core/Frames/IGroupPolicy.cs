using Paging.Native;

namespace Paging.Core.Frames;

/// <summary>A replacement policy that is plugged into a group: it sees which frames the group is charged for, and their use.</summary>
internal interface IGroupPolicy
{
    /// <summary>Called after a frame has joined the group's lists. Its owner and index are set.</summary>
    void Joined(FrameNumber frame);

    /// <summary>Called when the page in a frame is accessed again, if the policy wants every access.</summary>
    void Hit(FrameNumber frame);

    /// <summary>Called before a frame leaves the group's lists.</summary>
    void Left(FrameNumber frame);
}
