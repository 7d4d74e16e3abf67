using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Inspection;

/// <summary>Recounts one zone, free blocks included, from the frame descriptors alone.</summary>
internal struct ZoneCount
{
    private uint[] _blocks;
    private uint _free, _reserved;
    private FrameTally _tally;

    /// <summary>Counts a zone.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="frames">All descriptors.</param>
    /// <param name="locked">For each frame, true if a locked area maps it.</param>
    /// <param name="framesOfBlock">The frames of a huge page's block.</param>
    public static ZoneMemory Of(MemoryZone zone, FrameTable frames, ReadOnlySpan<bool> locked, uint framesOfBlock)
    {
        (FrameNumber first, _) = MemoryZones.BoundsOf(zone);
        FrameCount present = MemoryZones.CountOf(zone, frames.Count);
        ZoneCount count = new() { _blocks = new uint[FreeLists.OrderMax + 1], _tally = new() { FramesOfBlock = framesOfBlock } };
        for (uint number = first.Value; number < first.Value + present.Value; number++)
            count.Add(frames.Shown(new(number)), locked[(int)number]);
        FrameTally tally = count._tally;
        return new()
        {
            Name = zone == MemoryZone.Dma ? "DMA" : zone.ToString(),
            First = first,
            Present = present,
            Managed = new(present.Value - count._reserved),
            Free = new(count._free),
            FreeBlocks = count._blocks,
            OutsideBlocks = new(count._free - count.FramesInBlocks()),
            Watermarks = ZoneMarks.Of(zone, frames.Count),
            ActiveAnonymous = new((uint)tally.ActiveOwn),
            InactiveAnonymous = new((uint)tally.InactiveOwn),
            ActiveFile = new((uint)tally.ActiveFile),
            InactiveFile = new((uint)tally.InactiveFile),
            Unevictable = new((uint)tally.Unevictable),
            Reserves = ReservesOf(zone, frames.Count),
        };
    }

    private static FrameCount[] ReservesOf(MemoryZone zone, FrameCount ram)
    {
        FrameCount[] reserves = new FrameCount[MemoryZones.ZoneCount];
        for (MemoryZone highest = zone; highest <= MemoryZone.HighMem; highest++)    // none against requests for lower zones
            reserves[(int)highest] = MemoryZones.ReserveOf(zone, highest, ram);
        return reserves;
    }

    private readonly uint FramesInBlocks()
    {
        uint frames = 0;
        for (int order = 0; order < _blocks.Length; order++) frames += _blocks[order] << order;
        return frames;
    }

    private void Add(in FrameDescriptor frame, bool isLocked)
    {
        if (frame.State == FrameState.Free) _free++;
        if (frame.State == FrameState.Reserved) _reserved++;
        if (frame.State == FrameState.Free && (frame.Flags & FrameFlags.BuddyHead) != FrameFlags.None) _blocks[frame.Header.Order]++;
        _tally.Count(in frame, isLocked);
    }
}
