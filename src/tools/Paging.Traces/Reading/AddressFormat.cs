namespace Paging.Traces.Reading;

/// <summary>
/// Course traces of SPEC programs: <c>s 0x1fffff50 1</c>: store or load, byte address, instructions since the access before.
/// </summary>
/// <remarks>A page is the address without its low 12 bits. The count of instructions may be missing.</remarks>
internal struct AddressFormat : ITraceFormat
{
    private const string Expected = "expected 'l' or 's', an address in hex and a number";
    private const int PageShift = 12;

    public readonly bool HasStores => true;

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        bool isStore = cursor.TryTake('s');
        if (!isStore && !cursor.TryTake('l')) return cursor.Explain(Expected, out place);
        if (!cursor.SkipBlanks() || !cursor.TryTakeHex(out ulong address)) return cursor.Explain(Expected, out place);
        bool isBlank = cursor.SkipBlanks();
        if (!cursor.IsAtEnd && !(isBlank && cursor.TryTakeDecimal(out _) && cursor.IsAtEnd)) return cursor.Explain(Expected, out place);
        place = 0;
        run = new(address >> PageShift, 1, isStore);
        return null;
    }
}
