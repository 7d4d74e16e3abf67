using System.Runtime.InteropServices;

namespace Paging.Cli;

/// <summary>The limits of the process (ulimit) that matter to the command.</summary>
internal static partial class ProcessLimits
{
    private const int FileSizeKind = 1, OpenFilesKind = 7, AddressSpaceKind = 9;    // RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_AS
    private const int FileSizeSignal = 25;                                         // SIGXFSZ
    private const int ErrorStream = 2;
    private const nint Ignored = 1;                                                // SIG_IGN

    // .NET holds some 60 descriptors when its assemblies are loaded; a run needs as many again for its root, its streams and its stubs.
    private const ulong OpenFileCountMin = 128;    // the error message below names it

    // .NET reserves half of the limit for its heap. With less than 2 GiB it often ends by a signal, as it can start no thread.
    private const ulong AddressSpaceByteLengthMin = 2ul << 30;    // the error message below names it

    /// <summary>The longest file that may be written, in bytes; <see cref="ulong.MaxValue"/> if unlimited.</summary>
    public static ulong FileByteLengthMax => Read(FileSizeKind).Soft;

    /// <summary>The bytes of addresses that the process may map; <see cref="ulong.MaxValue"/> if unlimited.</summary>
    public static ulong AddressSpaceByteLength => OperatingSystem.IsLinux() ? Read(AddressSpaceKind).Soft : ulong.MaxValue;

    /// <summary>
    /// Returns false, with a line on standard error, if too few files may be open to load all assemblies, or too little may be mapped to
    /// run .NET. So this method uses only the core library.
    /// </summary>
    public static bool AllowStart()
    {
        if (!OperatingSystem.IsLinux()) return true;
        if (Read(OpenFilesKind).Hard < OpenFileCountMin)
            return Refuse("paging: too few files may be open (ulimit -n): at least 128 are needed\n"u8);
        return AddressSpaceByteLength >= AddressSpaceByteLengthMin
            || Refuse("paging: too little memory may be mapped (ulimit -v): at least 2 GiB are needed\n"u8);
    }

    private static bool Refuse(ReadOnlySpan<byte> line)
    {
        _ = Write(ErrorStream, in line[0], (nuint)line.Length);
        return false;
    }

    /// <summary>Makes writes beyond <see cref="FileByteLengthMax"/> fail with an error instead of ending the process.</summary>
    public static void RefuseLongFiles() => _ = SetHandler(FileSizeSignal, Ignored);

    private static (ulong Soft, ulong Hard) Read(int kind)
    {
        Span<ulong> pair = stackalloc ulong[2];
        return GetLimit(kind, ref pair[0]) == 0 ? (pair[0], pair[1]) : (ulong.MaxValue, ulong.MaxValue);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int kind, ref ulong pair);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int file, in byte bytes, nuint byteLength);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
