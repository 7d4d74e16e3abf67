using System.Runtime.CompilerServices;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Core.Frames;

//   group 0   newest ─► [f] ◄─► [f] ◄─► [f] ◄─ oldest      four lists per group, linked through the descriptors
//   group 1   newest ─► [f] ◄─ oldest
/// <summary>
/// The lists in which frames wait to be reclaimed: active and inactive, swap-backed and file-backed, for each group of processes.
/// </summary>
/// <remarks>
/// A frame's flags name one of the four lists, and its descriptor names the group. A frame on a list is charged to the list's group.
/// Reclaim moves frames between the lists and so decides which is freed first.
/// The block of a transparent huge page is listed by its first frame, and its group is charged for all of it until it breaks up.
/// Linux: struct lruvec, mem_cgroup_charge, lru_add_split_folio.
/// </remarks>
internal sealed class FrameLists
{
    /// <summary>The number of lists of a group. A list's own number is 1 for active, plus 2 for file-backed.</summary>
    public const int ListCount = 4;

    /// <summary>The most groups. Group 0 has every process that is in no other group.</summary>
    public const int GroupCountMax = 256;    // a descriptor has a byte for the group

    private readonly FrameTable _frames;
    private readonly FrameLinks _links;
    private readonly FrameGroup[] _groups = new FrameGroup[GroupCountMax];
    private readonly IGroupPolicy?[] _policies = new IGroupPolicy?[GroupCountMax];
    private bool _hasPolicy;

    /// <param name="frames">The descriptors.</param>
    /// <param name="framesOfBlock">The number of frames in a block of a transparent huge page.</param>
    /// <param name="shootdown">Keeps freed frames until no thread can access them; null if the engine has one thread.</param>
    public FrameLists(FrameTable frames, uint framesOfBlock = 1, Shootdown? shootdown = null)
    {
        FramesOfBlock = framesOfBlock;
        Shootdown = shootdown;
        _frames = frames;
        _links = new(frames);
        for (int group = 0; group < _groups.Length; group++) _groups[group] = new((byte)group);
    }

    /// <summary>The descriptors of the frames.</summary>
    public FrameTable Frames => _frames;

    /// <summary>Keeps freed frames until no thread can access them; null if the engine has one thread.</summary>
    public Shootdown? Shootdown { get; }

    /// <summary>The number of frames in a block of a transparent huge page.</summary>
    public uint FramesOfBlock { get; }

    /// <summary>True if at least one group has a plugged policy.</summary>
    public bool HasPolicy => _hasPolicy;

    /// <summary>The number of the list that flags name: Active is bit 0 and FileBacked bit 1, the order of ScanBalance.Lists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NumberOf(FrameFlags flags) =>
        (int)((uint)(flags & PageFlags.Active) >> 3 | (uint)(flags & PageFlags.FileBacked) >> 5);    // from bits 3 and 6

    /// <summary>Group 0: charged for what the host does itself, for no process.</summary>
    public FrameGroup Root => _groups[0];

    /// <summary>A group's lists and counts.</summary>
    public FrameGroup Group(int group) => _groups[group];

    /// <summary>The number of frames on a list, those of blocks included.</summary>
    public uint CountOf(int group, FrameFlags list) =>
        _groups[group].Lists[NumberOf(list)].Count + _groups[group].InBlocks[NumberOf(list)];

    /// <summary>True for the first frame of a block that huge entries map. Linux: folio_test_pmd_mappable.</summary>
    public static bool IsBlock(ref readonly FrameDescriptor descriptor) =>
        (descriptor.Flags & PageFlags.HugePart) != FrameFlags.None
        && descriptor is { State: FrameState.Anonymous, Private: not 0 };

    /// <summary>True if a policy is plugged into the frame's group.</summary>
    public bool HasPolicyIn(ref readonly FrameDescriptor descriptor) => _hasPolicy && _policies[descriptor.Group] is not null;

    /// <summary>The frame that has been on a list longest, or frame 0 if the list is empty.</summary>
    public FrameNumber OldestOf(int group, FrameFlags list) => new(_groups[group].Lists[NumberOf(list)].Last);

    /// <summary>Sets the policy of a group. Null removes it.</summary>
    public void SetPolicy(int group, IGroupPolicy? policy)
    {
        _policies[group] = policy;
        _hasPolicy = Array.Exists(_policies, static one => one is not null);    // one flag for all, as every listed frame tests it
    }

