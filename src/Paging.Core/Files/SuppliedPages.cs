using System.Numerics;
using Paging.Native;

namespace Paging.Core.Files;

//   image    │ page │ page │ page │      runs: which page of the memory has which frame of the image. One list for all clones
//   left     1      0      1             a bit for each: not taken yet
/// <summary>The pages of cloned shared memory that still lie in the image. Each is taken when it is first touched.</summary>
/// <remarks><code>
/// Always holds    Z6  a page that is left is neither cached nor on a slot, and lies below the end of its memory
///                     a page that was taken, dropped or overwritten never comes back
/// Cost            of a clone: a bit for each page; of a search: O(log runs)
/// </code>
/// The frames are those of the image's window: nothing counts them, and nothing writes to them.
/// </remarks>
internal sealed class SuppliedPages
{
    private readonly SuppliedRun[] _runs;
    private readonly ulong[] _left;

    /// <param name="runs">The runs, in the order of the memory. They are shared, and never change.</param>
    public SuppliedPages(SuppliedRun[] runs)
    {
        _runs = runs;
        Count = runs.Length == 0 ? 0 : runs[^1].FirstBit + runs[^1].Count;
        _left = new ulong[(Count + 63) >> 6];
        _left.AsSpan().Fill(ulong.MaxValue);
    }

    /// <summary>The number of pages that are left.</summary>
    public uint Count { get; private set; }

    /// <summary>Finds the run of a page that is left.</summary>
    public bool TryFind(FilePage page, out SuppliedRun run)
    {
        int index = RunAtOrAfter(page);
        run = index < _runs.Length ? _runs[index] : default;
        return page >= run.First && run.Count != 0 && IsLeft(run.BitOf(page));
    }

    /// <summary>Finds the first page from a page on that is left.</summary>
    public bool TryNext(FilePage from, out FilePage page, out SuppliedRun run)
    {
        (page, run) = (default, default);
        if (Count == 0) return false;
        for (int index = RunAtOrAfter(from); index < _runs.Length; index++)
        {
            run = _runs[index];
            uint bit = from > run.First ? run.BitOf(from) : run.FirstBit;
            bit = NextLeft(bit, run.FirstBit + run.Count);
            if (bit == run.FirstBit + run.Count) continue;
            page = new(run.First.Value + (bit - run.FirstBit));
            return true;
        }

        return false;
    }

    /// <summary>The number of pages of a run that are left one after the other, from one that is left on.</summary>
    public uint CountLeft(FilePage page, in SuppliedRun run)
    {
        uint first = run.BitOf(page), bit = first, end = run.FirstBit + run.Count;
        while (bit < end)
        {
            int inRow = BitOperations.TrailingZeroCount(~(_left[bit >> 6] >> (int)(bit & 63)));
            if (inRow < 64 - (int)(bit & 63)) return Math.Min(end, bit + (uint)inRow) - first;
            bit = (bit | 63) + 1;
        }

        return end - first;
    }

    /// <summary>Takes a page. Returns false if it is not left.</summary>
    public bool TryTake(FilePage page, out SuppliedRun run)
    {
        if (!TryFind(page, out run)) return false;
        uint bit = run.BitOf(page);
        _left[bit >> 6] &= ~(1ul << (int)(bit & 63));
        Count--;
        return true;
    }

    private bool IsLeft(uint bit) => (_left[bit >> 6] & (1ul << (int)(bit & 63))) != 0;

    private uint NextLeft(uint bit, uint end)
    {
        while (bit < end)
        {
            ulong rest = _left[bit >> 6] >> (int)(bit & 63);
            if (rest != 0) return Math.Min(end, bit + (uint)BitOperations.TrailingZeroCount(rest));
            bit = (bit | 63) + 1;
        }

        return end;
    }

    /// <summary>The index of the first run that does not end before a page.</summary>
    private int RunAtOrAfter(FilePage page)
    {
        int low = 0, high = _runs.Length;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_runs[middle].First.Value + (ulong)_runs[middle].Count <= page.Value) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

/// <summary>Pages of shared memory in an image.</summary>
/// <param name="First">The first page in the memory.</param>
/// <param name="Count">The number of pages.</param>
/// <param name="Frame">The frame of the first one, in the image's window; frame 0: all are zeros.</param>
/// <param name="FirstBit">The number of pages in the runs before.</param>
/// <param name="IsWritten">True if they were written; otherwise reclaim may drop them.</param>
/// <param name="IsUnfilled">True if only fallocate(2) has made them.</param>
internal readonly record struct SuppliedRun(
    FilePage First, uint Count, FrameNumber Frame, uint FirstBit, bool IsWritten, bool IsUnfilled)
{
    /// <summary>The frame of a page of the run.</summary>
    public FrameNumber FrameOf(FilePage page) => Frame.Value == 0 ? Frame : new(Frame.Value + (page.Value - First.Value));

    /// <summary>The bit of a page of the run.</summary>
    public uint BitOf(FilePage page) => FirstBit + (page.Value - First.Value);
}
