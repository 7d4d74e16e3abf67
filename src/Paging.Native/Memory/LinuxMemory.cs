using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Paging.Native.Memory;

/// <summary>The calls of a Linux host that make RAM lazy, its pages huge, and let another process map it.</summary>
/// <remarks>Everything but sharing works without them, slower.</remarks>
[SupportedOSPlatform("linux")]
internal static partial class LinuxMemory
{
    private const int Read = 0x1, ReadWrite = Read | 0x2;    // PROT_READ, PROT_WRITE
    private const int PrivateAnonymousNoReserve = 0x02 | 0x20 | 0x4000;    // MAP_…, asm-generic: x86, arm64, riscv, s390x
    private const int AdviseHugePage = 14;    // MADV_HUGEPAGE
    private const uint CloseOnExec = 1;    // MFD_CLOEXEC

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

    /// <summary>Lays a new file without a name, which exists in memory only, over a part of a mapping.</summary>
    /// <returns>The file; null when the host refuses.</returns>
    // SAFETY: the caller owns the range, and nothing points into it yet.
    public static unsafe SafeFileHandle? MapSharedFile(void* address, nuint byteLength)
    {
        const int Shared = 0x01, Fixed = 0x10;
        int number;
        fixed (byte* name = "paging-ram"u8) number = CreateFile(name, CloseOnExec);
        if (number < 0) return null;
        SafeFileHandle file = new(number, ownsHandle: true);
        if (SetLength(number, (long)byteLength) == 0 && MemoryMap(address, byteLength, ReadWrite, Shared | Fixed, number, 0) == address)
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Maps zeros that can only be read, and that take no room. At null, or over a part of an earlier result.</summary>
    /// <returns>Null when the host refuses.</returns>
    // SAFETY: as Map; the caller owns the range at an address that it gives.
    public static unsafe void* MapZeros(void* address, nuint byteLength)
    {
        const int Fixed = 0x10;
        void* made = MemoryMap(address, byteLength, Read, PrivateAnonymousNoReserve | (address == null ? 0 : Fixed), -1, 0);
        return (nint)made == -1 ? null : made;
    }

    /// <summary>Reserves addresses that no access may reach. At null, or over a part of an earlier result.</summary>
    /// <returns>Null when the host refuses.</returns>
    // SAFETY: as MapZeros.
    public static unsafe void* MapNothing(void* address, nuint byteLength)
    {
        const int Fixed = 0x10, None = 0;    // PROT_NONE
        void* made = MemoryMap(address, byteLength, None, PrivateAnonymousNoReserve | (address == null ? 0 : Fixed), -1, 0);
        return (nint)made == -1 ? null : made;
    }

    /// <summary>Lays a part of a file over a part of a mapping, for reading, with its pages present. False when the host refuses.</summary>
    // SAFETY: the caller owns the range.
    public static unsafe bool TryMapForReading(void* address, nuint byteLength, SafeFileHandle file, long offset) =>
        TryMapShared(address, byteLength, Read, file, offset);

    /// <summary>Same as <see cref="TryMapForReading"/>, for writing, too.</summary>
    // SAFETY: as there.
    public static unsafe bool TryMapForWriting(void* address, nuint byteLength, SafeFileHandle file, long offset) =>
        TryMapShared(address, byteLength, ReadWrite, file, offset);

    /// <summary>Takes the right to write from mappings that follow one another without a gap. False when the host refuses.</summary>
    // SAFETY: the caller owns the range, and nothing writes there that relies on it.
    public static unsafe bool TryProtect(void* address, nuint byteLength) => MemoryProtect(address, byteLength, Read) == 0;

    /// <summary>Requests transparent huge pages; false where they are not built in or switched off.</summary>
    // SAFETY: the caller owns the range; the advice changes no byte.
    public static unsafe bool TryAdviseHugePages(void* address, nuint byteLength) =>
        MemoryAdvise(address, byteLength, AdviseHugePage) == 0;

    /// <summary>Gives a mapping back.</summary>
    // SAFETY: the caller gives back a whole mapping that Map has made, and has dropped every pointer into it.
    public static unsafe bool Unmap(void* address, nuint byteLength) => MemoryUnmap(address, byteLength) == 0;

    private static unsafe bool TryMapShared(void* address, nuint byteLength, int protection, SafeFileHandle file, long offset)
    {
        const int SharedFixedPopulate = 0x01 | 0x10 | 0x8000;    // MAP_POPULATE: asm-generic, as above
        return MemoryMap(address, byteLength, protection, SharedFixedPopulate, (int)file.DangerousGetHandle(), (nint)offset) == address;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial void* MemoryMap(void* hint, nuint byteLength, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int MemoryUnmap(void* address, nuint byteLength);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int MemoryProtect(void* address, nuint byteLength, int protection);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int MemoryAdvise(void* address, nuint byteLength, int advice);

    [LibraryImport("libc", EntryPoint = "memfd_create")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int CreateFile(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLength(int file, long byteLength);
}
