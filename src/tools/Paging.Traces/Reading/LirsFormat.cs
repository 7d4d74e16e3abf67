namespace Paging.Traces.Reading;

/// <summary>Traces of the LIRS authors: a block number a line; a line of one asterisk ends a phase and is passed over.</summary>
internal struct LirsFormat : ITraceFormat
{
    private const string Expected = "expected a block number or '*'";

    public readonly bool HasStores => false;

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        place = cursor.Place;
        if (cursor.TryTake('*')) return cursor.IsAtEnd ? null : cursor.Explain(Expected, out place);
        if (!cursor.TryTakeDecimal(out ulong page) || !cursor.IsAtEnd) return cursor.Explain(Expected, out place);
        if (page > TraceAccess.PageMax) return "a block number has at most 63 bits";
        run = new(page, 1, IsStore: false);
        return null;
    }
}
