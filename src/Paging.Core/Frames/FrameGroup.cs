using System.Runtime.CompilerServices;
using Paging.Native.Collections;
using Paging.Native.Tables;

namespace Paging.Core.Frames;

/// <summary>A group of processes and the frames that it is charged for: its reclaim lists, its page tables and its limit.</summary>
/// <remarks>A frame is charged exactly while it is on one of the group's lists. Linux: struct mem_cgroup with its lruvec.</remarks>
internal sealed class FrameGroup(byte number) : TableAccount
{
    /// <summary>The number of the group, which the descriptors of its frames hold.</summary>
    public byte Number => number;

    /// <summary>The value of <see cref="Limit"/> for no limit: larger than any RAM.</summary>
    public const long Unlimited = 1L << 40;

    /// <summary>The reclaim lists: active and inactive, swap-backed and file-backed.</summary>
    public FourLists Lists;

    /// <summary>For each list, the frames of its blocks without the first frame of each, which is the linked one.</summary>
    public FourCounts InBlocks;

    /// <summary>The most frames that the group may have.</summary>
    public long Limit
    {
        get;
        set
        {
            field = value;
            IsLimited = CountsTables && value != Unlimited;    // tables are compared with the limit only if they count
        }
    } = Unlimited;

    /// <summary>True if page tables count towards the limit.</summary>
    public bool CountsTables
    {
        get;
        set
        {
            field = value;
            IsLimited = value && Limit != Unlimited;
        }
    }

    /// <summary>The frames that the group may still get. Negative after the limit was lowered, until reclaim has freed enough.</summary>
    public long Left => Limit - PageCount - (CountsTables ? TableCount : 0);

    /// <summary>True if the group may not have another frame. Every fault reads it; without a limit that costs one compare.</summary>
    public bool IsFull => Limit != Unlimited && Left <= 0;

    /// <summary>True if the group may have that many more frames.</summary>
    public bool HasRoomFor(uint count) => Limit == Unlimited || Left >= count;

    /// <summary>Frames on the four lists, those of blocks included. Blocks are only on the first two, which are swap-backed.</summary>
    public uint PageCount => Lists[0].Count + Lists[1].Count + Lists[2].Count + Lists[3].Count + InBlocks[0] + InBlocks[1];

    protected override bool HasRoom => Left > 0;

    [InlineArray(FrameLists.ListCount)]
    internal struct FourLists
    {
        private IntrusiveList _first;
    }

    [InlineArray(FrameLists.ListCount)]
    internal struct FourCounts
    {
        private uint _first;
    }
}
