namespace Paging.Traces.Reading;

/// <summary>
/// The output of DynamoRIO's <c>drrun -t drmemtrace -tool view</c>: <c>12  4:  21646 read  8 byte(s) @ 0x00007ffd1fded688 by PC …</c>.
/// </summary>
/// <remarks>
/// ifetch and read read, write writes, each page that the bytes touch. Lines of markers and of the table's head are passed over. Versions
/// before 10 print no number of instructions.
/// </remarks>
internal struct DrmemtraceFormat : ITraceFormat
{
    private const string Expected = "expected 'ifetch', 'read' or 'write', a number, 'byte(s) @' and an address in hex";

    public readonly bool HasStores => true;

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        place = 0;
        int at = line.IndexOf(" byte(s) @ "u8);
        if (at < 0) return IsPassedOver(line) ? null : Expected;
        ReadOnlySpan<byte> before = line[..at];
        int digits = before.LastIndexOf((byte)' ') + 1;    // the length of the access
        ReadOnlySpan<byte> kind = before[..digits].TrimEnd((byte)' ');
        bool isFetch = kind.EndsWith(" ifetch"u8), isStore = kind.EndsWith(" write"u8);
        place = kind.LastIndexOf((byte)' ') + 1;
        if (!isFetch && !isStore && !kind.EndsWith(" read"u8)) return kind.Contains((byte)':') ? null : Expected;    // a prefetch, a flush
        int addressPlace = at + " byte(s) @ ".Length;
        LineCursor length = new(before[digits..]), address = new(line[addressPlace..]);
        place = digits + length.Place;
        if (!length.TryTakeDecimal(out ulong byteLength) || !length.IsAtEnd) return Explain(length, digits, out place);
        if (!address.TryTakeHex(out ulong first) || !address.IsAtFieldEnd) return Explain(address, addressPlace, out place);
        if (!PageRun.TryCover(first, byteLength, isStore, out run)) return "an access has 1 to 65536 bytes and ends within 64 bits";
        run = run with { IsFetch = isFetch };
        return null;
    }

    private static string Explain(LineCursor part, int start, out int place)
    {
        string reason = part.Explain(Expected, out place);
        place += start;
        return reason;
    }

    /// <summary>True for a marker, a mark of a thread's change, and the head and the end of the table.</summary>
    private static bool IsPassedOver(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> text = line.TrimStart((byte)' ');
        return line.IndexOf(" <marker: "u8) >= 0 || text.StartsWith("Output format:"u8) || text.StartsWith("<--record#->"u8)
            || text.StartsWith("----------"u8) || text.StartsWith("View tool results:"u8) || text.EndsWith(" : total instructions"u8)
            || text.SequenceEqual("<...>"u8);
    }
}
