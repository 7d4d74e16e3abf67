using Paging.Policies.Simulation;

namespace Paging.Policies.Traces;

/// <summary>Our own: <c>page</c> or <c>page,store</c>, store being 0 or 1. A header line of these words may come first.</summary>
/// <remarks>
/// Pages are decimal, or hexadecimal with <c>0x</c>, of up to 63 bits. Blanks around a field do not matter. A trace of which
/// no line has a second field knows nothing of stores.
/// </remarks>
internal struct CsvFormat : ITraceFormat
{
    private const string Expected = "expected 'page' or 'page,store', store being 0 or 1";
    private bool _hasRows;

    public bool HasStores { get; private set; }

    public string? Read(ReadOnlySpan<byte> line, out PageRun run)
    {
        run = default;
        if (!_hasRows && IsHeader(line)) return null;
        _hasRows = true;
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        if (!cursor.TryTakeNumber(out ulong page)) return cursor.Explain(Expected);
        ulong store = 0;
        cursor.SkipBlanks();
        if (cursor.TryTake(','))
        {
            cursor.SkipBlanks();
            if (!cursor.TryTakeDecimal(out store) || store > 1) return Expected;
            HasStores = true;
        }
        if (!cursor.IsAtEnd) return Expected;
        if (page > TraceAccess.PageMax) return "a page number has at most 63 bits";
        run = new(page, 1, store == 1);
        return null;
    }

    private static bool IsHeader(ReadOnlySpan<byte> line)
    {
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        if (!TryTakeWord(ref cursor, "page")) return false;
        return cursor.IsAtEnd || (cursor.TryTake(',') && !cursor.IsAtEnd && TryTakeWord(ref cursor, "store") && cursor.IsAtEnd);
    }

    private static bool TryTakeWord(ref LineCursor cursor, string word)
    {
        foreach (char character in word)
            if (!cursor.TryTake(character)) return false;
        return true;
    }
}
