using System.Runtime.CompilerServices;

namespace Paging.Native;

//   group 0   newest ─► [f] ◄─► [f] ◄─► [f] ◄─ oldest      four lists a group, through the descriptors: no list to allocate
//   group 1   newest ─► [f] ◄─ oldest
/// <summary>The lists in which frames wait to be reclaimed: active and inactive, swap-backed and file-backed, for each group of processes.</summary>
/// <remarks>
/// A frame's flags say which of the four, its descriptor which group. Knows no policy: who moves frames between the lists decides what is
/// reclaimed. Being on a list is being charged to its group. Linux: struct lruvec, mem_cgroup_charge.
/// </remarks>
internal sealed unsafe class FrameLists
{
    /// <summary>How many lists a group has; a list's number is 1 for active, plus 2 for file-backed.</summary>
    public const int ListCount = 4;

    /// <summary>How many groups there can be. Group 0 is everybody who is in no other.</summary>
    public const int GroupCountMax = 256;

    private readonly FrameTable _frames;
    private readonly FrameLinks _links;
    private readonly FrameGroup[] _groups = GC.AllocateArray<FrameGroup>(GroupCountMax, pinned: true);    // so that _current can point into it
    private readonly IFrameWatcher?[] _watchers = new IFrameWatcher?[GroupCountMax];
    private FrameGroup* _current;
    private byte _currentNumber;
    private bool _isWatched;

    public FrameLists(FrameTable frames)
    {
        _frames = frames;
        _links = new(frames);
        foreach (ref FrameGroup group in _groups.AsSpan()) group.Limit = FrameGroup.Unlimited;
        _current = (FrameGroup*)Unsafe.AsPointer(ref _groups[0]);
    }

