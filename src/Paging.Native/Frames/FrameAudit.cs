namespace Paging.Native.Frames;

/// <summary>The rules a frame table can check alone. The allocator's audit checks the place of free frames.</summary>
internal static class FrameAudit
{
    public static void Run(FrameTable frames, AuditReport report)
    {
        Span<uint> counted = stackalloc uint[byte.MaxValue + 1];    // a broken state is a byte like any other
        for (uint number = 0; number < frames.Count.Value; number++)
        {
            FrameNumber frame = new(number);
            ref readonly FrameDescriptor descriptor = ref frames[frame];
            counted[(int)frames.Shown(frame).State]++;
            Describe(number, in descriptor, report);
            if (frames.Wholes.Has(frame)) DescribeWhole(frame, frames, report);
        }
        // F1  each frame is in one of the states, and the counts by state equal a recount.
        for (int state = 0; state < counted.Length; state++)
        {
            if (state <= (int)FrameState.Allocated)
                report.AddIfDifferent("F1", $"frames in state {(FrameState)state}", counted[state],
                    frames.CountOf((FrameState)state).Value);
            else if (counted[state] != 0)
                report.Add("F1", $"{counted[state]} frames are in state {state}, which does not exist");
        }
    }

    private static void Describe(uint number, ref readonly FrameDescriptor descriptor, AuditReport report)
    {
        bool isFree = descriptor.State == FrameState.Free;
        // F3  a free or reserved frame has no user, no mapping and no owner.
        if ((isFree || descriptor.State == FrameState.Reserved) && (descriptor.Counts | descriptor.Owner | descriptor.Index) != 0)
            report.Add("F3", $"frame {number:x5} is {descriptor.State} with {descriptor.ReferenceCount} references, " +
                $"{descriptor.MapCount} mappings, owner {descriptor.Owner} and index {descriptor.Index}");
        // F5  each mapping is also a reference.
        if (descriptor.MapCount > descriptor.ReferenceCount)
            report.Add("F5", $"frame {number:x5} has {descriptor.MapCount} mappings but {descriptor.ReferenceCount} references");
        // F6  BuddyHead is the only flag of a free frame, and of free frames only.
        FrameFlags wrong = descriptor.Flags & (isFree ? ~FrameFlags.BuddyHead : FrameFlags.BuddyHead);
        if (wrong != FrameFlags.None) report.Add("F6", $"frame {number:x5} is {descriptor.State} with flags {descriptor.Flags}");
    }

    // F9  of a block that is handed out whole, the first frame is in use, and the other descriptors are zero.
    private static void DescribeWhole(FrameNumber frame, FrameTable frames, AuditReport report)
    {
        ref readonly FrameDescriptor descriptor = ref frames[frame];
        bool isTail = frames.Wholes.HasTail(frame);
        bool isZero = (descriptor.Header.Word | descriptor.Owner | descriptor.Index | descriptor.Next | descriptor.Previous
            | descriptor.Private) == 0 && descriptor.Counts == 0;
        if (isTail ? !isZero : !FrameTransitions.IsHandedOut(descriptor.State))
            report.Add("F9", $"frame {frame.Value:x5} of a block handed out whole is {descriptor.State} with {descriptor.ReferenceCount} " +
                $"references, flags {descriptor.Flags} and owner {descriptor.Owner}");
    }
}
