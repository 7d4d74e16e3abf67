using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Processes;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
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
internal sealed class ProcessCopies(TaskTable tasks, ProcessTree processes, CallTable calls, FileTree tree)
{
    private const int ForkNumber = 2;
    private const uint InterruptByteLength = 2;    // int 0x80, by which every call enters
    private const uint MapNumber = 192;            // mmap2: its descriptor is in edi

    /// <summary>
    /// Calls that use the descriptor in ebx: read, lseek, dup, fcntl, dup2, fstat, _llseek, readv, pread64, fstat64, fcntl64, fstatat64,
    /// dup3, preadv, preadv2, statx.
    /// </summary>
    private static ReadOnlySpan<uint> OfDescriptor => [3, 19, 41, 55, 63, 108, 140, 145, 180, 197, 221, 300, 330, 333, 378, 383];

    private readonly PathReader _paths = new(tree);
    private string _path = "";    // empty for standard input
    private bool _isArmed, _hasJustHeld;
    private GuestTask? _held;
    private GuestProcess? _copy;
    private int _firstId;

    /// <summary>The held process, or null. No thread of it runs, even if a signal arrives.</summary>
    public GuestProcess? Held => _held?.Process;

    /// <summary>The running copy, or null.</summary>
    public GuestProcess? Copy => _copy;

    /// <summary>Holds a process where it is.</summary>
    public void Hold(GuestTask task) => _held = task;

    /// <summary>Holds the next process that uses the input, by whatever name.</summary>
    /// <param name="path">The file; null for standard input.</param>
    public void Arm(string? path)
    {
        _path = path ?? "";
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
        if (NamesInput(task)) return true;
        if (_path.Length > 0) return false;
        return registers.Eax == MapNumber ? registers.Edi == 0 : registers.Ebx == 0 && OfDescriptor.Contains(registers.Eax);
    }

    /// <summary>True if an argument of the call is a path that leads to the input, whatever its name.</summary>
    private bool NamesInput(GuestTask task)
    {
        if (calls[task.Registers.Eax] is not { Form: var form } || !form.Contains('s')) return false;
        ReadOnlySpan<uint> words = [task.Registers.Ebx, task.Registers.Ecx, task.Registers.Edx, task.Registers.Esi, task.Registers.Edi];
        if (!TryIdentify(task, out FileStatus input)) return false;
        for (int i = 0; i < Math.Min(form.Length, words.Length); i++)
        {
            if (form[i] != 's') continue;
            bool isBelow = i > 0 && form[i - 1] is 'd' or 'D';    // openat(2) and its kin
            Descriptor directory = isBelow ? new((int)words[i - 1]) : Descriptor.WorkingDirectory;
            if (_paths.FindExisting(task, directory, new(words[i]), follow: true, out TreeNode? node) != Errno.None) continue;
            using (node)
            {
                bool isKnown = node!.Status(out FileStatus found) == Errno.None;
                if (isKnown && (found.Device, found.Inode) == (input.Device, input.Inode)) return true;
            }
        }

        return false;
    }

    /// <summary>Finds out which file the input is now.</summary>
    private bool TryIdentify(GuestTask task, out FileStatus input)
    {
        input = default;
        if (_path.Length == 0) return task.Process.Descriptors.Find(new(0)) is { } open && open.Status(out input) == Errno.None;
        if (_paths.Find(task, Descriptor.WorkingDirectory, _path, LastLink.Follow, out Place? place) != Errno.None) return false;
        using (place) return place!.Node?.Status(out input) == Errno.None;
    }
}
