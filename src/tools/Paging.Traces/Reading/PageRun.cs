namespace Paging.Traces.Reading;

/// <summary>The accesses of a line of a trace: one to each of some consecutive pages.</summary>
/// <param name="First">The first page.</param>
/// <param name="Count">The number of pages; 0 for a line that is only text.</param>
/// <param name="IsStore">True when they write.</param>
internal readonly record struct PageRun(ulong First, int Count, bool IsStore)
{
    /// <summary>True when they fetch instructions.</summary>
    public bool IsFetch { get; init; }

    /// <summary>The pages that a run of bytes touches; false when the bytes do not lie in 64 bits, or are none, or too many.</summary>
    public static bool TryCover(ulong address, ulong byteLength, bool isStore, out PageRun run)
    {
        const int PageShift = 12;
        const ulong ByteLengthMax = 1 << 16;    // the widest instruction stores some 11 KB (XSAVE with tiles)
        run = default;
        if (byteLength is 0 or > ByteLengthMax || address + (byteLength - 1) < address) return false;
        ulong first = address >> PageShift;
        run = new(first, (int)(((address + byteLength - 1) >> PageShift) - first) + 1, isStore);
        return true;
    }
}
