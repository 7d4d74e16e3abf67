using Paging.Core.Composition;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Windows.Spaces;

namespace Paging.Windows.Pfn;

//   standby   priority 0   newest ─► [f] ◄─► [f] ◄─ oldest      a frame of a private page that no working set has is on one of
//             …                                                 these lists and on no reclaim list; the links are those of its
//             priority 7   newest ─► [f] ◄─ oldest              descriptor. Pages of files and sections stay on the reclaim lists
//   modified               newest ─► [f] ◄─► [f] ◄─ oldest      of Core: there they are Standby or Modified by their own flags.
/// <summary>The frame descriptors as Windows sees them: the location of each frame, and the lists of trimmed private pages.</summary>
/// <remarks>
/// A listed frame keeps its list and priority in the byte of its descriptor that names a group otherwise; such a frame is charged to no
/// group. Moves are checked against <see cref="PageLocationRules"/> and counted. Windows: MmPfnDatabase, MmStandbyPageListByPriority.
/// </remarks>
internal sealed class PfnDatabase(MachineParts machine, FileParts files)
{
    /// <summary>The number of priorities that a standby page can have.</summary>
    public const int PriorityCount = 8;    // Windows Internals 7, chapter 5: standby lists 0 to 7

    private const byte ListedMark = 0x80, ModifiedMark = 0x40, PriorityMask = PriorityCount - 1;    // a priority has the low 3 bits

    private readonly IntrusiveList[] _standby = new IntrusiveList[PriorityCount];
    private readonly long[] _moves = new long[PageLocationRules.Count * PageLocationRules.Count];
    private readonly FrameLinks _links = new(machine.Frames);
    private IntrusiveList _modified;

    /// <summary>The frames of private pages on the modified list.</summary>
    public uint ModifiedCount => _modified.Count;

    /// <summary>The modified frame that has waited longest, or frame 0.</summary>
    public FrameNumber OldestModified => new(_modified.Last);

    /// <summary>The frames of private pages on all standby lists.</summary>
    public uint StandbyTotal
    {
        get
        {
            uint total = 0;
            foreach (ref readonly IntrusiveList list in _standby.AsSpan()) total += list.Count;
            return total;
        }
    }

    /// <summary>The standby frame to be taken first: the oldest of the lowest priority, or frame 0.</summary>
    public FrameNumber FirstToTake
    {
        get
        {
            foreach (ref readonly IntrusiveList list in _standby.AsSpan())
                if (list.Last != 0) return new(list.Last);    // the lowest priority first, its oldest page first
            return default;
        }
    }

    /// <summary>The number of moves from one location to another.</summary>
    public long MovesOf(PageLocation from, PageLocation to) => _moves[((int)from * PageLocationRules.Count) + (int)to];

    /// <summary>The location of a frame. Cost: O(1).</summary>
    public PageLocation LocationOf(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref machine.Frames[frame];
        return descriptor.State switch
        {
            FrameState.Free => descriptor.Private == ZeroedFrames.Mark ? PageLocation.Zeroed : PageLocation.Free,
            FrameState.Allocated => PageLocation.Transition,
            FrameState.PageCache when descriptor.MapCount == 0 => OfCached(in descriptor),
            FrameState.Anonymous or FrameState.SwapCache when descriptor.MapCount == 0 => OfPrivate(in descriptor),
            _ => PageLocation.ActiveAndValid,
        };
    }

    /// <summary>The priority of a standby frame; 5, the normal one, for pages of files.</summary>
    public int PriorityOf(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref machine.Frames[frame];
        return IsListed(in descriptor) ? descriptor.Group & PriorityMask : WorkingSetLimits.NormalPriority;
    }

