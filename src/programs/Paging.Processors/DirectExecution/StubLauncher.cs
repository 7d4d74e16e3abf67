using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Paging.Processors.DirectExecution;

/// <summary>Starts the processes that programs run in. One for each machine; it holds their code and the descriptor of RAM.</summary>
internal sealed class StubLauncher : IDisposable
{
    private const int DuplicateAbove = 1030;        // F_DUPFD_CLOEXEC
    private const int FirstFile = 16;               // above those that a stub gets
    private const int MemoryOfSpawnRecord = 512;    // posix_spawnattr_t has 336 bytes in glibc, the actions 80
    private const short NewSessionWithoutMask = 0x80 | 0x08;    // POSIX_SPAWN_SETSID, POSIX_SPAWN_SETSIGMASK: nothing blocked
    private const uint CloseOnExec = 1, Executable = 0x10;      // MFD_…
    private readonly int _ram, _code;

    /// <summary>Makes the file of the stubs' code.</summary>
    /// <param name="ram">The file that is RAM.</param>
    /// <exception cref="InvalidOperationException">The host refuses such a file, or its execution.</exception>
    public StubLauncher(SafeFileHandle ram)
    {
        int code = TraceApi.CreateMemoryFile("paging-stub", CloseOnExec | Executable);
        if (code < 0) code = TraceApi.CreateMemoryFile("paging-stub", CloseOnExec);    // before Linux 6.3
        byte[] program = StubProgram.Build();
        if (code < 0 || TraceApi.Write(code, ref program[0], (nuint)program.Length) != program.Length)
            throw Refused("file for the code");

        _code = TraceApi.Control(code, DuplicateAbove, FirstFile);
        _ = TraceApi.Close(code);
        _ram = TraceApi.Control((int)ram.DangerousGetHandle(), DuplicateAbove, FirstFile);
        if (_code < 0 || _ram < 0) throw Refused("descriptor");
    }

    /// <summary>Starts a process that stops at once, under the control of this thread.</summary>
    /// <param name="orders">The file of the process's orders.</param>
    /// <returns>The number of the process.</returns>
    /// <exception cref="InvalidOperationException">The host has refused, or cannot execute 32-bit programs.</exception>
    public int Start(int orders)
    {
        int above = TraceApi.Control(orders, DuplicateAbove, FirstFile);
        if (above < 0) throw Refused("descriptor");
        Span<byte> actions = stackalloc byte[MemoryOfSpawnRecord], attributes = stackalloc byte[MemoryOfSpawnRecord];
        nint name = Marshal.StringToCoTaskMemUTF8("paging-guest");
        Span<nint> arguments = [name, 0], environment = [0];
        _ = TraceApi.InitializeActions(ref actions[0]);
        _ = TraceApi.InitializeAttributes(ref attributes[0]);
        _ = TraceApi.SetAttributeFlags(ref attributes[0], NewSessionWithoutMask);
        _ = TraceApi.AddDuplicate(ref actions[0], _ram, StubProgram.RamFile);
        _ = TraceApi.AddDuplicate(ref actions[0], above, StubProgram.OrdersFile);
        _ = TraceApi.AddDuplicate(ref actions[0], _code, StubProgram.CodeFile);
        int error = TraceApi.Spawn(out int process, $"/proc/self/fd/{_code}", ref actions[0], ref attributes[0], ref arguments[0],
            ref environment[0]);
        _ = TraceApi.DestroyActions(ref actions[0]);
        _ = TraceApi.DestroyAttributes(ref attributes[0]);
        _ = TraceApi.Close(above);
        Marshal.FreeCoTaskMem(name);
        if (error != 0) throw new InvalidOperationException($"The host starts no 32-bit process: {new Win32Exception(error).Message}.");
        return process;
    }

    /// <summary>Closes both files; processes that run keep theirs.</summary>
    public void Dispose()
    {
        _ = TraceApi.Close(_code);
        _ = TraceApi.Close(_ram);
    }

    private static InvalidOperationException Refused(string what) =>
        new($"The host gives no {what} for a process that executes programs: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
}
