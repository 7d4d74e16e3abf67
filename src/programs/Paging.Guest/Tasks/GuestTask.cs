using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Tasks;

/// <summary>A thread: registers, a signal mask, an alternate stack; what waits for it. Linux: struct task_struct.</summary>
internal sealed class GuestTask(int id, GuestProcess process, GuestContext context)
{
    public int Id { get; private set; } = id;

    public GuestProcess Process { get; } = process;

    /// <summary>Null: those of its process.</summary>
    public Credentials? OwnCredentials { get; set; }

    public GuestContext Context { get; } = context;

    /// <summary>The thread that starts a program is its process's first one from then on. Linux: de_thread.</summary>
    public void BecomeFirst() => Id = Process.Id;

    public ref GuestRegisters Registers => ref Context.Registers;

    public UserMemory User => Process.Memory.User;

    /// <summary>
    /// Who it is. Threads of a process may be different ones; C libraries keep them alike. Others see those of the first thread. Linux:
    /// task_struct.cred.
    /// </summary>
    public Credentials Credentials
    {
        get => OwnCredentials ?? Process.Credentials;
        set
        {
            bool isFirst = Process.Threads.Count == 0 || Process.Threads[0] == this;
            if (!isFirst)
            {
                OwnCredentials = value;
                return;
            }

            foreach (GuestTask other in Process.Threads) other.OwnCredentials = other == this ? null : other.Credentials;
            Process.Credentials = value;
        }
    }

    /// <summary>
    /// It becomes another one: others may not look into it any more, nor is it bound to its parent's life. Linux: commit_creds.
    /// </summary>
    public void Become(Credentials who)
    {
        bool isOther = who.IsBeyond(Credentials);
        Credentials = who;
        Process.Memory.Space.IsPrivileged = who.Can(Capability.LockMemory);    // without it locked memory is limited
        if (isOther) (Process.IsDumpable, Process.ParentDeathSignal) = (false, SignalNumber.None);
    }

    public bool IsDead { get; set; }

    /// <summary>Short name, as comm shows it.</summary>
    public string Name { get; set; } = "";

    /// <summary>Nanoseconds of processor time; its process has those of all of its threads.</summary>
    public long UserTime { get; set; }

    public long SystemTime { get; set; }

    /// <summary>What it has read and written.</summary>
    public TransferCounts Transfers { get; private set; }

    /// <summary>Adds to its own and to its process's.</summary>
    public void CountTransfers(in TransferCounts more)
    {
        Transfers += more;
        Process.Transfers += more;
    }

    /// <summary>The call it is in, or has just left.</summary>
    public CallInProgress Call { get; } = new();

    /// <summary>How it wants to take turns.</summary>
    public TaskScheduling Scheduling { get; } = new();

    // What it waits for. Written by the scheduler.

    /// <summary>It waits inside a call, which is tried again when something has happened.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>It waits in its program for a page: <see cref="IsBlocked"/> as well, but no call is made again.</summary>
    public bool AwaitsPage { get; set; }

    /// <summary>The page that it waits for, in its program or in a call, is one that the host supplies.</summary>
    public bool AwaitsHost { get; set; }

    /// <summary>A page that a call has needed comes later: the call waits and is made again.</summary>
    public bool NeedsPage => Process.Memory.Space.HasPendingAccess();

    /// <summary>The count of happenings that its last try has seen.</summary>
    public long SeenHappenings { get; set; }

    /// <summary>It waits in vfork until its child has executed a program or ended.</summary>
    public bool IsVforking { get; set; }

    /// <summary>A parent that waits until this one has executed a program or ended (vfork).</summary>
    public GuestTask? VforkParent { get; set; }

    /// <summary>A segment to be set once the new thread is the processor's: only then is its selector loaded again.</summary>
    public (int Entry, TlsDescriptor Descriptor)? FirstTls { get; set; }

    // Signals. Written by SignalQueue, SignalDelivery and the signal calls.

    public SignalSet BlockedSignals { get; set; }

    /// <summary>What is restored once the handler of the signal that ended sigsuspend has been set up.</summary>
    public SignalSet? MaskToRestore { get; set; }

    public SignalQueue Pending { get; } = new();

    /// <summary>True when a signal waits that the thread does not block, or the process is to end.</summary>
    public bool HasSignal =>
        Process.GroupExit is not null || ((Pending.Set | Process.Pending.Set).Bits & ~BlockedSignals.Bits) != 0;

    public AlternateStack AlternateStack { get; set; } = AlternateStack.None;

    /// <summary>The fault that the next SIGSEGV or SIGBUS is about: for the frame.</summary>
    public (uint Trap, uint Error, uint Address) LastFault { get; set; }

    // What threads ask for.

    public VirtualAddress ClearChildId { get; set; }

    public VirtualAddress RobustList { get; set; }

    /// <summary>While the call waits other signals are blocked (sigsuspend, ppoll and their like). Linux: set_user_sigmask.</summary>
    public void BlockWhileWaiting(ulong bits)
    {
        MaskToRestore ??= BlockedSignals;    // a call that is made again finds its own mask
        BlockedSignals = new SignalSet(bits).Blockable;
    }

    /// <summary>What was blocked before the call is blocked again.</summary>
    public void RestoreMask()
    {
        BlockedSignals = MaskToRestore ?? BlockedSignals;
        MaskToRestore = null;
    }

    /// <summary>
    /// The call does not wait any more; with a signal on its way the mask stays until its handler has been set up. Linux:
    /// restore_saved_sigmask_unless.
    /// </summary>
    public void RestoreMaskUnlessSignalled()
    {
        if (!HasSignal) RestoreMask();
    }

    /// <summary>
    /// The call waits: until something has happened that lets it go on, its deadline has come, or a signal ends it with this result.
    /// </summary>
    /// <param name="interrupted">What the call returns then.</param>
    /// <param name="on">The open file behind its first word, if it is that which it waits for: it stays open.</param>
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

    /// <summary>The call it waits in is over.</summary>
    public void LeaveCall()
    {
        IsBlocked = false;
        AwaitsHost = false;
        Call.Leave();
    }
}
