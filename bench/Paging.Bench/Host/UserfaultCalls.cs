using System.Runtime.InteropServices;

namespace Paging.Bench.Host;

/// <summary>The host's userfaultfd(2). Ask <see cref="HostKernel.CanFork"/> first: the numbers are x86-64's.</summary>
/// <remarks>Linux: include/uapi/linux/userfaultfd.h.</remarks>
internal static partial class UserfaultCalls
{
    /// <summary>UFFDIO_REGISTER and UFFDIO_COPY.</summary>
    public const nuint Register = 0xC020AA00, Copy = 0xC028AA03;

    /// <summary>UFFDIO_REGISTER_MODE_MISSING.</summary>
    public const ulong RegisterMissing = 1;

    private const int UserFaultFd = 323, UserModeOnly = 1, CloseOnExec = 0x80000;
    private const ulong ApiVersion = 0xAA;
    private const nuint Api = 0xC018AA3F;

    /// <summary>Opens one with some features. Returns −1 where the host has not got them.</summary>
    // Unsafe: the kernel reads and writes the three words of struct uffdio_api.
    public static unsafe int Open(ulong features)
    {
        int file = (int)Call(UserFaultFd, CloseOnExec | UserModeOnly);
        if (file < 0) return -1;
        ulong* api = stackalloc ulong[3] { ApiVersion, features, 0 };
        if (Control(file, Api, api) == 0) return file;
        _ = HostCalls.Close(file);
        return -1;
    }

    /// <summary>ioctl(2).</summary>
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int Control(int file, nuint request, void* arguments);

    /// <summary>read(2).</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial nint Read(int file, void* destination, nuint byteLength);

    /// <summary>memcpy(3): touches memory outside managed code.</summary>
    [LibraryImport("libc", EntryPoint = "memcpy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial void* CopyBytes(void* destination, void* source, nuint byteLength);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Call(long number, long argument);
}
