namespace Paging.Traces.Reading;

/// <summary>
/// The output of <c>perf script</c> for <c>perf mem record</c>:
/// <c>sort 2437 [001] 3025.386425: 30 cpu/mem-loads,ldlat=30/P: 7f1c2c0e4f30 |OP LOAD|…</c>.
/// </summary>
/// <remarks>
/// A sample of an event mem-loads or mem-stores is an access to the page of its data address, which stands after the event's name; so is
/// one of any name (AMD's <c>ibs_op//</c>) whose data source begins with <c>|OP LOAD</c> or <c>|OP STORE</c>. Other fields do not matter
/// (<c>-F event,addr</c> suffices). Passed over: other events, call chains, samples without an address. Samples are not all accesses.
/// perf: builtin-script.c, process_event; mem-events.c, perf_script__meminfo_scnprintf; arch/x86/util/mem-events.c.
/// </remarks>
internal struct PerfFormat : ITraceFormat
{
    private const string Expected = "expected an event mem-loads or mem-stores, a colon and a data address in hex";

    public readonly bool HasStores => true;

    /// <summary>True for a sample of memory, by which the form is known.</summary>
    public static bool IsEvent(ReadOnlySpan<byte> line) => FindEvent(line, out _, out _);

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        place = 0;
        if (!FindEvent(line, out int start, out bool isStore)) return null;
        LineCursor cursor = new(line[start..]);
        cursor.SkipBlanks();
        place = start + cursor.Place;
        if (!cursor.TryTakeHex(out ulong address) || !cursor.IsAtFieldEnd)
        {
            string reason = cursor.Explain(Expected, out place);
            place += start;
            return reason;
        }

        if (address == 0) return null;    // the sample has none
        return PageRun.TryCover(address, 1, isStore, out run) ? null : Expected;
    }

    /// <summary>Finds where the field after an event of memory begins.</summary>
    private static bool FindEvent(ReadOnlySpan<byte> line, out int start, out bool isStore)
    {
        start = 0;
        int at = line.IndexOf("mem-loads"u8);
        isStore = at < 0;
        if (isStore) at = line.IndexOf("mem-stores"u8);
        if (at < 0) return FindSource(line, out start, out isStore);
        if (line[at..].StartsWith("mem-loads-aux"u8)) return false;    // the auxiliary event has no address
        int colon = line[at..].IndexOf(": "u8);
        start = at + colon + 1;
        return colon >= 0;
    }

    /// <summary>By the data source: the address stands after the last colon before it.</summary>
    private static bool FindSource(ReadOnlySpan<byte> line, out int start, out bool isStore)
    {
        (start, isStore) = (0, false);
        int source = line.IndexOf("|OP "u8);
        if (source < 0) return false;
        ReadOnlySpan<byte> kinds = line[(source + 4)..];    // LOAD, STORE, or both with "or" between them
        int end = kinds.IndexOf((byte)'|'), colon = line[..source].LastIndexOf(": "u8);
        if (end >= 0) kinds = kinds[..end];
        isStore = kinds.IndexOf("STORE"u8) >= 0;
        start = colon + 1;
        return colon >= 0 && (isStore || kinds.IndexOf("LOAD"u8) >= 0);
    }
}
