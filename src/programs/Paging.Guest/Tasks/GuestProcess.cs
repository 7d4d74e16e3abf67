using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tasks;

/// <summary>
/// A process: threads that share memory, descriptors, signal actions. Linux: a thread group with its signal_struct and sighand_struct.
/// </summary>
internal sealed class GuestProcess(int id, GuestProcess? parent, SharedMemory memory)
{
    public int Id { get; } = id;

    public GuestProcess? Parent { get; set; } = parent;

    /// <summary>Makes process 1, which has no memory and no threads, but is alive.</summary>
    public static GuestProcess MakeInit() => new(TaskTable.InitId, null, null!)    // it never runs: all that it does is to adopt
    {
        IsZombie = true,
        Credentials = new() { Permitted = Capability.All, Effective = Capability.All },
    };

    public bool IsInit => Id == TaskTable.InitId;

    public List<GuestProcess> Children { get; } = [];

    public List<GuestTask> Threads { get; } = [];

    public SharedMemory Memory { get; set; } = memory;

    public DescriptorSet Descriptors { get; set; } = new();

    public SignalActions Actions { get; set; } = new();

    public SignalQueue Pending { get; } = new();

    public int GroupId { get; set; } = parent?.GroupId ?? id;

    public int SessionId { get; set; } = parent?.SessionId ?? id;

    public bool HasExecuted { get; set; }

    /// <summary>True if the limit allows one more open file.</summary>
    public bool HasRoomForDescriptor => Descriptors.HasRoom(Limits[LimitTable.OpenFiles].Soft);

    /// <summary>Installs an open file at the lowest free descriptor; the flags may have O_CLOEXEC. After EMFILE it is released.</summary>
    public CallResult Install(OpenDescription open, FileFlags flags) => Install(open, (flags & FileFlags.CloseOnExec) != 0);

    /// <summary>Installs an open file at the lowest free descriptor from a number on. After EMFILE it is released.</summary>
    public CallResult Install(OpenDescription open, bool closeOnExec, int from = 0) =>
        Descriptors.Add(open, closeOnExec, Limits[LimitTable.OpenFiles].Soft, from);

    /// <summary>Makes the signal information of kill(2) by this process.</summary>
    public SignalInfo Describe(SignalNumber signal, int code = SignalInfo.FromUser, uint value = 0) =>
        new(signal, code, (uint)Id, Credentials.User, value);

    // Identity and rights.

    /// <summary>The process's file context, which may be shared; setting it releases the old one.</summary>
    public FileContext Places
    {
        get;
        set
        {
            field.Release();
            field = value;
        }
    } = parent?.Places.Copy() ?? new();

    /// <inheritdoc cref="FileContext.WorkingDirectory"/>
    public TreeNode? WorkingDirectory
    {
        get => Places.WorkingDirectory;
        set => Places.WorkingDirectory = value;
    }

    public FileModes FileMask
    {
        get => Places.FileMask;
        set => Places.FileMask = value;
    }

    public Credentials Credentials { get; set; } = parent?.Credentials ?? Credentials.OfHost;

    public LimitTable Limits { get; } = parent?.Limits.Copy() ?? new();

    /// <summary>PR_SET_DUMPABLE.</summary>
    public bool IsDumpable { get; set; } = parent?.IsDumpable ?? true;    // SUID_DUMP_USER

    /// <summary>/proc/PID/coredump_filter: the memory that a core file has. Linux: MMF_DUMP_FILTER_DEFAULT.</summary>
    public uint CoreDumpFilter { get; set; } = parent?.CoreDumpFilter ?? 0x33;    // with CONFIG_CORE_DUMP_DEFAULT_ELF_HEADERS

    public uint Personality { get; set; } = parent?.Personality ?? 0;

    /// <summary>/proc/PID/oom_score_adj: the process with the highest is killed first.</summary>
    public int OutOfMemoryAdjustment { get; set; } = parent?.OutOfMemoryAdjustment ?? 0;

    public SignalNumber ParentDeathSignal { get; set; }

    /// <summary>The signal to its parent at its end. Any byte: clone(2) does not check it, and no signal comes of a wrong one.</summary>
    public SignalNumber ExitSignal { get; set; } = SignalNumber.Child;

    // Time.

    public long StartedAt { get; set; }

    public IntervalTimer RealTimer { get; set; }

    /// <summary>The number of signals sent to it and its threads, each of which wakes the waiters of its signalfds.</summary>
    public long SignalsSent { get; set; }

    /// <summary>The timers of timer_create(2), which fork does not inherit.</summary>
    public SortedDictionary<int, PosixTimer> Timers { get; } = [];

    /// <summary>The number of the next timer, unless a timer has it.</summary>
    public int NextTimerNumber { get; set; }

    /// <summary>Takes the next number for a timer; numbers repeat after 2^31 others. Linux: posix_timer_add.</summary>
    public int TakeTimerNumber()
    {
        // A number is not reused at once, since a pending signal names its timer by it
        while (Timers.ContainsKey(NextTimerNumber)) NextTimerNumber = (NextTimerNumber + 1) & int.MaxValue;
        int number = NextTimerNumber;
        NextTimerNumber = (number + 1) & int.MaxValue;
        return number;
    }

    /// <summary>The nice value of its first thread. Linux: task_nice of the group's leader, in /proc/PID/stat.</summary>
    public int Nice => Threads.Count > 0 ? Threads[0].Scheduling.Nice : 0;

    /// <summary>True if a timer of its own time may be set.</summary>
    public bool CountsTime { get; set; }

    public IntervalTimer VirtualTimer { get; set; }

    public IntervalTimer ProfileTimer { get; set; }

    /// <summary>Nanoseconds of processor time, its own and that of children waited for.</summary>
    public long UserTime { get; set; }

    public long SystemTime { get; set; }

    public long ProcessorTime => UserTime + SystemTime;

    public long ChildrenUserTime { get; set; }

    public long ChildrenSystemTime { get; set; }

    public long ChildrenMinorFaults { get; set; }

    public long ChildrenMajorFaults { get; set; }

    public long ChildrenPeakResident { get; set; }

    // Its end.

    /// <summary>True for a zombie, which has no memory. <see cref="IsInit"/> has none either.</summary>
    public bool IsZombie { get; set; }

    public bool IsStopped { get; set; }

    /// <summary>The signal that stopped it, until its parent has waited for it; otherwise 0.</summary>
    public SignalNumber StopToReport { get; set; }

    public bool ContinueToReport { get; set; }

    /// <summary>The status in wait4(2)'s form: the code in the second byte, or the signal in the first.</summary>
    public int WaitStatus { get; set; }

    /// <summary>The status with which all threads end, set by the first exit_group or fatal signal.</summary>
    public int? GroupExit { get; set; }

    public FaultCounters FinalFaults { get; set; }

    public long FinalPeakResident { get; set; }
}
