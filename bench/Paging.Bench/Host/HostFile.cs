using Microsoft.Win32.SafeHandles;
using Paging.Bench.Worlds;

namespace Paging.Bench.Host;

/// <summary>A file in the host's page cache, all of it filled, for the kernel's file operations.</summary>
/// <remarks><code>
///   memory file   memfd: pages of shared memory without a file system after them; mapped to read
///   real file     on the disk on which the bench lies, written back before anything is timed, so that reads hit clean cached pages
/// </code></remarks>
internal sealed class HostFile : IDisposable
{
    private readonly nuint _byteLength;
    private readonly SafeFileHandle? _handle;    // of a real file, which goes when it is closed

    private HostFile(int descriptor, SafeFileHandle? handle, uint byteLength)
    {
        (Descriptor, _handle, _byteLength) = (descriptor, handle, byteLength);
        Fill();
        Address = handle is null ? Map() : 0;
    }

    /// <summary>The open file.</summary>
    public int Descriptor { get; }

    /// <summary>Where a memory file is mapped.</summary>
    public nint Address { get; }

    /// <summary>Makes a memory file and fills it with <see cref="EngineWorld.FilledByte"/>.</summary>
    public static unsafe HostFile InMemory(uint byteLength)
    {
        int descriptor;
        // Ends in zero
        fixed (byte* name = "paging-bench\0"u8) descriptor = HostCalls.CreateMemoryFile(name, HostCalls.MemoryFileCloseOnExec);
        HostKernel.Check(descriptor >= 0, "memfd_create");
        HostKernel.Check(HostCalls.SetLength(descriptor, byteLength), "ftruncate");
        return new(descriptor, handle: null, byteLength);
    }

    /// <summary>Makes a file on disk and fills it with <see cref="EngineWorld.FilledByte"/>.</summary>
    public static HostFile OnDisk(uint byteLength)
    {
        string path = Path.Combine(AppContext.BaseDirectory, $"paging-bench-{Environment.ProcessId}-{Guid.NewGuid():N}");
        SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.DeleteOnClose);
        HostFile file = new((int)handle.DangerousGetHandle(), handle, byteLength);    // the handle lives as long as the file
        RandomAccess.FlushToDisk(handle);
        return file;
    }

    /// <summary>Takes the pages out of the mapping. They stay in the cache.</summary>
    public unsafe void Discard() =>    // the mapping has this length
        HostKernel.Check(HostCalls.Advise((void*)Address, _byteLength, HostCalls.AdviseDontNeed), "madvise");

    /// <inheritdoc/>
    public unsafe void Dispose()    // the mapping has this length, and is used no more
    {
        if (Address != 0) HostKernel.Check(HostCalls.Unmap((void*)Address, _byteLength), "munmap");
        if (_handle is null) HostKernel.Check(HostCalls.Close(Descriptor), "close");
        else _handle.Dispose();
    }

    private unsafe void Fill()    // the kernel reads one page, which is on the stack
    {
        byte* page = stackalloc byte[4096];
        new Span<byte>(page, 4096).Fill(EngineWorld.FilledByte);
        for (long offset = 0; offset < (long)_byteLength; offset += 4096)
            HostKernel.Check(HostCalls.WriteAt(Descriptor, page, 4096, offset) == 4096, "pwrite");
    }

    private unsafe nint Map()
    {
        nint address = (nint)HostCalls.Map(null, _byteLength, HostCalls.ProtectRead, HostCalls.MapShared, Descriptor, 0);
        HostKernel.Check(address != -1, "mmap");
        return address;
    }
}
