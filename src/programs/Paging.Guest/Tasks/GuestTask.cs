using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Vfs;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Tasks;

/// <summary>A thread: registers, signal mask, alternate stack and pending signals. Linux: struct task_struct.</summary>
internal sealed class GuestTask(int id, GuestProcess process, GuestContext context, StopFlag stop)
{
    public int Id { get; private set; } = id;

    public GuestProcess Process { get; } = process;

    public GuestContext Context { get; } = context;

    /// <summary>Makes the thread that executes a program its process's first one. Linux: de_thread.</summary>
    public void BecomeFirst() => Id = Process.Id;

    public ref GuestRegisters Registers => ref Context.Registers;

    public UserMemory User => Process.Memory.User;

    /// <summary>The credentials of its process, which threads share, as C libraries keep them equal. Linux: task_struct.cred.</summary>
    public Credentials Credentials
    {
        get => Process.Credentials;
        set => Process.Credentials = value;
    }

    /// <summary>
    /// Sets new credentials, which also clears dumpable and the parent-death signal. Linux: commit_creds.
    /// </summary>
    public void Become(Credentials who)
    {
        bool isOther = who.IsBeyond(Credentials);
        Credentials = who;
        Process.Memory.Space.IsPrivileged = who.Can(Capability.LockMemory);    // without this capability, locked memory is limited
        if (isOther) (Process.IsDumpable, Process.ParentDeathSignal) = (false, SignalNumber.None);    // commit_creds
    }

    public bool IsDead { get; set; }

    /// <summary>True once the machine is to stop: its call returns what it has done, if it can do a part.</summary>
    public bool MustStop => stop.IsSet;

    /// <summary>Short name, as comm shows it.</summary>
    public string Name { get; set; } = "";

    /// <summary>Nanoseconds of processor time; its process has those of all of its threads.</summary>
    public long UserTime { get; set; }

    public long SystemTime { get; set; }

    /// <summary>The call it is in, or has just left.</summary>
    public CallInProgress Call { get; } = new();

    /// <summary>The task's scheduling state.</summary>
    public TaskScheduling Scheduling { get; } = new();

    // Its waits. Written by the scheduler.

    /// <summary>True if it waits in a call, which is made again after an event.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>True if it waits for a page in its program; <see cref="IsBlocked"/> as well, but no call is made again.</summary>
    public bool AwaitsPage { get; set; }

    /// <summary>True if it waits for a page that the frame of a signal needs; <see cref="AwaitsPage"/> as well.</summary>
    public bool AwaitsFrame { get; set; }

    /// <summary>True if it waits for a page that the host supplies.</summary>
    public bool AwaitsHost { get; set; }

    /// <inheritdoc cref="UserMemory.NeedsPage"/>
    public bool NeedsPage => User.NeedsPage;

    /// <summary>The count of events at its last try.</summary>
    public long SeenWakeUps { get; set; }

    /// <summary>True while it waits in vfork until its child has executed a program or ended.</summary>
    public bool IsVforking { get; set; }

    /// <summary>The parent that waits in vfork for this task.</summary>
    public GuestTask? VforkParent { get; set; }

    /// <summary>A segment to set at the new thread's first run, when its selector can be loaded.</summary>
    public (int Entry, TlsDescriptor Descriptor)? FirstTls { get; set; }

    // Signals. Written by SignalQueue, SignalDelivery and the signal calls.

    public SignalSet BlockedSignals { get; set; }

    /// <summary>The mask to restore once the handler of the signal that ended sigsuspend has been set up.</summary>
    public SignalSet? MaskToRestore { get; set; }

    public SignalQueue Pending { get; } = new();

    /// <summary>True if an unblocked signal is pending, or the process is to end.</summary>
    public bool HasSignal =>
        Process.GroupExit is not null || ((Pending.Set | Process.Pending.Set).Bits & ~BlockedSignals.Bits) != 0;

    public AlternateStack AlternateStack { get; set; } = AlternateStack.None;

