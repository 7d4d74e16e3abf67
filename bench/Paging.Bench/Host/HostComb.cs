namespace Paging.Bench.Host;

/// <summary>
/// Many areas of the host's kernel side by side, two pages each. No two neighbours agree on how they are read, so none of them join.
/// </summary>
/// <remarks>Without a page free between them, on which the runtime could map something of its own.</remarks>
internal sealed class HostComb : IDisposable
{
    private const nuint AreaLength = 2 * 4096;

    private readonly nuint _byteLength;

    /// <summary>Maps all areas in one call, then separates them.</summary>
    // Unsafe: the constructor has mapped this many bytes.
    public unsafe HostComb(int areaCount, int protection)
    {
        _byteLength = (nuint)areaCount * AreaLength;
        const int flags = HostCalls.MapPrivate | HostCalls.MapAnonymous | HostCalls.MapNoReserve;
        Address = (byte*)HostCalls.Map(null, _byteLength, protection, flags, -1, 0);
        HostKernel.Check((nint)Address != -1, "mmap");
        for (nuint area = 0; area < _byteLength; area += 2 * AreaLength) HostKernel.Check(HostCalls.Advise(Address + area, AreaLength,
            HostCalls.AdviseRandom), "madvise");
    }

    /// <summary>The first page of the first area; the next area is two pages on.</summary>
    public unsafe byte* Address { get; }

    /// <summary>Gives the pages back and keeps the areas.</summary>
    // Unsafe: the constructor has mapped this many bytes.
    public unsafe void Discard() => HostKernel.Check(HostCalls.Advise(Address, _byteLength, HostCalls.AdviseDontNeed), "madvise");

    /// <inheritdoc/>
    // Unsafe: the constructor has mapped this many bytes.
    public unsafe void Dispose() => HostKernel.Check(HostCalls.Unmap(Address, _byteLength), "munmap");
}
