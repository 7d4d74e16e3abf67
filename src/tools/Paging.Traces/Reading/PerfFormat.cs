namespace Paging.Traces.Reading;

/// <summary>
/// The output of <c>perf script</c> for <c>perf mem record</c>:
/// <c>sort 2437 [001] 3025.386425: 30 cpu/mem-loads,ldlat=30/P: 7f1c2c0e4f30 |OP LOAD|…</c>.
/// </summary>
/// <remarks>
/// A sample of an event mem-loads or mem-stores is an access to the page of its data address, which stands behind the event's name; the
/// fields before and behind do not matter (<c>-F event,addr</c> suffices). Passed over: other events, call chains, samples without an
/// address. Samples are not all accesses. perf: builtin-script.c, process_event.
/// </remarks>
internal struct PerfFormat : ITraceFormat
{
    private const string Expected = "expected an event mem-loads or mem-stores, a colon and a data address in hex";

    public readonly bool HasStores => true;

    /// <summary>True for a sample of memory, by which the form is known.</summary>
    public static bool IsEvent(ReadOnlySpan<byte> line) => FindEvent(line, out _, out _);

    public readonly string? Read(ReadOnlySpan<byte> line, out PageRun run)
    {
        run = default;
        if (!FindEvent(line, out ReadOnlySpan<byte> behind, out bool isStore)) return null;
        LineCursor cursor = new(behind);
        cursor.SkipBlanks();
        if (!cursor.TryTakeHex(out ulong address)) return cursor.Explain(Expected);
        if (address == 0) return null;    // the sample has none
        return PageRun.TryCover(address, 1, isStore, out run) ? null : Expected;
    }

    private static bool FindEvent(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> behind, out bool isStore)
    {
        behind = default;
        int at = line.IndexOf("mem-loads"u8);
        isStore = at < 0;
        if (isStore) at = line.IndexOf("mem-stores"u8);
        if (at < 0 || line[at..].StartsWith("mem-loads-aux"u8)) return false;    // the auxiliary event has no address
        int colon = line[at..].IndexOf(": "u8);
        if (colon < 0) return false;
        behind = line[(at + colon + 1)..];
        return true;
    }
}
