using System.Runtime.InteropServices;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>The parts of the host's process that the first program inherits: limits, and the flags of its standard streams.</summary>
internal static partial class HostLimits
{
    private const int GetFlags = 3;    // F_GETFL
    private const ulong DescriptorsPerFile = 3;    // its O_PATH descriptor, its data, and one to spare

    /// <summary>
    /// Copies the host's limits; of open files a part, so that the guest reaches its own limit before the host's process reaches the
    /// host's.
    /// </summary>
    public static void CopyTo(LimitTable limits)
    {
        Span<ulong> pair = stackalloc ulong[2];
        for (int kind = 0; kind < LimitTable.Count; kind++)
        {
            if (GetLimit(kind, ref MemoryMarshal.GetReference(pair)) == 0) limits[kind] = (pair[0], pair[1]);
        }

        (ulong soft, ulong hard) = limits[LimitTable.OpenFiles];
        hard /= DescriptorsPerFile;
        limits[LimitTable.OpenFiles] = (Math.Min(soft, hard), hard);
    }

    /// <summary>O_* of a standard stream.</summary>
    public static FileFlags FlagsOf(int descriptor) => (FileFlags)Math.Max(Control(descriptor, GetFlags, 0), 0);

    /// <summary>
    /// Returns true if one of the first three descriptors was inherited. If it was closed, .NET may have opened a file there, which has
    /// close-on-exec; inherited descriptors never have it.
    /// </summary>
    public static bool IsInherited(int descriptor)
    {
        const int getDescriptorFlags = 1, closeOnExec = 1;    // F_GETFD, FD_CLOEXEC
        return descriptor > 2 || Control(descriptor, getDescriptorFlags, 0) is var flags and >= 0 && (flags & closeOnExec) == 0;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int kind, ref ulong pair);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, long argument);
}
