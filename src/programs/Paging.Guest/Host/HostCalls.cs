using System.Globalization;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>
/// The host's calls on open descriptors, through the C library; for names see <see cref="HostNames"/>.
/// </summary>
/// <remarks>Linux on 64 bits, whose flags and errors have the same numbers as on i386.</remarks>
internal static partial class HostCalls
{
    private const int ThreadClock = 3;    // CLOCK_THREAD_CPUTIME_ID
    private const int EmptyPath = 0x1000;    // AT_EMPTY_PATH: the descriptor's own file

    private const string C = "libc";

    public static Errno Close(int descriptor) => Error(NativeClose(descriptor));

    /// <summary>Opens the file of a descriptor anew, at its start. The flags have the same values on i386 and x86-64.</summary>
    public static CallResult OpenAgain(int descriptor, FileFlags flags) => ResultOf(NativeOpen(
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"), (int)(flags | FileFlags.CloseOnExec)));

    public static CallResult Read(int descriptor, Span<byte> destination) =>
        ResultOf(NativeRead(descriptor, ref MemoryMarshal.GetReference(destination), (nuint)destination.Length));

    public static CallResult Write(int descriptor, ReadOnlySpan<byte> source) =>
        ResultOf(NativeWrite(descriptor, ref MemoryMarshal.GetReference(source), (nuint)source.Length));

    public static CallResult ReadAt(int descriptor, Span<byte> destination, long offset) =>
        ResultOf(NativePread(descriptor, ref MemoryMarshal.GetReference(destination), (nuint)destination.Length, offset));

    public static CallResult WriteAt(int descriptor, ReadOnlySpan<byte> source, long offset) =>
        ResultOf(NativePwrite(descriptor, ref MemoryMarshal.GetReference(source), (nuint)source.Length, offset));

    public static CallResult Seek(int descriptor, long offset, int whence) => ResultOf(NativeLseek(descriptor, offset, whence));

    public static Errno SetLength(int descriptor, long byteLength) => Error(NativeFtruncate(descriptor, byteLength));

    public static Errno Allocate(int descriptor, int mode, long offset, long byteLength) =>
        Error(NativeFallocate(descriptor, mode, offset, byteLength));

    public static Errno Synchronize(int descriptor) => Error(NativeFsync(descriptor));

    public static Errno Status(int descriptor, out FileStatus status)
    {
        Span<byte> bytes = stackalloc byte[FileStatus.StatxByteLength];
        Errno error = Error(NativeStatx(descriptor, "", EmptyPath, FileStatus.BasicFields, ref MemoryMarshal.GetReference(bytes)));
        status = error == Errno.None ? FileStatus.FromStatx(bytes) : default;
        return error;
    }

    /// <summary>poll(2) of one descriptor. Returns its events, 0 after the timeout, or an error.</summary>
    public static CallResult Poll(int descriptor, short events, int milliseconds)
    {
        ulong record = (uint)descriptor | ((ulong)(ushort)events << 32);    // struct pollfd
        CallResult count = ResultOf(NativePoll(ref record, 1, milliseconds));
        return count.Value == 0 ? count : (int)(ushort)(record >> 48);
    }

    public static CallResult Ioctl(int descriptor, ulong request, Span<byte> argument) =>
        ResultOf(NativeIoctl(descriptor, request, ref MemoryMarshal.GetReference(argument)));

    /// <summary>The host's clock, in nanoseconds since 1970.</summary>
    public static long RealTime() => ClockOf(0);

    /// <summary>The processor time of the calling thread, in nanoseconds.</summary>
    public static long ThreadTime() => ClockOf(ThreadClock);

    public static uint UserId => NativeGetuid();
    public static uint EffectiveUserId => NativeGeteuid();
    public static uint GroupId => NativeGetgid();
    public static uint EffectiveGroupId => NativeGetegid();

    /// <summary>Sets umask 0 until disposed: programs have their own masks, and the host's must not apply to their files.</summary>
    public readonly ref struct MaskLifted()
    {
        private readonly uint _mask = NativeUmask(0);

        public void Dispose() => _ = NativeUmask(_mask);
    }

    private static CallResult ResultOf(long result) => result < 0 ? (Errno)Marshal.GetLastPInvokeError() : result;

    private static Errno Error(int result) => result < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;

    [LibraryImport(C, EntryPoint = "close", SetLastError = true)]
    private static partial int NativeClose(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeOpen(string path, int flags);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    private static partial nint NativeRead(int descriptor, ref byte destination, nuint byteLength);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    private static partial nint NativeWrite(int descriptor, ref byte source, nuint byteLength);

    [LibraryImport(C, EntryPoint = "pread", SetLastError = true)]
    private static partial nint NativePread(int descriptor, ref byte destination, nuint byteLength, long offset);

    [LibraryImport(C, EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint NativePwrite(int descriptor, ref byte source, nuint byteLength, long offset);

    [LibraryImport(C, EntryPoint = "lseek", SetLastError = true)]
    private static partial long NativeLseek(int descriptor, long offset, int whence);

    [LibraryImport(C, EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int NativeFtruncate(int descriptor, long byteLength);

    [LibraryImport(C, EntryPoint = "fallocate", SetLastError = true)]
    private static partial int NativeFallocate(int descriptor, int mode, long offset, long byteLength);

    [LibraryImport(C, EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeFsync(int descriptor);

    [LibraryImport(C, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeStatx(int directory, string path, int flags, uint mask, ref byte record);

    [LibraryImport(C, EntryPoint = "poll", SetLastError = true)]
    private static partial int NativePoll(ref ulong record, nuint count, int milliseconds);

    private static long ClockOf(int clock)
    {
        Span<long> words = stackalloc long[2];
        _ = NativeClockGettime(clock, ref MemoryMarshal.GetReference(words));
        return (words[0] * TimeWords.Second) + words[1];
    }

    [LibraryImport(C, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int NativeIoctl(int descriptor, ulong request, ref byte argument);

    [LibraryImport(C, EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int NativeClockGettime(int clock, ref long words);

    [LibraryImport(C, EntryPoint = "getuid")]
    private static partial uint NativeGetuid();

    [LibraryImport(C, EntryPoint = "geteuid")]
    private static partial uint NativeGeteuid();

    [LibraryImport(C, EntryPoint = "getgid")]
    private static partial uint NativeGetgid();

    [LibraryImport(C, EntryPoint = "getegid")]
    private static partial uint NativeGetegid();

    [LibraryImport(C, EntryPoint = "umask")]
    private static partial uint NativeUmask(uint mask);
}
