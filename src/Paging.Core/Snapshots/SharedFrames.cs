using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>The pages of images that were saved, as runs of frames: a process that shows the same frames repeats them.</summary>
/// <remarks>Cost of a search: O(log runs). Frames come in order in a process, so its runs are added at one place.</remarks>
internal sealed class SharedFrames
{
    private readonly List<SharedFrameRun> _runs = [];    // by frame; no frame is in two

    /// <summary>Finds the page that had a frame first, or records that this one has it, and frames after it.</summary>
    /// <param name="frame">The first frame.</param>
    /// <param name="count">The number of frames in a row, at least one.</param>
    /// <param name="page">The page with the first frame; the next pages have those after it.</param>
    /// <param name="first">The page that had it first; the given one if that was not known.</param>
    /// <returns>The number of frames for which the answer is the same.</returns>
    public uint Find(FrameNumber frame, uint count, SavedPage page, out SavedPage first)
    {
        int at = FirstEndingAfter(frame.Value);
        first = page;
        if (at < _runs.Count)
        {
            SharedFrameRun run = _runs[at];
            if (run.First <= frame.Value)
            {
                first = run.PageOf(frame.Value);
                return Math.Min(count, run.End - frame.Value);
            }

            count = Math.Min(count, run.First - frame.Value);
        }

        if (at > 0 && _runs[at - 1].End == frame.Value && _runs[at - 1].PageOf(frame.Value) == page)
            _runs[at - 1] = _runs[at - 1] with { Count = _runs[at - 1].Count + count };
        else
            _runs.Insert(at, new(frame.Value, count, page));
        return count;
    }

    private int FirstEndingAfter(uint frame)
    {
        int low = 0, high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_runs[middle].End <= frame) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>Frames in a row, and the page that had the first of them.</summary>
    private readonly record struct SharedFrameRun(uint First, uint Count, SavedPage Page)
    {
        public uint End => First + Count;

        public SavedPage PageOf(uint frame) => Page with { Page = Page.Page + new PageCount(frame - First) };
    }
}
