using System.Runtime.InteropServices;

namespace Paging.Bench.Host;

/// <summary>
/// The system calls of the Linux host that contenders make. Ask <see cref="HostKernel.IsAvailable"/> before the first one.
/// </summary>
/// <remarks>
/// Unsafe: the kernel checks addresses itself (EFAULT), but unmaps or overwrites any valid range. Callers pass memory that they own.
/// </remarks>
internal static partial class HostCalls
{
    public const int ProtectRead = 1, ProtectReadWrite = 3;
    public const int MapShared = 1, MapPrivate = 2, MapFixed = 0x10, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    public const int AdviseRandom = 1, AdviseDontNeed = 4, AdviseHugePage = 14, AdviseNoHugePage = 15;
    public const int RemapMayMove = 1, RemapFixed = 2;
    public const int UsageOfThread = 1;
    public const uint MemoryFileCloseOnExec = 1;

    /// <summary>mmap(2).</summary>
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial void* Map(void* hint, nuint byteLength, int protection, int flags, int file, nint offset);

    /// <summary>munmap(2).</summary>
    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int Unmap(void* address, nuint byteLength);

    /// <summary>mprotect(2).</summary>
    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int Protect(void* address, nuint byteLength, int protection);

    /// <summary>madvise(2).</summary>
    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int Advise(void* address, nuint byteLength, int advice);

    /// <summary>memfd_create(2): a file in the host's page cache without a name.</summary>
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int CreateMemoryFile(byte* name, uint flags);

    /// <summary>ftruncate(2).</summary>
    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetLength(int file, long byteLength);

    /// <summary>pread(2).</summary>
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial nint ReadAt(int file, void* destination, nuint byteLength, long offset);

    /// <summary>pwrite(2).</summary>
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial nint WriteAt(int file, void* source, nuint byteLength, long offset);

    /// <summary>close(2).</summary>
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Close(int file);

    /// <summary>getrusage(2).</summary>
    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int ResourceUsage(int who, long* usage);

    /// <summary>process_vm_readv(2) with one range on each side.</summary>
    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial nint ReadMemoryOf(int process, HostRange* local, nuint localCount, HostRange* remote, nuint remoteCount,
        nuint flags);

    /// <summary>process_vm_writev(2) with one range on each side.</summary>
    [LibraryImport("libc", EntryPoint = "process_vm_writev", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial nint WriteMemoryOf(int process, HostRange* local, nuint localCount, HostRange* remote, nuint remoteCount,
        nuint flags);
}

/// <summary>struct iovec.</summary>
internal struct HostRange(nint address, nuint byteLength)
{
    public nint Address = address;
    public nuint ByteLength = byteLength;
}