    /// <summary>Puts a frame that is on no list at the newest end of a list of a group, and charges the group for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(FrameGroup group, FrameNumber frame, FrameFlags list)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        descriptor.Flags |= FrameFlags.OnList | list;
        descriptor.Group = group.Number;
        IntrusiveList.AddFirst(ref group.Lists[NumberOf(list)], _links, frame.Value);
        if (_hasPolicy) _policies[group.Number]?.Joined(frame);
    }

    /// <summary>Hands out a frame that was just taken from the allocator, as anonymous memory that is mapped once.</summary>
    /// <remarks>
    /// The frame joins the inactive, swap-backed list at its newest end. This does what <see cref="FrameTable.HandOut"/> and
    /// <see cref="Add"/> do one after the other, in as few stores as possible, because a first touch waits for the stores of its zeroing.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddAnonymous(FrameGroup group, FrameNumber frame, byte kind, uint owner, FilePage position)
    {
        AddAnonymousTo(ref group.Lists[0], group.Number, frame, kind, owner, position);
        if (_hasPolicy) _policies[group.Number]?.Joined(frame);
    }

    /// <summary>Same as <see cref="AddAnonymous"/>, into a chain of the caller's, which joins the list of its group later.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddAnonymousTo(ref IntrusiveList list, byte group, FrameNumber frame, byte kind, uint owner, FilePage position)
    {
        FrameHeader header = FrameHeader.Of(FrameState.Anonymous, FrameFlags.OnList, group, kind);
        uint next = list.First;
        _frames.HandOutAnonymous(frame, header, owner, position.Value, next);
        IntrusiveList.PutFirst(ref list, _links, frame.Value, next);
    }

    /// <summary>Moves the frames of a chain to the newest end of a group's inactive list, and charges the group for them.</summary>
    public void Join(ref IntrusiveList chain, FrameGroup group) => IntrusiveList.Prepend(ref group.Lists[0], _links, ref chain);

    /// <summary>Same as <see cref="Add"/>, for a block: its first frame goes on the list for all its frames.</summary>
    public void AddBlock(FrameGroup group, FrameNumber first, FrameFlags list)
    {
        group.InBlocks[NumberOf(list)] += FramesOfBlock - 1;    // the first frame counts by being on the list
        Add(group, first, list);
    }

    /// <summary>
    /// Dissolves a block: lists those of its frames that are mapped or pinned one by one, on the block's list and for its group.
    /// </summary>
    /// <remarks>Linux: lru_add_split_folio, split_page_memcg.</remarks>
    public void BreakUp(FrameNumber first)
    {
        FrameHeader header = _frames[first].Header;
        FrameGroup group = _groups[header.Group];
        int number = NumberOf(header.Flags);
        group.InBlocks[number] -= FramesOfBlock - 1;
        for (uint i = 1; i < FramesOfBlock; i++)
        {
            FrameNumber part = first + new FrameCount(i);
            ref FrameDescriptor descriptor = ref _frames[part];
            if (descriptor is { MapCount: 0, ReferenceCount: 1 }) continue;    // only the leaves have held it
            descriptor.Flags |= FrameFlags.OnList | (header.Flags & (PageFlags.Active | PageFlags.FileBacked));
            descriptor.Group = header.Group;
            IntrusiveList.AddFirst(ref group.Lists[number], _links, part.Value);
            if (_hasPolicy) _policies[header.Group]?.Joined(part);
        }
    }

    /// <summary>Lists the frames of a block by the first one again: undoes <see cref="BreakUp"/>.</summary>
    /// <remarks>
    /// Preconditions: each frame is on a list of the same group, which is not watched; the first one counts leaves already.
    /// </remarks>
    public void JoinBlock(FrameNumber first)
    {
        if (Check.Cheap && HasPolicyIn(in _frames[first])) Check.ThrowUnmet($"JoinBlock: a policy watches frame {first.Value:x5}.");
        for (uint i = 1; i < FramesOfBlock; i++) Remove(first + new FrameCount(i));
        ref FrameDescriptor head = ref _frames[first];
        _groups[head.Group].InBlocks[NumberOf(head.Flags)] += FramesOfBlock - 1;
    }

    /// <summary>Puts a frame in the place of another one, which leaves its list: same list, same group, newest end.</summary>
    /// <remarks>Precondition: the group is not watched. Linux: migrate_folio_move, folio_add_lru.</remarks>
    public void Replace(FrameNumber old, FrameNumber frame)
    {
        if (Check.Cheap && HasPolicyIn(in _frames[old])) Check.ThrowUnmet($"Replace: a policy watches frame {old.Value:x5}.");
        FrameHeader header = _frames[old].Header;    // a copy: Remove clears flags and group
        const FrameFlags listed = FrameFlags.OnList | PageFlags.Active | PageFlags.FileBacked;
        Remove(old);
        ref FrameDescriptor descriptor = ref _frames[frame];
        descriptor.Flags |= header.Flags & listed;
        descriptor.Group = header.Group;
        IntrusiveList.AddFirst(ref _groups[header.Group].Lists[NumberOf(header.Flags)], _links, frame.Value);
    }

    /// <summary>Takes a frame, or a block with its first frame, off its list and no longer charges the group for it.</summary>
    public void Remove(FrameNumber frame)
    {
        // Byte by byte, as flags and state were stored: the whole header, loaded at once, would wait until they are in the cache.
        ref FrameDescriptor descriptor = ref _frames[frame];
        FrameGroup group = _groups[descriptor.Group];
        int number = NumberOf(descriptor.Flags);
        if (_hasPolicy) _policies[descriptor.Group]?.Left(frame);
        if (IsBlock(in descriptor)) group.InBlocks[number] -= FramesOfBlock - 1;
        IntrusiveList.Remove(ref group.Lists[number], _links, frame.Value);
        descriptor.Flags &= ~(FrameFlags.OnList | PageFlags.Active | PageFlags.FileBacked);
        descriptor.Group = 0;
    }

    /// <summary>
    /// Removes a run of adjacent frames from their list. The frames stay linked to each other, from first to last.
    /// </summary>
    /// <param name="first">The newest frame of the run.</param>
    /// <param name="last">The oldest frame of the run.</param>
    /// <param name="count">The number of frames in the run.</param>
    /// <param name="header">The header that all frames of the run have. It names the list.</param>
    /// <remarks>The caller changes the frames' flags and counts. Precondition: no group is watched.</remarks>
    public void RemoveRun(FrameNumber first, FrameNumber last, uint count, FrameHeader header) =>
        IntrusiveList.RemoveRun(ref _groups[header.Group].Lists[NumberOf(header.Flags)], _links, first.Value, last.Value, count);

    /// <summary>Moves a frame to the newest end of a list of its group, which may be the list that it is on.</summary>
    public void Move(FrameNumber frame, FrameFlags list)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        FrameGroup group = _groups[descriptor.Group];
        if (IsBlock(in descriptor))
        {
            group.InBlocks[NumberOf(descriptor.Flags)] -= FramesOfBlock - 1;
            group.InBlocks[NumberOf(list)] += FramesOfBlock - 1;
        }

        IntrusiveList.Remove(ref group.Lists[NumberOf(descriptor.Flags)], _links, frame.Value);
        descriptor.Flags = (descriptor.Flags & ~(PageFlags.Active | PageFlags.FileBacked)) | list;
        IntrusiveList.AddFirst(ref group.Lists[NumberOf(list)], _links, frame.Value);
    }

    /// <summary>Marks a page as used. The second use makes it active: reclaim scans it later. Linux: folio_mark_accessed.</summary>
    /// <remarks>A page on no list keeps the mark, as an unevictable page does.</remarks>
    public void MarkUsed(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if ((descriptor.Flags & PageFlags.Referenced) == 0) descriptor.Flags |= PageFlags.Referenced;
        else if ((descriptor.Flags & (PageFlags.Active | FrameFlags.OnList)) == FrameFlags.OnList)
        {
            descriptor.Flags &= ~PageFlags.Referenced;
            Move(frame, (descriptor.Flags & PageFlags.FileBacked) | PageFlags.Active);
        }
    }

    /// <summary>Audits the lists. L1, L2: their links. Y1: each frame's flags and group name the list that it is on.</summary>
    public void Audit(AuditReport report)
    {
        uint listed = 0;
        for (int group = 0; group < GroupCountMax; group++)
            for (int number = 0; number < ListCount; number++) listed += Audit(group, number, report);

        uint flagged = 0;
        for (uint frame = 0; frame < _frames.Count.Value; frame++)
            if ((_frames[new FrameNumber(frame)].Flags & FrameFlags.OnList) != FrameFlags.None) flagged++;
        report.AddIfDifferent("Y1", "frames that are flagged as listed", listed, flagged);
    }

    private uint Audit(int group, int number, AuditReport report)
    {
        ref IntrusiveList list = ref _groups[group].Lists[number];
        IntrusiveList.Audit(in list, _links, report);
        uint count = 0, inBlocks = 0;
        for (uint frame = list.First; frame != 0 && count < list.Count; frame = _frames[new FrameNumber(frame)].Next, count++)
        {
            if (IsBlock(in _frames[new FrameNumber(frame)])) inBlocks += FramesOfBlock - 1;
            FrameHeader header = _frames[new FrameNumber(frame)].Header;
            if ((header.Flags & FrameFlags.OnList) == FrameFlags.None || NumberOf(header.Flags) != number || header.Group != group)
                report.Add("Y1", $"frame {frame:x5} is on list {number} of group {group}, but its header is {header}");
        }

        if (inBlocks != _groups[group].InBlocks[number])    // first, as most lists are empty and the text costs more
            report.AddIfDifferent("Y1", $"list {number} of group {group}: frames of blocks", inBlocks, _groups[group].InBlocks[number]);
        return count;
    }
}
