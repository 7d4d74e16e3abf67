using System.Runtime.CompilerServices;

namespace Paging.Native;

//   newest ─► [f] ◄─► [f] ◄─► [f] ◄─ oldest      four of them, through the descriptors: no list to allocate
/// <summary>The lists in which frames wait to be reclaimed: active and inactive, swap-backed and file-backed. Which one is in the frame's flags.</summary>
/// <remarks>Knows no policy: who moves frames between the lists decides what is reclaimed. Linux: struct lruvec.</remarks>
internal sealed class FrameLists(FrameTable frames)
{
    /// <summary>How many lists there are; a list's number is 1 for active, plus 2 for file-backed.</summary>
    public const int ListCount = 4;

    private readonly FrameLinks _links = new(frames);
    private Lists _lists;

    /// <summary>The number of the list that flags name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NumberOf(FrameFlags flags) => (int)((uint)(flags & FrameFlags.Active) >> 3 | (uint)(flags & FrameFlags.FileBacked) >> 6);

    /// <summary>How many frames a list has.</summary>
    public uint CountOf(FrameFlags list) => _lists[NumberOf(list)].Count;

    /// <summary>The frame that has been on a list longest; frame 0 when it is empty.</summary>
    public FrameNumber OldestOf(FrameFlags list) => new(_lists[NumberOf(list)].Last);

    /// <summary>Puts a frame that is on no list at the new end of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(FrameNumber frame, FrameFlags list)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Flags |= FrameFlags.OnList | list;
        IntrusiveList.AddFirst(ref _lists[NumberOf(list)], _links, frame.Value);
    }

    /// <summary>Takes a frame off its list.</summary>
    public void Remove(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        IntrusiveList.Remove(ref _lists[NumberOf(descriptor.Flags)], _links, frame.Value);
        descriptor.Flags &= ~(FrameFlags.OnList | FrameFlags.Active | FrameFlags.FileBacked);
    }

    /// <summary>Moves a frame to the new end of a list, which may be the one it is on.</summary>
    public void Move(FrameNumber frame, FrameFlags list)
    {
        Remove(frame);
        Add(frame, list);
    }

    /// <summary>L1, L2: walks the lists; Y1: each frame's flags name the list it is on.</summary>
    public void Audit(AuditReport report)
    {
        uint listed = 0;
        for (int number = 0; number < ListCount; number++)
        {
            IntrusiveList.Audit(in _lists[number], _links, report);
            uint count = 0;
            for (uint frame = _lists[number].First; frame != 0 && count < _lists[number].Count; frame = frames[new FrameNumber(frame)].Next, count++)
            {
                FrameFlags flags = frames[new FrameNumber(frame)].Flags;
                if ((flags & FrameFlags.OnList) == FrameFlags.None || NumberOf(flags) != number) report.Add("Y1", $"frame {frame:x5} is on list {number} with flags {flags}");
            }

            listed += count;
        }

        uint flagged = 0;
        for (uint frame = 0; frame < frames.Count.Value; frame++)
            if ((frames[new FrameNumber(frame)].Flags & FrameFlags.OnList) != FrameFlags.None) flagged++;
        report.AddIfDifferent("Y1", "frames that say they are on a list", listed, flagged);
    }

    [InlineArray(ListCount)]
    private struct Lists
    {
        private IntrusiveList _first;
    }
}
