namespace Paging.Traces.Reading;

/// <summary>
/// Traces of the ARC authors: <c>first count ignored request</c>, a request for <c>count</c> blocks from <c>first</c> on.
/// </summary>
internal struct ArcFormat : ITraceFormat
{
    private const string Expected = "expected four numbers: first block, count, ignored, request";
    private const int CountMax = 1 << 24;

    public readonly bool HasStores => false;

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        int firstPlace = cursor.Place;
        if (!cursor.TryTakeDecimal(out ulong first)) return cursor.Explain(Expected, out place);
        cursor.SkipBlanks();
        place = cursor.Place;
        if (!cursor.TryTakeDecimal(out ulong count)) return cursor.Explain(Expected, out place);
        if (!TryTakeField(ref cursor) || !TryTakeField(ref cursor) || !cursor.IsAtEnd) return cursor.Explain(Expected, out place);
        if (count > CountMax) return "a request has at most 16777216 blocks";
        place = firstPlace;
        if (first > TraceAccess.PageMax || first + count > TraceAccess.PageMax + 1) return "a block number has at most 63 bits";
        run = new(first, (int)count, IsStore: false);
        return null;
    }

    private static bool TryTakeField(ref LineCursor cursor)
    {
        cursor.SkipBlanks();
        return cursor.TryTakeDecimal(out _);
    }
}
