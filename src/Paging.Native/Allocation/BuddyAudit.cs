using System.Collections;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Native.Allocation;

/// <summary>
/// Walks every free list, both half stacks and the zeroed frames, marks each frame found, and compares with the frame table.
/// </summary>
internal sealed class BuddyAudit(BuddyAllocator allocator, AuditReport report)
{
    private readonly FrameTable _frames = allocator.Frames;
    private readonly ZoneLists _zones = allocator.Lists;
    private readonly BitArray _found = new((int)allocator.Frames.Count.Value);
    private uint _foundCount;

    public void Run()
    {
        for (int order = 0; order <= FreeLists.OrderMax; order++)
        {
            WalkList(_zones.Low, order, MemoryZones.HighStart);
            if (_zones.High is { } high) WalkList(high, order, uint.MaxValue);
        }

        WalkHotStack();
        WalkZeroed();
        for (uint frame = 0; frame < _frames.Count.Value; frame++) CheckFrame(frame);
        // B4  the counts of blocks and of frames equal a recount.
        report.AddIfDifferent("B4", "free frames in the allocator", _foundCount, allocator.FreeFrames.Value);
    }

    private void WalkList(FreeLists lists, int order, uint zoneEnd)
    {
        uint length = 0, previous = 0;
        for (uint first = lists.First(order); first != 0; first = _frames[new FrameNumber(first)].Next)
        {
            if (!IsBlock(first, order) || !TryMark(first, 1u << order, $"list {order}")) return;    // nothing after it can be trusted
            ref readonly FrameDescriptor head = ref _frames[new FrameNumber(first)];
            // B5  neighbours in a list point at each other.
            if (head.Previous != previous)
                report.Add("B5", $"block {first:x5} of order {order} has {head.Previous:x5} before it, but was reached from {previous:x5}");
            // B1  and lies in the zone of its list.
            if (first >= zoneEnd || (zoneEnd == uint.MaxValue && first < MemoryZones.HighStart))
                report.Add("B1", $"block {first:x5} of order {order} is in the list of another zone");
            CheckNotSplit(first, order);
            previous = first;
            length++;
        }
        report.AddIfDifferent("B4", $"free blocks of order {order}", length, lists.BlockCount(order));
    }

    // B1  a block starts at a multiple of its size, ends in RAM, and its first frame records its order.
    private bool IsBlock(uint first, int order)
    {
        bool isInside = (first & ((1u << order) - 1)) == 0 && first + (1u << order) <= _frames.Count.Value;
        if (isInside)
        {
            ref readonly FrameDescriptor head = ref _frames[new FrameNumber(first)];
            if (head.Header == FrameHeader.OfBlock(order)) return true;
        }
        report.Add("B1", $"list {order} holds {first:x5}, which is no free block of that order");
        return false;
    }

    // B3  two free buddies are one block.
    private void CheckNotSplit(uint first, int order)
    {
        uint buddy = first ^ (1u << order);
        if (order == FreeLists.OrderMax || buddy + (1u << order) > _frames.Count.Value) return;
        ref readonly FrameDescriptor head = ref _frames[new FrameNumber(buddy)];
        if (head.Header == FrameHeader.OfBlock(order))
            report.Add("B3", $"blocks {first:x5} and {buddy:x5} of order {order} are both free and not one");
    }

    private void WalkHotStack()
    {
        foreach (uint frame in allocator.Hot)
        {
            // B8  a frame on the hot stack lies in RAM, and its state is the only sign that it is free.
            if (frame >= _frames.Count.Value) report.Add("B8", $"the hot stack holds {frame:x5}, beyond RAM");
            else if (TryMark(frame, 1, "the hot stack") && _frames[new FrameNumber(frame)].Header != FrameHeader.Of(FrameState.Free))
                report.Add("B8", $"frame {frame:x5} is on the hot stack with flags {_frames[new FrameNumber(frame)].Flags}");
        }
    }

    private void WalkZeroed()
    {
        uint length = 0;
        for (ZeroedFrames.Run run = allocator.Zeroed.Top; run.First != 0; run = allocator.Zeroed.Below(run))
        {
            for (uint frame = run.First; frame < run.End; frame++, length++)
            {
                // B9  a frame that was zeroed ahead lies in RAM, carries the mark, and holds zeros.
                if (frame >= _frames.Count.Value || !TryMark(frame, 1, "the zeroed frames"))
                {
                    report.Add("B9", $"the zeroed frames lead to {frame:x5} after {length} of them");
                    return;
                }

                CheckZeroed(new(frame));
            }
        }

        report.AddIfDifferent("B9", "frames zeroed ahead", length, allocator.Zeroed.Count);
    }

    private void CheckZeroed(FrameNumber frame)
    {
        ref readonly FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.Header != FrameHeader.Of(FrameState.Free) || descriptor.Private != ZeroedFrames.Mark)
            report.Add("B9", $"frame {frame.Value:x5} is among the zeroed ones as {descriptor.State} with flags {descriptor.Flags} " +
                $"and {descriptor.Private:x8}");
        else if (Check.Thorough && !allocator.Ram.IsZero(frame))
            report.Add("B9", $"frame {frame.Value:x5} was zeroed ahead and is no longer zero");
    }

    // B2  each free frame is in exactly one block, on the stack or among the zeroed ones, and no other frame is.
    private bool TryMark(uint first, uint count, string where)
    {
        for (uint frame = first; frame < first + count; frame++)
        {
            if (_found[(int)frame])
            {
                report.Add("B2", $"frame {frame:x5} is found a second time, in {where}");
                return false;
            }
            _found[(int)frame] = true;
        }
        _foundCount += count;
        return true;
    }

    private void CheckFrame(uint frame)
    {
        FrameDescriptor descriptor = _frames.Shown(new(frame));
        bool isFree = descriptor.State == FrameState.Free;
        if (isFree != _found[(int)frame])
            report.Add("B2",
                $"frame {frame:x5} is {descriptor.State}, {(isFree ? "but in no list and on no stack" : "but among the free ones")}");
        // B6  a frame is not written to after it was freed.
        if (Check.Thorough && isFree && descriptor.Private == BuddyAllocator.PoisonMark
            && !allocator.Ram.IsFilledWith(new FrameNumber(frame), BuddyAllocator.PoisonByte))
            report.Add("B6", $"frame {frame:x5} is free and its poison is damaged");
    }
}
