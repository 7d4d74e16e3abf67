using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Paging.Core;

namespace Paging.HostKernel.Interop;

/// <summary>The C library's calls, as the 64-bit host process makes them. Constants are those of x86-64 Linux.</summary>
internal static partial class LibC
{
    internal const int CloseOnExec = 0x8_0000;    // O_CLOEXEC, SOCK_CLOEXEC
    internal const int OpenDirectory = 0x1_0000;
    internal const int WaitNoHang = 1, WaitAll = 0x4000_0000;
    internal const int SignalKill = 9;
    private const int SequencedPacket = 5;
    private const int UnixDomain = 1;
    private const int DuplicateCloseOnExec = 1030;
    private const int FirstFreeDescriptor = 3;
    private const string Library = "libc";

    /// <summary>The errno of the last failed call.</summary>
    internal static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>An unnamed tmpfs file of this size.</summary>
    internal static SafeFileHandle CreateMemoryFile(string name, long byteLength)
    {
        SafeFileHandle file = Keep(MemfdCreate(name, 1), "memfd_create");
        if (Truncate(file, byteLength) == 0) return file;
        file.Dispose();
        throw Failed("ftruncate");
    }

    /// <summary>Two ends of a connection that keeps messages apart and notifies one end when the other is gone.</summary>
    // SAFETY: socketpair writes two words, the local buffer.
    internal static unsafe (SafeFileHandle Host, SafeFileHandle Puppet) CreateSocketPair()
    {
        int* ends = stackalloc int[2];
        if (SocketPair(UnixDomain, SequencedPacket | CloseOnExec, 0, ends) != 0) throw Failed("socketpair");
        return (Keep(ends[0], "socketpair"), Keep(ends[1], "socketpair"));
    }

    /// <summary>An exception that names the call and its error.</summary>
    internal static PlatformNotSupportedException Failed(string call) => new($"{call} failed on the host: {LastError}");

    // Descriptors 0 to 2 are targets of the puppet's start; ours must not be among them when the host runs without a terminal.
    private static SafeFileHandle Keep(int descriptor, string call)
    {
        if (descriptor < 0) throw Failed(call);
        if (descriptor >= FirstFreeDescriptor) return new SafeFileHandle(descriptor, ownsHandle: true);
        int moved = Control(descriptor, DuplicateCloseOnExec, FirstFreeDescriptor);
        using SafeFileHandle low = new(descriptor, ownsHandle: true);
        return moved >= 0 ? new SafeFileHandle(moved, ownsHandle: true) : throw Failed("fcntl");
    }

    // SAFETY: of all functions below with pointers: the caller passes the length of the buffer, which it keeps until the call returns.
    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);

    /// <summary>memfd_create(2) with a scenario's flags; null and the errno if it is refused.</summary>
    internal static SafeFileHandle? MakeMemoryFile(string name, uint flags)
    {
        int descriptor = MemfdCreate(name, flags | 1);    // MFD_CLOEXEC: of the host's own descriptor
        return descriptor < 0 ? null : Keep(descriptor, "memfd_create");
    }

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    private static unsafe partial int SocketPair(int domain, int type, int protocol, int* ends);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(SafeFileHandle file, long byteLength);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(int descriptor, long byteLength);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Synchronize(int descriptor);

    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(int descriptor, long offset, int origin);

    [LibraryImport(Library, EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(int descriptor, int mode, long offset, long byteLength);

    [LibraryImport(Library, EntryPoint = "pread", SetLastError = true)]
    internal static unsafe partial nint ReadAt(int descriptor, byte* buffer, nuint byteLength, long offset);

    [LibraryImport(Library, EntryPoint = "pwrite", SetLastError = true)]
    internal static unsafe partial nint WriteAt(int descriptor, byte* buffer, nuint byteLength, long offset);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static unsafe partial int Request(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    internal static unsafe partial nint Send(SafeFileHandle socket, void* message, int flags);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    internal static unsafe partial byte* Map(void* address, nuint byteLength, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    internal static unsafe partial int Unmap(void* address, nuint byteLength);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static unsafe partial long Futex(long number, void* word, long operation, long value, void* timeout);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int process, int signal);

    [LibraryImport(Library, EntryPoint = "waitpid", SetLastError = true)]
    internal static unsafe partial int Wait(int process, int* status, int options);

    [LibraryImport(Library, EntryPoint = "sched_getaffinity", SetLastError = true)]
    internal static unsafe partial int GetProcessors(int process, nuint byteLength, void* mask);

    [LibraryImport(Library, EntryPoint = "sched_setaffinity", SetLastError = true)]
    internal static unsafe partial int SetProcessors(int process, nuint byteLength, void* mask);

    [LibraryImport(Library, EntryPoint = "sched_getcpu", SetLastError = true)]
    internal static partial int CurrentProcessor();

    [LibraryImport(Library, EntryPoint = "madvise", SetLastError = true)]
    internal static unsafe partial int Advise(void* address, nuint byteLength, int advice);

    [LibraryImport(Library, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int Spawn(
        out int process, string path, void* fileActions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    internal static unsafe partial int InitializeActions(void* fileActions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static unsafe partial int AddDuplicate(void* fileActions, int from, int to);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static unsafe partial int DestroyActions(void* fileActions);
}
