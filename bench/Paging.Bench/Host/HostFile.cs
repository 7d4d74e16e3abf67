using Paging.Bench.Worlds;
using Paging.Native;

namespace Paging.Bench.Host;

/// <summary>A file in the host's page cache, all of it filled and mapped to read: what the kernel's file operations work on.</summary>
internal sealed unsafe class HostFile : IDisposable
{
    private readonly nuint _byteLength;

    /// <summary>Makes it and fills it with <see cref="EngineWorld.FilledByte"/>.</summary>
    public HostFile(uint byteLength)
    {
        _byteLength = byteLength;
        fixed (byte* name = "paging-bench\0"u8) Descriptor = HostCalls.CreateMemoryFile(name, HostCalls.MemoryFileCloseOnExec);
        HostKernel.Check(Descriptor >= 0, "memfd_create");
        HostKernel.Check(HostCalls.SetLength(Descriptor, byteLength), "ftruncate");
        byte* page = stackalloc byte[4096];
        new Span<byte>(page, 4096).Fill(EngineWorld.FilledByte);
        for (long offset = 0; offset < byteLength; offset += 4096) HostKernel.Check(HostCalls.WriteAt(Descriptor, page, 4096, offset) == 4096, "pwrite");
        Address = (byte*)HostCalls.Map(null, _byteLength, HostCalls.ProtectRead, HostCalls.MapShared, Descriptor, 0);
        HostKernel.Check((nint)Address != -1, "mmap");
    }

    /// <summary>The open file.</summary>
    public int Descriptor { get; }

    /// <summary>Where it is mapped.</summary>
    public byte* Address { get; }

    /// <summary>Takes the pages out of the mapping; they stay in the cache.</summary>
    public void Forget() => HostKernel.Check(HostCalls.Advise(Address, _byteLength, HostCalls.AdviseDontNeed), "madvise");

    /// <inheritdoc/>
    public void Dispose()
    {
        HostKernel.Check(HostCalls.Unmap(Address, _byteLength), "munmap");
        HostKernel.Check(HostCalls.Close(Descriptor), "close");
    }
}
