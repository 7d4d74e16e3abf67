using System.Runtime.InteropServices;
using Paging.Bench.Harness;

namespace Paging.Bench.Host;

/// <summary>A region of the host's own memory, aligned to 2 MiB, for raw pointers and for the kernel's contenders.</summary>
/// <remarks>With huge pages it covers whole ones, as the engine's RAM does; without, it measures the kernel's 4 KiB faults.</remarks>
internal sealed class HostRegion : IDisposable
{
    private const nuint Alignment = 2 << 20;

    private readonly unsafe void* _raw;
    private readonly nuint _rawLength;
    private readonly bool _hasHugePages;

    /// <summary>Reserves zeroed memory that is committed as it is touched.</summary>
    // Unsafe: the constructor has reserved the raw length, which covers the aligned region.
    public unsafe HostRegion(nuint byteLength, bool hugePages)
    {
        ByteLength = byteLength;
        _rawLength = ((byteLength + Alignment - 1) & ~(Alignment - 1)) + Alignment;
        _hasHugePages = hugePages;
        if (HostKernel.IsAvailable)
        {
            const int flags = HostCalls.MapPrivate | HostCalls.MapAnonymous | HostCalls.MapNoReserve;
            _raw = HostCalls.Map(null, _rawLength, HostCalls.ProtectReadWrite, flags, -1, 0);
            HostKernel.Check((nint)_raw != -1, "mmap");
        }
        else
        {
            _raw = NativeMemory.AllocZeroed(_rawLength);
        }

        Address = (byte*)(((nuint)_raw + Alignment - 1) & ~(Alignment - 1));
        if (!HostKernel.IsAvailable) return;
        _ = HostCalls.Advise(Address, AdvisedLength, hugePages ? HostCalls.AdviseHugePage : HostCalls.AdviseNoHugePage);
    }

    /// <summary>The first byte.</summary>
    public unsafe byte* Address { get; }

    /// <summary>How many bytes may be used.</summary>
    public nuint ByteLength { get; }

    /// <summary>Whole huge pages, as a part of one would split it; the raw length has room for them.</summary>
    private nuint AdvisedLength => _hasHugePages ? (ByteLength + Alignment - 1) & ~(Alignment - 1) : ByteLength;

    /// <summary>Sets every byte, which commits all of it.</summary>
    // Unsafe: the constructor has reserved the raw length, which covers the aligned region.
    public unsafe void Fill(byte value) => NativeMemory.Fill(Address, ByteLength, value);

    /// <summary>Gives the pages back and keeps the addresses: each is a fault again.</summary>
    // Unsafe: the constructor has reserved the raw length, which covers the aligned region.
    public unsafe void Discard()
    {
        HostKernel.Check(HostCalls.Advise(Address, AdvisedLength, HostCalls.AdviseDontNeed), "madvise");
    }

    /// <summary>Writes one byte into each of the first pages.</summary>
    // Unsafe: the constructor has reserved the raw length, which covers the aligned region.
    public unsafe void Touch(int pageCount)
    {
        if ((nuint)pageCount << 12 > ByteLength) throw new BrokenBenchmarkException("A region is touched beyond its end.");
        byte* page = Address;
        for (int i = 0; i < pageCount; i++, page += 4096) *page = 1;
    }

    /// <inheritdoc/>
    // Unsafe: the constructor has reserved the raw length, which covers the aligned region.
    public unsafe void Dispose()
    {
        if (HostKernel.IsAvailable) HostKernel.Check(HostCalls.Unmap(_raw, _rawLength), "munmap");
        else NativeMemory.Free(_raw);
    }
}
