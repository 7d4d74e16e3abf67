using System.Runtime.InteropServices;

namespace Paging.Cli;

/// <summary>The limits of the process (ulimit) that matter to the command.</summary>
internal static partial class ProcessLimits
{
    private const int FileSizeKind = 1, OpenFilesKind = 7, FileSizeSignal = 25;    // RLIMIT_FSIZE, RLIMIT_NOFILE, SIGXFSZ
    private const int ErrorStream = 2;
    private const nint Ignored = 1;                                                // SIG_IGN

    // .NET holds some 60 descriptors when its assemblies are loaded; a run needs as many again for its root, its streams and its stubs.
    private const ulong OpenFileCountMin = 128;    // the error message below names it

    /// <summary>The longest file that may be written, in bytes; <see cref="ulong.MaxValue"/> if unlimited.</summary>
    public static ulong FileByteLengthMax => Read(FileSizeKind).Soft;

    /// <summary>
    /// Returns false, with a line on standard error, if too few files may be open to load all assemblies. So this
    /// method uses only the core library.
    /// </summary>
    public static bool AllowStart()
    {
        if (!OperatingSystem.IsLinux() || Read(OpenFilesKind).Hard >= OpenFileCountMin) return true;
        ReadOnlySpan<byte> line = "paging: too few files may be open (ulimit -n): at least 128 are needed\n"u8;
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
