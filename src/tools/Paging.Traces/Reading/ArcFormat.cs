namespace Paging.Traces.Reading;

/// <summary>
/// Traces of the ARC authors: <c>first count ignored request</c>, a request for <c>count</c> blocks from <c>first</c> on.
/// </summary>
internal struct ArcFormat : ITraceFormat
{
    private const string Expected = "expected four numbers: first block, count, ignored, request";
    private const int CountMax = 1 << 24;

    public readonly bool HasStores => false;

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run)
    {
        run = default;
        LineCursor cursor = new(line);
        bool isComplete = TryTakeField(ref cursor, out ulong first) & TryTakeField(ref cursor, out ulong count)
            & TryTakeField(ref cursor, out _) & TryTakeField(ref cursor, out _) & cursor.IsAtEnd;
        if (!isComplete) return cursor.Explain(Expected);
        if (count > CountMax) return "a request has at most 16777216 blocks";
        if (first > TraceAccess.PageMax || first + count > TraceAccess.PageMax + 1) return "a block number has at most 63 bits";
        run = new(first, (int)count, IsStore: false);
        return null;
    }

    private static bool TryTakeField(ref LineCursor cursor, out ulong value)
    {
        cursor.SkipBlanks();
        return cursor.TryTakeDecimal(out value);
    }
}
