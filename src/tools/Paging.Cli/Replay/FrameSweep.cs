using System.Collections.Immutable;

namespace Paging.Cli.Replay;

/// <summary>Chooses the numbers of frames when none are given, from a few up to all pages of the trace.</summary>
internal static class FrameSweep
{
    private const int PointCount = 20;
    private const int Span = 512;

    /// <summary>A sixteenth, an eighth, a quarter and half of the pages.</summary>
    public static ImmutableArray<int> Shares(int pageCount) => Ascending([16, 8, 4, 2], share => (pageCount + share - 1) / share);

    /// <summary>From 1/512 of the pages to all of them, in steps of equal ratio.</summary>
    public static ImmutableArray<int> Curve(int pageCount)
    {
        double first = Math.Max(1, pageCount / Span);
        double ratio = Math.Max(1, pageCount) / first;
        return Ascending(Enumerable.Range(0, PointCount), point => (int)Math.Round(first * Math.Pow(ratio, point / (PointCount - 1.0))));
    }

    private static ImmutableArray<int> Ascending(IEnumerable<int> steps, Func<int, int> frameCountAt) =>
        [.. steps.Select(step => Math.Max(1, frameCountAt(step))).Distinct().Order()];
}
