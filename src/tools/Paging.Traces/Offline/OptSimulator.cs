using System.Runtime.InteropServices;
using Paging.Traces.Simulation;

namespace Paging.Traces.Offline;

/// <summary>OPT, also called MIN: the fewest misses any policy could have, counted in one pass and without the future.</summary>
/// <remarks><code>
///   A hit at time t means that the page was kept since its last access s: through every moment strictly between them.
///   At each moment c frames hold the page that is being accessed and at most c − 1 kept ones:
///
///       time      0   1   2   3   4          c = 2: one page may be kept at a time
///       page      a   b   c   a   b
///                 ├─────a─────┤              a needs a frame at 1 and 2,
///                     ├─────b─────┤          b at 2 and 3: only one of them can be a hit
///
///   The most intervals that fit are found by taking them in the order of their ends, each if it still fits. All start
///   somewhere and end now, so the moments that are full matter only as a staircase: c − 1 tokens, all at −1 in the
///   beginning. An interval from s fits if a token lies at s or before; the last such token moves to now − 1. Tokens lie in
///   a union-find forest over time, which is renumbered now and then to the moments that can still be looked up.
///
/// Cost      amortised nearly O(1) an access; memory O(distinct pages), for traces of any length
/// </code>
/// L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966;
/// greedy optimality: M. C. Carlisle, E. L. Lloyd, "On the k-coloring of intervals", 1995; the same idea in hardware:
/// A. Jain, C. Lin, "Back to the future: leveraging Belady's algorithm for improved cache replacement", ISCA 2016.
/// </remarks>
internal sealed class OptSimulator : TraceSimulator
{
    private const int Never = -1;
    private readonly TokenTimeline _timeline;
    private readonly List<int> _lastTimes = [];    // by page id

    /// <summary>Empty frames.</summary>
    /// <param name="frameCount">At least 1.</param>
    public OptSimulator(int frameCount) : base(frameCount) => _timeline = new(tokenCount: frameCount - 1);

    /// <summary>Null: the misses do not depend on which of several equally good pages leaves, dirty evictions do.</summary>
    public override long? DirtyEvictionCount => null;

    public override void Run(in TraceBlock block)
    {
        Span<int> lastTimes = CollectionsMarshal.AsSpan(_lastTimes);
        foreach (int id in block.PageIds.Span)
        {
            if (_timeline.IsFull) _timeline.Renumber(lastTimes);
            if (id >= lastTimes.Length) lastTimes = MakeRoom(id);
            ref int last = ref lastTimes[id];
            if (!IsHit(last)) MissCount++;
            last = _timeline.Advance(id);
        }

        AccessCount += block.PageIds.Length;
    }

    private Span<int> MakeRoom(int id)
    {
        while (_lastTimes.Count <= id) _lastTimes.Add(Never);
        return CollectionsMarshal.AsSpan(_lastTimes);
    }

    private bool IsHit(int last)
    {
        if (last == Never) return false;
        if (last == _timeline.Now - 1) return true;    // nothing in between to be kept through
        return _timeline.TryMoveToken(last);
    }
}