    /// <summary>Puts a frame that has just left a working set, or was just written, on the list that its Dirty flag names.</summary>
    /// <param name="frame">A frame of a private page, without a mapping and on no list.</param>
    /// <param name="priority">0 to 7.</param>
    /// <param name="from">The frame's former state.</param>
    public void Insert(FrameNumber frame, int priority, PageLocation from)
    {
        ref FrameDescriptor descriptor = ref machine.Frames[frame];
        bool isModified = (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None;
        Note(frame, from, isModified ? PageLocation.Modified : PageLocation.Standby);
        descriptor.Group = (byte)(ListedMark | (isModified ? ModifiedMark : 0) | priority);
        IntrusiveList.AddFirst(ref ListOf(descriptor.Group), _links, frame.Value);
    }

    /// <summary>Takes a frame off its list.</summary>
    /// <returns>The frame's priority.</returns>
    /// <exception cref="InvariantException">It is on none: the host has written the entry that names it.</exception>
    public int Remove(FrameNumber frame, PageLocation to)
    {
        ref FrameDescriptor descriptor = ref machine.Frames.Named(frame);
        if (!IsListed(in descriptor) || descriptor.MapCount != 0)
            throw new InvariantException($"I11: a page in transition names frame {frame.Value:x5}, which is on no list.");
        byte mark = descriptor.Group;
        Note(frame, (mark & ModifiedMark) != 0 ? PageLocation.Modified : PageLocation.Standby, to);
        IntrusiveList.Remove(ref ListOf(mark), _links, frame.Value);
        descriptor.Group = 0;    // the byte is the memory group's again
        return mark & PriorityMask;
    }

    /// <summary>Checks and counts a move.</summary>
    public void Note(FrameNumber frame, PageLocation from, PageLocation to)
    {
        PageLocationRules.Check(frame, from, to);
        _moves[((int)from * PageLocationRules.Count) + (int)to]++;
    }

    /// <summary>Standby frames whose copies have gone with a page file become modified.</summary>
    public void DropLostCopies()
    {
        for (int priority = 0; priority < PriorityCount; priority++)
        {
            for (uint frame = _standby[priority].First; frame != 0;)
            {
                FrameNumber number = new(frame);
                frame = machine.Frames[number].Next;    // before it leaves the list
                if ((machine.Frames[number].Flags & PageFlags.Dirty) == FrameFlags.None) continue;
                Remove(number, PageLocation.Modified);
                machine.Frames[number].Group = (byte)(ListedMark | ModifiedMark | priority);
                IntrusiveList.AddFirst(ref _modified, _links, number.Value);
            }
        }
    }

    // I11  a listed frame is a private page of a space of Windows, is named by one transition entry, and is dirty if and only if modified
    /// <summary>Checks I11, and L1 and L2 of the lists.</summary>
    /// <param name="held">The frames that transition entries of all processes name.</param>
    /// <param name="report">Gets the findings.</param>
    public void Audit(HashSet<uint> held, AuditReport report)
    {
        uint listed = 0;
        for (int list = 0; list <= PriorityCount; list++)
        {
            ref IntrusiveList frames = ref list < PriorityCount ? ref _standby[list] : ref _modified;
            IntrusiveList.Audit(in frames, _links, report);
            uint count = 0;
            for (uint frame = frames.First; frame != 0 && count < frames.Count; frame = _links.Links(frame).Next, count++)
            {
                ref FrameDescriptor descriptor = ref machine.Frames[new(frame)];
                bool isDirty = (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None, isModified = list == PriorityCount;
                bool agrees = IsListed(in descriptor) && SpaceOwner.Is(descriptor.Owner) && descriptor.MapCount == 0
                    && isDirty == isModified && (isModified || (descriptor.Group & PriorityMask) == list);
                if (!agrees || !held.Contains(frame))
                    report.Add("I11", $"frame {frame:x5} on list {list}: {descriptor.State}, mark {descriptor.Group:x2}, dirty {isDirty}");
            }

            listed += count;
        }

        report.AddIfDifferent("I11", "frames that transition entries name", held.Count, listed);
    }

    private static bool IsListed(ref readonly FrameDescriptor descriptor) =>
        (descriptor.Group & ListedMark) != 0 && (descriptor.Flags & FrameFlags.OnList) == FrameFlags.None
        && descriptor.State is FrameState.Anonymous or FrameState.SwapCache && SpaceOwner.Is(descriptor.Owner);

    private static PageLocation OfPrivate(ref readonly FrameDescriptor descriptor)
    {
        if (IsListed(in descriptor))
            return (descriptor.Group & ModifiedMark) != 0 ? PageLocation.Modified : PageLocation.Standby;
        bool isReadAhead = descriptor.State == FrameState.SwapCache && (descriptor.Flags & PageFlags.Dirty) == FrameFlags.None;
        return isReadAhead ? PageLocation.Standby : PageLocation.Transition;
    }

    private PageLocation OfCached(ref readonly FrameDescriptor descriptor)
    {
        if (descriptor.ReferenceCount > 1 || (descriptor.Flags & PageFlags.Pinned) != FrameFlags.None) return PageLocation.Transition;
        if ((descriptor.Flags & PageFlags.Dirty) == FrameFlags.None) return PageLocation.Standby;    // the file has the same bytes
        bool hasNowhere = files.OpenFiles.Object(descriptor.Owner).IsMemory && !files.Swap.HasRoom;
        return hasNowhere ? PageLocation.ModifiedNoWrite : PageLocation.Modified;
    }

    private ref IntrusiveList ListOf(byte mark) => ref (mark & ModifiedMark) != 0 ? ref _modified : ref _standby[mark & PriorityMask];
}
