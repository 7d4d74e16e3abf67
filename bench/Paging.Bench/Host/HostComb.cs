namespace Paging.Bench.Host;

/// <summary>Many areas of the host's kernel: one page mapped, one page free, again and again.</summary>
internal sealed unsafe class HostComb : IDisposable
{
    private const nuint PageLength = 4096;

    private readonly nuint _byteLength;

    /// <summary>Maps the pages of all areas in one call and cuts them apart.</summary>
    public HostComb(int areaCount, int protection)
    {
        _byteLength = (nuint)areaCount * 2 * PageLength;
        const int flags = HostCalls.MapPrivate | HostCalls.MapAnonymous | HostCalls.MapNoReserve;
        Address = (byte*)HostCalls.Map(null, _byteLength, protection, flags, -1, 0);
        HostKernel.Check((nint)Address != -1, "mmap");
        for (nuint hole = PageLength; hole < _byteLength; hole += 2 * PageLength) HostKernel.Check(HostCalls.Unmap(Address + hole, PageLength), "munmap");
    }

    /// <summary>The first page of the first area; the next area is two pages on.</summary>
    public byte* Address { get; }

    /// <summary>Gives the pages back and keeps the areas. The kernel tells of the holes, and does the rest all the same.</summary>
    public void Forget() => _ = HostCalls.Advise(Address, _byteLength, HostCalls.AdviseDontNeed);

    /// <inheritdoc/>
    public void Dispose() => HostKernel.Check(HostCalls.Unmap(Address, _byteLength), "munmap");
}
