using System.Runtime.InteropServices;

namespace Paging.Processors.DirectExecution;

/// <summary>The host's calls that start a process and control it, as a debugger does: ptrace(2), waitpid(2), posix_spawn(3).</summary>
/// <remarks>
/// ptrace(2) serves only the thread that has started the process. Numbers are those of x86-64; addresses are the caller's own.
/// </remarks>
internal static partial class TraceApi
{
    public const nint SetRegister = 6, Continue = 7, GetRegisters = 12, SetRegisters = 13, SetThreadArea = 26, SystemEmulation = 31;
    public const nint SetOptions = 0x4200, GetSignalInfo = 0x4202, GetRegisterSet = 0x4204, SetRegisterSet = 0x4205;
    public const nint KillAtExit = 1 << 20, MarkSystemCalls = 1;    // PTRACE_O_EXITKILL, PTRACE_O_TRACESYSGOOD

    /// <summary>NT_X86_XSTATE: everything that xsave saves.</summary>
    public const nint ExtendedState = 0x202;

    public const int AnyChild = 0x4000_0000;    // __WALL

    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint Trace(nint request, nint process, nint address, nint data);

    [LibraryImport(C, EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint Trace(nint request, nint process, nint address, ref HostRegisters registers);

    [LibraryImport(C, EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint Trace(nint request, nint process, nint address, ref HostSignalInfo info);

    [LibraryImport(C, EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint Trace(nint request, nint process, nint address, ref IoVector area);

    [LibraryImport(C, EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint Trace(nint request, nint process, nint address, ref UserDescriptor segment);

    [LibraryImport(C, EntryPoint = "waitpid", SetLastError = true)]
    public static partial int Wait(int process, out int status, int options);

    [LibraryImport(C, EntryPoint = "kill", SetLastError = true)]
    public static partial int SendSignal(int process, int signal);

    [LibraryImport(C, EntryPoint = "sigaction", SetLastError = true)]
    public static partial int GetAction(int signal, nint none, ref byte action);

    [LibraryImport(C, EntryPoint = "sigaction", SetLastError = true)]
    public static partial int SetAction(int signal, ref byte action, nint none);

    [LibraryImport(C, EntryPoint = "sched_getcpu")]
    public static partial int CurrentProcessor();

    [LibraryImport(C, EntryPoint = "sched_setaffinity", SetLastError = true)]
    public static partial int SetAffinity(int process, nuint byteLength, ref ulong mask);

    [LibraryImport(C, EntryPoint = "sched_getaffinity", SetLastError = true)]
    public static partial int GetAffinity(int process, nuint byteLength, ref ulong mask);

    [LibraryImport(C, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport(C, EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int SetLength(int file, long byteLength);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int file, ref byte bytes, nuint byteLength);

    [LibraryImport(C, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int file, int command, int argument);

    [LibraryImport(C, EntryPoint = "close")]
    public static partial int Close(int file);

    [LibraryImport(C, EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint hint, nuint byteLength, int protection, int flags, int file, nint offset);

    [LibraryImport(C, EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(nint address, nuint byteLength);

    [LibraryImport(C, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(out int process, string path, ref byte actions, ref byte attributes, ref nint arguments,
        ref nint environment);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitializeActions(ref byte actions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(ref byte actions, int from, int to);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(ref byte actions);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_init")]
    public static partial int InitializeAttributes(ref byte attributes);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetAttributeFlags(ref byte attributes, short flags);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(ref byte attributes);
}
