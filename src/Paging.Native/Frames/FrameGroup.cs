using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>The frames that one group of processes is charged for: its reclaim lists, its tables, and how many more it may have.</summary>
/// <remarks>Linux: struct mem_cgroup with its lruvec; here a frame is charged exactly while it hangs on one of the group's lists.</remarks>
internal struct FrameGroup
{
    /// <summary>No limit: more than any RAM has.</summary>
    public const long Unlimited = 1L << 40;

    /// <summary>Active and inactive, swap-backed and file-backed.</summary>
    public FourLists Lists;

    /// <summary>Page tables and directories of the group's processes.</summary>
    public uint TableCount;

    /// <summary>How many frames it may have.</summary>
    public long Limit;

    /// <summary>Its tables count, too.</summary>
    public bool CountsTables;

    /// <summary>How many frames more it may have; 0 or less: it is full. A limit that was lowered makes it negative until reclaim has worked.</summary>
    public readonly long Left => Limit - PageCount - (CountsTables ? TableCount : 0);

    /// <summary>It may not have another frame. Without a limit one compare: every fault asks.</summary>
    public readonly bool IsFull => Limit != Unlimited && Left <= 0;

    /// <summary>Frames on the four lists.</summary>
    public readonly uint PageCount => Lists[0].Count + Lists[1].Count + Lists[2].Count + Lists[3].Count;

    [InlineArray(FrameLists.ListCount)]
    internal struct FourLists
    {
        private IntrusiveList _first;
    }
}

/// <summary>Wants to know which frames a group is charged for: a policy that somebody has plugged in.</summary>
internal interface IFrameWatcher
{
    /// <summary>A frame has joined the group's lists; its owner and index are known.</summary>
    void Joined(FrameNumber frame);

    /// <summary>A frame is about to leave the group's lists.</summary>
    void Left(FrameNumber frame);
}