    /// <summary>Sets the alternate stack. EPERM: it is in use; EINVAL: no such flags; ENOMEM: too short. Linux: do_sigaltstack.</summary>
    public Errno Arm(in AlternateStack wanted, VirtualAddress stackPointer)
    {
        if (AlternateStack.Contains(stackPointer)) return Errno.EPERM;
        uint mode = wanted.Flags & ~AlternateStack.AutoDisarm;    // SS_ONSTACK is allowed, as 4.4BSD programs set it
        if (mode is not (0 or AlternateStack.OnStack or AlternateStack.Disable)) return Errno.EINVAL;
        bool isOn = mode != AlternateStack.Disable;
        if (isOn && wanted.ByteLength < AlternateStack.ByteLengthMin) return Errno.ENOMEM;
        AlternateStack = isOn ? wanted with { Flags = wanted.Flags & AlternateStack.AutoDisarm } : AlternateStack.None;
        return Errno.None;
    }

    /// <summary>The fault of the next SIGSEGV or SIGBUS, for its frame.</summary>
    public (uint Trap, uint Error, uint Address) LastFault { get; set; }

    // Masks and waits of calls.

    public VirtualAddress ClearChildId { get; set; }

    public VirtualAddress RobustList { get; set; }

    /// <summary>Replaces the blocked signals while the call waits (sigsuspend, ppoll and their like). Linux: set_user_sigmask.</summary>
    public void BlockWhileWaiting(ulong bits)
    {
        MaskToRestore ??= BlockedSignals;    // a call that is made again finds its own mask
        BlockedSignals = new SignalSet(bits).Blockable;
    }

    /// <summary>Restores the mask of before the call.</summary>
    public void RestoreMask()
    {
        BlockedSignals = MaskToRestore ?? BlockedSignals;
        MaskToRestore = null;
    }

    /// <summary>
    /// Restores the mask at the end of a wait; with a pending signal only once its handler has been set up. Linux:
    /// restore_saved_sigmask_unless.
    /// </summary>
    public void RestoreMaskUnlessSignalled()
    {
        if (!HasSignal) RestoreMask();
    }

    /// <summary>
    /// Makes the call wait until an event, its deadline, or a signal that ends it with this result.
    /// </summary>
    /// <param name="interrupted">The result if a signal ends the wait.</param>
    /// <param name="on">The open file of its first word, if it waits for that; it stays open.</param>
    public CallResult Wait(CallResult interrupted, OpenDescription? on = null)
    {
        Call.Interrupted = interrupted;
        if (on is not null) Call.HoldFiles([new(Call.Arguments.A.Descriptor, on)]);
        return CallResult.Waits;
    }

    /// <summary>The same with several files, or other words.</summary>
    public CallResult Wait(CallResult interrupted, HeldFile[] on)
    {
        Call.HoldFiles(on);
        return Wait(interrupted);
    }

    /// <summary>Begins to move bytes between its memory and an open file, or goes on after the bytes of an earlier try.</summary>
    public UserTransfer BeginTransfer(UserParts parts, long? offset = null) => new(parts, offset, Call.Done)
    {
        FileSizeMax = Process.Limits[LimitTable.FileSize].Soft,
        Kept = Call.Kept,
        Deadline = Call.Deadline,
        Stop = stop,
    };

    /// <summary>Ends a try to move bytes. A call that waits goes on after those bytes, or returns them after a signal.</summary>
    public CallResult EndTransfer(ref UserTransfer transfer, OpenDescription open, CallResult result)
    {
        transfer.Dispose();
        (Call.Kept, Call.Deadline) = (transfer.Kept, transfer.Deadline);
        if (!result.IsWaiting) return result;
        Call.Done = transfer.Done;
        return Wait(transfer.DoneOr(transfer.Interrupted), open);
    }

    /// <summary>Ends the call that it waits in.</summary>
    public void LeaveCall()
    {
        IsBlocked = false;
        AwaitsHost = false;
        Call.Leave();
    }
}
