using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Tasks;

/// <summary>A thread: registers, a signal mask, an alternate stack; what waits for it. Linux: struct task_struct.</summary>
internal sealed class GuestTask(int id, GuestProcess process, GuestContext context)
{
    /// <summary>Linux: init_task's timer_slack_ns.</summary>
    private const uint FirstTimerSlack = 50_000;

    public int Id { get; private set; } = id;

    public GuestProcess Process { get; } = process;

    /// <summary>Null: those of its process.</summary>
    public Credentials? OwnCredentials { get; set; }

    public GuestContext Context { get; } = context;

    /// <summary>The thread that starts a program is its process's first one from then on. Linux: de_thread.</summary>
    public void BecomeFirst() => Id = Process.Id;

    public ref GuestRegisters Registers => ref Context.Registers;

    public UserMemory User => new(Process.Memory.Space.Mmu);

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

    // The call it is in. Written by the scheduler and the calls.

    /// <summary>It has made a system call that has not returned.</summary>
    public bool IsInCall { get; set; }

    /// <summary>It waits inside a call, which is tried again when something has happened.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>How often it has given the processor away to wait. Linux: nvcsw.</summary>
    public long WaitCount { get; set; }

    /// <summary>How often another task has had its turn while this one could go on. Linux: nivcsw.</summary>
    public long PreemptionCount { get; set; }

    /// <summary>It waits in its program for a page: <see cref="IsBlocked"/> as well, but no call is made again.</summary>
    public bool AwaitsPage { get; set; }

    /// <summary>The page that it waits for, in its program or in a call, is one that the host supplies.</summary>
    public bool AwaitsHost { get; set; }

    /// <summary>Bytes that a call has taken out of a stream, for which there was no page: the next read of it gets them.</summary>
    public (OpenDescription From, byte[] Bytes)? Kept { get; set; }

    /// <summary>A page that a call has needed comes later: the call waits and is made again.</summary>
    public bool NeedsPage => Process.Memory.Space.HasPendingAccess();

    /// <summary>How many changes of mappings were reported to userfaultfds before the call.</summary>
    public long SeenChanges { get; set; }

    /// <summary>The result of a call that is over, but for a userfaultfd that has not read what it has changed.</summary>
    public CallResult? Held { get; set; }

    /// <summary>The number of the call it is in, or has just left.</summary>
    public uint CallNumber { get; set; }

    public CallArguments Call { get; set; }

    /// <summary>When the call gives up, in the guest's nanoseconds; none: never.</summary>
    public long? Deadline { get; set; }

    /// <summary>Bytes or messages that the call has dealt with in its tries before this one.</summary>
    public int Done { get; set; }

    /// <summary>What the call waits for, where others need to know.</summary>
    public IAwaited? Awaited { get; set; }

    /// <summary>
    /// The open files behind the call's descriptors, while it waits: a descriptor may be closed or another file's meanwhile. Linux: fdget.
    /// </summary>
    public HeldFile[] HeldFiles { get; private set; } = [];

    /// <summary>What restart_syscall(2) goes on with.</summary>
    public RestOfCall? Rest { get; set; }

    /// <summary>The count of happenings that its last try has seen.</summary>
    public long SeenHappenings { get; set; }

    /// <summary>What the call returned, for the signals that come before the program goes on; none between calls.</summary>
    public CallResult? CallReturned { get; set; }

    /// <summary>What the call it waits in returns should a signal come.</summary>
    public CallResult Interrupted { get; set; }

    /// <summary>It waits in vfork until its child has executed a program or ended.</summary>
    public bool IsVforking { get; set; }

    /// <summary>A parent that waits until this one has executed a program or ended (vfork).</summary>
    public GuestTask? VforkParent { get; set; }

    /// <summary>A segment to be set once the new thread is the processor's: only then is its selector loaded again.</summary>
    public (int Entry, TlsDescriptor Descriptor)? FirstTls { get; set; }

    /// <summary>It has asked that others go first (sched_yield).</summary>
    public bool GivesTurnAway { get; set; }

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

    /// <summary>SCHED_*, and the priority of the real-time ones. Kept and told; turns are the same for all.</summary>
    public (int Policy, int Priority) Scheduling { get; set; }

    /// <summary>What a thread of SCHED_DEADLINE asks for.</summary>
    public DeadlineTimes DeadlineTimes { get; set; }

    /// <summary>SCHED_RESET_ON_FORK: what it makes does not inherit its privileges.</summary>
    public bool ResetsOnFork { get; set; }

    /// <summary>From -20, the best, to 19. Kept and told.</summary>
    public int Nice { get; set; }

    /// <summary>IOPRIO_*: a class and a level. Kept and told.</summary>
    public int InputOutputPriority { get; set; }

    /// <summary>PR_SET_TIMERSLACK: how late timers may ring, in nanoseconds. Kept and told.</summary>
    public uint TimerSlack { get; set; } = FirstTimerSlack;

    /// <summary>What setting it to 0 sets it to: what the thread that made this one had then. Linux: default_timer_slack_ns.</summary>
    public uint DefaultTimerSlack { get; set; } = FirstTimerSlack;

    /// <summary>rdtsc is a fault for it (PR_SET_TSC). Linux: TIF_NOTSC.</summary>
    public bool HasNoTimeStamps { get; set; }

    public VirtualAddress ClearChildId { get; set; }

    public VirtualAddress RobustList { get; set; }

    /// <summary>Turns as those of the thread that makes it, unless that has asked for others. Linux: sched_fork.</summary>
    public void InheritScheduling(GuestTask maker)
    {
        bool resets = maker.ResetsOnFork && (SchedulingRules.IsRealTime(maker.Scheduling.Policy)
            || maker.Scheduling.Policy == SchedulingRules.Deadline);
        Scheduling = resets ? (SchedulingRules.Normal, 0) : maker.Scheduling;
        Nice = resets ? 0 : maker.ResetsOnFork ? Math.Max(maker.Nice, 0) : maker.Nice;
    }

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
        Interrupted = interrupted;
        if (on is not null) HoldFiles([new(Call.A.Descriptor, on)]);
        return CallResult.Waits;
    }

    /// <summary>The file was found behind another number than the call's first word: that of the call that socketcall(2) makes.</summary>
    public void RenumberHeld(Descriptor number)
    {
        if (HeldFiles.Length != 0) HeldFiles = [HeldFiles[0] with { Number = number }];
    }

    /// <summary>The same with several files, or other words.</summary>
    public CallResult Wait(CallResult interrupted, HeldFile[] on)
    {
        HoldFiles(on);
        return Wait(interrupted);
    }

    /// <summary>What the call waits with stays open, if it is more than what is held already.</summary>
    public void HoldFiles(HeldFile[] files)
    {
        if (files.Length <= HeldFiles.Length) return;
        foreach (HeldFile held in files) held.File.Hold();
        LetGoOfFiles();
        HeldFiles = files;
    }

    private void LetGoOfFiles()
    {
        HeldFile[] held = HeldFiles;
        HeldFiles = [];
        foreach (HeldFile one in held) one.File.Release();
    }

    /// <summary>The call it waits in is over.</summary>
    public void LeaveCall()
    {
        IsInCall = false;
        IsBlocked = false;
        Deadline = null;
        Done = 0;
        IAwaited? awaited = Awaited;
        Awaited = null;
        Held = null;
        AwaitsHost = false;
        LetGoOfFiles();
        awaited?.Left();
    }
}
