using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Processes;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest;

//   first process ──► call that uses its input ──► held before it ──► fork ──► copy makes the call ──► … ──► ends, with all it has started
//                                                        ▲                                                    │
//                                                        └────────────────────────────────────────────────────┘
/// <summary>
/// A fuzzer's fork server: a process held before its first use of the input, and one copy of it per input.
/// </summary>
/// <remarks>Everything before, such as loading libraries, is done once. A copy is a fork(2) of the guest.</remarks>
internal sealed class ProcessCopies(TaskTable tasks, ProcessTree processes, CallTable calls)
{
    private const int ForkNumber = 2;
    private const uint InterruptByteLength = 2;    // int 0x80, by which every call enters
    private const uint MapNumber = 192;            // mmap2: its descriptor is in edi

    /// <summary>
    /// Calls that use the descriptor in ebx: read, lseek, dup, fcntl, dup2, fstat, _llseek, readv, pread64, fstat64, fcntl64, fstatat64,
    /// dup3, preadv, statx.
    /// </summary>
    private static ReadOnlySpan<uint> OfDescriptor => [3, 19, 41, 55, 63, 108, 140, 145, 180, 197, 221, 300, 330, 333, 383];

    private byte[] _path = [];    // with its zero; empty for standard input
    private bool _isArmed, _hasJustHeld;
    private GuestTask? _held;
    private GuestProcess? _copy;
    private int _firstId;

    /// <summary>The held process, or null. No thread of it runs, even if a signal arrives.</summary>
    public GuestProcess? Held => _held?.Process;

    /// <summary>Holds the next process that uses the input.</summary>
    /// <param name="path">The file as the program's argument names it; null for standard input.</param>
    public void Arm(string? path)
    {
        _path = path is null ? [] : [.. ByteText.ToBytes(path), 0];
        _isArmed = true;
    }

    /// <summary>Called before a call is made. Returns true if the process is held there.</summary>
    public bool Holds(GuestTask task)
    {
        if (!_isArmed || !UsesInput(task)) return false;
        (_isArmed, _hasJustHeld, _held) = (false, true, task);
        task.Registers.Eip -= InterruptByteLength;    // so that the copy makes the call itself
        return true;
    }

    /// <summary>Ends the run when a process is held, and when a copy has ended.</summary>
    public GuestOutcome? TakeEnd()
    {
        if (_hasJustHeld)
        {
            _hasJustHeld = false;
            return new(GuestEnd.Stopped, 0);
        }

        if (_copy is not { IsZombie: true, WaitStatus: var status }) return null;
        return (status & 0x7F) == 0 ? new(GuestEnd.Exited, (status >> 8) & 0xFF) : new(GuestEnd.Killed, status & 0x7F);
    }

    /// <summary>Forks the held process. Process numbers are the same each time.</summary>
    /// <returns>The errors of fork(2); ESRCH if no process is held.</returns>
    public Errno Begin()
    {
        if (_held is not { } held) return Errno.ESRCH;
        _firstId = tasks.NextId;
        CallResult result = calls[ForkNumber]!.Handler(held, default);
        if (result.IsError) return result.Error;
        GuestTask copy = tasks.FindTask(result.Count)!;
        copy.Registers.Eax = held.Registers.Eax;    // it makes the call itself
        _copy = copy.Process;
        return Errno.None;
    }

    /// <summary>Ends the copy and the processes that it has started.</summary>
    public void End()
    {
        const int killed = (int)SignalNumber.Kill;
        foreach (GuestTask task in tasks.Tasks.Where(IsOfCopy).ToArray()) processes.EndGroup(task, killed);
        foreach (GuestProcess process in tasks.All.Where(IsOfCopy).ToArray()) processes.Reap(process, wasAwaited: false);
        tasks.NextId = _firstId;    // so that each copy gets the same number
        _copy = null;
    }

    private bool IsOfCopy(GuestTask task) => task.Process.Id >= _firstId;

    private bool IsOfCopy(GuestProcess process) => process.Id >= _firstId;

    private bool UsesInput(GuestTask task)
    {
        ref readonly GuestRegisters registers = ref task.Registers;
        if (_path.Length > 0) return IsPath(task, registers.Ebx) || IsPath(task, registers.Ecx);
        return registers.Eax == MapNumber ? registers.Edi == 0 : registers.Ebx == 0 && OfDescriptor.Contains(registers.Eax);
    }

    private bool IsPath(GuestTask task, uint address)
    {
        Span<byte> text = stackalloc byte[_path.Length];
        return task.User.TryCopyFrom(new VirtualAddress(address), text) && text.SequenceEqual(_path);
    }
}