    /// <summary>The group that is charged for the frames that join from now on: that of whoever runs. Linux: current's memory cgroup.</summary>
    public byte Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _currentNumber;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set
        {
            if (value != _currentNumber) Change(value);    // nearly always it is the same: a compare instead of two stores
        }
    }

    /// <summary>The current group may not have another frame.</summary>
    public bool IsCurrentFull
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _current->IsFull;
    }

    /// <summary>Somebody wants to know of each frame that joins or leaves a group.</summary>
    public bool IsWatched => _isWatched;

    /// <summary>The number of the list that flags name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NumberOf(FrameFlags flags) => (int)((uint)(flags & FrameFlags.Active) >> 3 | (uint)(flags & FrameFlags.FileBacked) >> 6);

    /// <summary>A group's lists and counts.</summary>
    public ref FrameGroup Group(int group) => ref _groups[group];

    /// <summary>How many frames a list has.</summary>
    public uint CountOf(int group, FrameFlags list) => _groups[group].Lists[NumberOf(list)].Count;

    /// <summary>The frame that has been on a list longest; frame 0 when it is empty.</summary>
    public FrameNumber OldestOf(int group, FrameFlags list) => new(_groups[group].Lists[NumberOf(list)].Last);

    /// <summary>Somebody wants to know of a group's frames; null: nobody any more.</summary>
    public void Watch(int group, IFrameWatcher? watcher)
    {
        _watchers[group] = watcher;
        _isWatched = Array.Exists(_watchers, static one => one is not null);
    }

    /// <summary>Puts a frame that is on no list at the new end of one of the current group's, which is charged for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(FrameNumber frame, FrameFlags list)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        descriptor.Flags |= FrameFlags.OnList | list;
        descriptor.Group = _currentNumber;
        IntrusiveList.AddFirst(ref _current->Lists[NumberOf(list)], _links, frame.Value);
        if (_isWatched) _watchers[_currentNumber]?.Joined(frame);
    }

    /// <summary>Hands a frame that was just taken from the allocator to an owner as anonymous memory, and puts it at the new end of the inactive, swap-backed list.</summary>
    /// <remarks>As <see cref="FrameTable.HandOut"/> and <see cref="Add"/> one after the other, and one mapping besides, in as few stores as there can be: a first touch waits for those of its zeroing.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddAnonymous(FrameNumber frame, byte kind, uint owner, uint index)
    {
        uint header = (uint)FrameState.Anonymous | ((uint)FrameFlags.OnList << 8) | ((uint)_currentNumber << 16) | ((uint)kind << 24);
        ref IntrusiveList list = ref _current->Lists[0];
        uint next = list.First;
        _frames.HandOutAnonymous(frame, header, owner, index, next);
        IntrusiveList.PutFirst(ref list, _links, frame.Value, next);
        if (_isWatched) _watchers[_currentNumber]?.Joined(frame);
    }

    /// <summary>Takes a frame off its list; its group may have another one instead.</summary>
    public void Remove(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (_isWatched) _watchers[descriptor.Group]?.Left(frame);
        ref FrameGroup group = ref _groups[descriptor.Group];
        IntrusiveList.Remove(ref group.Lists[NumberOf(descriptor.Flags)], _links, frame.Value);
        descriptor.Flags &= ~(FrameFlags.OnList | FrameFlags.Active | FrameFlags.FileBacked);
        descriptor.Group = 0;
    }

    /// <summary>Takes frames off their list that stand on it one behind the other. They stay linked among themselves, from the first to the last.</summary>
    /// <param name="first">The newest of them.</param>
    /// <param name="last">The oldest of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="header">What their descriptors' headers were: the list and the group. Nobody watches the group.</param>
    public void RemoveRun(FrameNumber first, FrameNumber last, uint count, uint header)
    {
        ref FrameGroup group = ref _groups[(byte)(header >> 16)];
        IntrusiveList.RemoveRun(ref group.Lists[NumberOf((FrameFlags)(byte)(header >> 8))], _links, first.Value, last.Value, count);
    }

    /// <summary>Moves a frame to the new end of a list of its group, which may be the one it is on.</summary>
    public void Move(FrameNumber frame, FrameFlags list)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        ref FrameGroup group = ref _groups[descriptor.Group];
        IntrusiveList.Remove(ref group.Lists[NumberOf(descriptor.Flags)], _links, frame.Value);
        descriptor.Flags = (descriptor.Flags & ~(FrameFlags.Active | FrameFlags.FileBacked)) | list;
        IntrusiveList.AddFirst(ref group.Lists[NumberOf(list)], _links, frame.Value);
    }

    /// <summary>A group has so many tables more or, negative, less.</summary>
    public void CountTables(int group, int more)
    {
        _groups[group].TableCount += (uint)more;
    }

    /// <summary>L1, L2: walks the lists; Y1: each frame's flags and group name the list it is on.</summary>
    public void Audit(AuditReport report)
    {
        uint listed = 0;
        for (int group = 0; group < GroupCountMax; group++)
            for (int number = 0; number < ListCount; number++) listed += Audit(group, number, report);

        uint flagged = 0;
        for (uint frame = 0; frame < _frames.Count.Value; frame++)
            if ((_frames[new FrameNumber(frame)].Flags & FrameFlags.OnList) != FrameFlags.None) flagged++;
        report.AddIfDifferent("Y1", "frames that say they are on a list", listed, flagged);
    }

    private uint Audit(int group, int number, AuditReport report)
    {
        ref IntrusiveList list = ref _groups[group].Lists[number];
        IntrusiveList.Audit(in list, _links, report);
        uint count = 0;
        for (uint frame = list.First; frame != 0 && count < list.Count; frame = _frames[new FrameNumber(frame)].Next, count++)
        {
            ref FrameDescriptor descriptor = ref _frames[new FrameNumber(frame)];
            if ((descriptor.Flags & FrameFlags.OnList) == FrameFlags.None || NumberOf(descriptor.Flags) != number || descriptor.Group != group)
                report.Add("Y1", $"frame {frame:x5} is on list {number} of group {group} with flags {descriptor.Flags} of group {descriptor.Group}");
        }

        return count;
    }

    private void Change(byte group)
    {
        _currentNumber = group;
        _current = (FrameGroup*)Unsafe.AsPointer(ref _groups[group]);
    }
}
