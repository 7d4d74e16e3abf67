using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Frames;

/// <summary>The frames that one group of processes is charged for: its reclaim lists, its page tables, and its limit.</summary>
/// <remarks>A frame is charged exactly while it is on one of the group's lists. Linux: struct mem_cgroup with its lruvec.</remarks>
internal sealed class FrameGroup : TableAccount
{
    /// <summary>No limit: more than any RAM has.</summary>
    public const long Unlimited = 1L << 40;

    /// <summary>Active and inactive, swap-backed and file-backed.</summary>
    public FourLists Lists;

    /// <summary>How many frames it may have.</summary>
    public long Limit
    {
        get;
        set
        {
            field = value;
            IsLimited = CountsTables && value != Unlimited;
        }
    } = Unlimited;

    /// <summary>Page tables count towards the limit.</summary>
    public bool CountsTables
    {
        get;
        set
        {
            field = value;
            IsLimited = value && Limit != Unlimited;
        }
    }

    /// <summary>How many more frames it may have. Negative after the limit was lowered, until reclaim has worked.</summary>
    public long Left => Limit - PageCount - (CountsTables ? TableCount : 0);

    /// <summary>It may not have another page. Costs one compare without a limit: every fault asks.</summary>
    public bool IsFull => Limit != Unlimited && Left <= 0;

    /// <summary>Frames on the four lists.</summary>
    public uint PageCount => Lists[0].Count + Lists[1].Count + Lists[2].Count + Lists[3].Count;

    /// <inheritdoc/>
    protected override bool HasRoom => Left > 0;

    [InlineArray(FrameLists.ListCount)]
    internal struct FourLists
    {
        private IntrusiveList _first;
    }
}
