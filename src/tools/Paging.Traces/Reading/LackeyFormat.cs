namespace Paging.Traces.Reading;

/// <summary>
/// The output of <c>valgrind --tool=lackey --trace-mem=yes</c>: <c>I  04016b80,3</c>, <c> L 1fff,8</c>, <c> S …</c>, <c> M …</c>.
/// </summary>
/// <remarks>
/// Every line is one access to each page it touches: instructions and loads read, stores and modifies write. Addresses are
/// hexadecimal, of up to 64 bits. Lines of valgrind itself, <c>==PID== …</c> and <c>--PID-- …</c>, are passed over.
/// </remarks>
internal struct LackeyFormat : ITraceFormat
{
    private const string Expected = "expected 'I', 'L', 'S' or 'M', an address in hex, a comma and a size";

    public readonly bool HasStores => true;

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        place = 0;
        if (line.StartsWith("=="u8) || line.StartsWith("--"u8)) return null;
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        bool isStore = false, isFetch = cursor.TryTake('I');
        if (!isFetch && !cursor.TryTake('L'))
        {
            isStore = cursor.TryTake('S') || cursor.TryTake('M');
            if (!isStore) return cursor.Explain(Expected, out place);
        }
        if (!cursor.SkipBlanks() || !cursor.TryTakeHex(out ulong address)) return cursor.Explain(Expected, out place);
        if (!cursor.TryTake(',')) return cursor.Explain(Expected, out place);
        place = cursor.Place;
        if (!cursor.TryTakeDecimal(out ulong byteLength) || !cursor.IsAtEnd) return cursor.Explain(Expected, out place);
        if (!PageRun.TryCover(address, byteLength, isStore, out run)) return "an access has 1 to 65536 bytes and ends within 64 bits";
        run = run with { IsFetch = isFetch };
        return null;
    }
}
