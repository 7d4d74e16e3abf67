using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Native.Allocation;

//   Top: 8 9 … 31 ──► 64 … 95 ──► 7 ──► …      the first frame of each lower run holds the run's end and the first frame of the next
/// <summary>Free frames that were zeroed ahead of need, the last one in first out. They are as free like any other.</summary>
/// <remarks>
/// A first touch of such a frame costs its bookkeeping only: it was zeroed in idle time, past the cache. They are zeroed in blocks, so
/// neighbours make a run, and taking one reads a descriptor once in a run.
/// </remarks>
internal sealed class ZeroedFrames(FrameTable frames)
{
    /// <summary>B9: the value in <see cref="FrameDescriptor.Private"/> that marks a free frame as zeroed.</summary>
    public const uint Mark = 0x00C1_EA00;

    /// <summary>The run whose first frame is taken next; its first frame is 0 if there is none.</summary>
    public Run Top { get; private set; }

    /// <summary>The number of zeroed frames.</summary>
    public uint Count { get; private set; }

    /// <summary>Adds a free frame whose bytes are zero.</summary>
    public void Push(uint frame)
    {
        frames[new FrameNumber(frame)].Private = Mark;
        Count++;
        if (frame + 1 == Top.First)
        {
            Top = Top with { First = frame };
            return;
        }

        if (Top.First != 0) Store(Top);
        Top = new(frame, frame + 1, Below: Top.First);
    }

    /// <summary>Takes a frame out; its descriptor is all zero again. Precondition: there is one.</summary>
    public uint Pop()
    {
        if (Check.Cheap && Count == 0) Check.ThrowUnmet("Pop: no frame is zeroed.");
        uint frame = Top.First;
        PopMarked(1);
        frames[new FrameNumber(frame)].Private = 0;
        return frame;
    }

    /// <summary>Takes the first frames of the run on top, which has as many. Their marks stay: the taker writes all of each.</summary>
    public void PopMarked(uint count)
    {
        Count -= count;
        Top = Top.First + count != Top.End ? Top with { First = Top.First + count } : TakeBelow();
    }

    /// <summary>The run below another one. Its first frame may be any number if the links are damaged.</summary>
    public Run Below(Run run)
    {
        if (run.Below == 0) return default;
        if (run.Below >= frames.Count.Value) return new(run.Below, run.Below + 1, 0);
        ref readonly FrameDescriptor first = ref frames[new FrameNumber(run.Below)];
        return new(run.Below, first.Previous, first.Next);
    }

    private Run TakeBelow()
    {
        Run below = Below(Top);
        if (below.First != 0) Store(below with { End = 0, Below = 0 });
        return below;
    }

    private void Store(Run run)
    {
        ref FrameDescriptor first = ref frames[new FrameNumber(run.First)];
        (first.Previous, first.Next) = (run.End, run.Below);
    }

    /// <summary>Neighbours, the lowest of which is taken first.</summary>
    /// <param name="First">The first frame; 0 for no run.</param>
    /// <param name="End">The frame after the last one.</param>
    /// <param name="Below">The first frame of the run that is taken next; 0 for none.</param>
    public readonly record struct Run(uint First, uint End, uint Below);
}
