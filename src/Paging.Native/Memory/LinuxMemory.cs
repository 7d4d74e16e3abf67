using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Paging.Native;

/// <summary>The three calls of a Linux host that make RAM lazy and its pages huge. Everything works without them, slower.</summary>
[SupportedOSPlatform("linux")]
internal static partial class LinuxMemory
{
    private const int ReadWrite = 0x1 | 0x2;    // PROT_READ, PROT_WRITE
    private const int PrivateAnonymousNoReserve = 0x02 | 0x20 | 0x4000;    // MAP_…, asm-generic: x86, arm64, riscv, s390x
    private const int AdviseHugePage = 14;    // MADV_HUGEPAGE

    /// <summary>Maps zeroed memory that is committed page by page when touched; null when the host refuses or lacks the call.</summary>
    // SAFETY: an anonymous mapping at an address the kernel chooses touches no other memory.
    public static unsafe void* Map(nuint byteLength)
    {
        try
        {
            void* address = MemoryMap(null, byteLength, ReadWrite, PrivateAnonymousNoReserve, -1, 0);
            return (nint)address == -1 ? null : address;    // MAP_FAILED
        }
        catch (Exception failure) when (failure is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Asks for transparent huge pages; false where they are not built in or switched off.</summary>
    // SAFETY: the caller owns the range; the advice changes no byte.
    public static unsafe bool TryAdviseHugePages(void* address, nuint byteLength) =>
        MemoryAdvise(address, byteLength, AdviseHugePage) == 0;

    /// <summary>Gives a mapping back.</summary>
    // SAFETY: the caller gives back a whole mapping that Map has made, and has dropped every pointer into it.
    public static unsafe bool Unmap(void* address, nuint byteLength) => MemoryUnmap(address, byteLength) == 0;

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial void* MemoryMap(void* hint, nuint byteLength, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int MemoryUnmap(void* address, nuint byteLength);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int MemoryAdvise(void* address, nuint byteLength, int advice);
}
