using Paging.Core;
using Paging.Guest.Abi;
using Paging.Processors;

namespace Paging.Guest.Tasks;

/// <summary>Every process and thread by its number. Linux: struct pid, find_task_by_vpid.</summary>
internal sealed class TaskTable
{
    /// <summary>Numbers end before this one. Linux: PID_MAX_LIMIT.</summary>
    public const int IdMax = 4_194_304;

    /// <summary>Process 1: root's, always asleep, not one of those that run here.</summary>
    public const int InitId = 1;

    private const int FirstId = 1000, ThreadsMax = 96_000;

    private readonly SortedDictionary<int, GuestProcess> _processes = [];
    private readonly Dictionary<int, GuestTask> _tasks = [];
    private int _nextId = FirstId;

    /// <summary>So many threads may be alive at once. Linux: max_threads (kernel/fork.c).</summary>
    public int CountMax { get; init; } = ThreadsMax;

    /// <summary>As many threads as Linux allows with so much RAM: their stacks take an eighth of it. Linux: set_max_threads.</summary>
    public static int CountFor(ulong ramBytes)
    {
        const ulong stackBytes = 8192, share = 8;
        const int least = 20;
        return (int)Math.Clamp(ramBytes / (stackBytes * share), least, ThreadsMax);
    }

    /// <summary>Threads in the order in which they were made.</summary>
    public List<GuestTask> Tasks { get; } = [];

    public IEnumerable<GuestProcess> All => _processes.Values;

    /// <summary>Stands for process 1, as every machine has one: calls that name it find it. It has no memory and no threads.</summary>
    public GuestProcess Init { get; } = GuestProcess.MakeInit();

    /// <summary>Nanoseconds that processes had used that were not waited for.</summary>
    public (long User, long System) TimeOfForgotten { get; set; }

    /// <summary>A process that has ended and waits for its parent.</summary>
    public void AddEnded(GuestProcess process) => _processes[process.Id] = process;

    /// <summary>The number that the next task gets, unless it is taken.</summary>
    public int NextId
    {
        get => _nextId;
        set => _nextId = value;
    }

    public int LastId => _nextId - 1;

    public GuestProcess? Find(int id) => id == InitId ? Init : _processes.GetValueOrDefault(id);

    public GuestTask? FindTask(int id) => _tasks.GetValueOrDefault(id);

    /// <summary>The task that a call names: 0 is the caller itself.</summary>
    public GuestTask? FindTask(GuestTask caller, int id) => id == 0 ? caller : FindTask(id);

    /// <summary>The next number that is free.</summary>
    public int TakeId()
    {
        while (Find(_nextId) is not null || FindTask(_nextId) is not null) _nextId++;
        return _nextId++;
    }

    /// <summary>
    /// Whether a new task may have this number. EINVAL: not a number for tasks; EEXIST: taken, as 1 is by init. Linux: alloc_pid.
    /// </summary>
    public Errno JudgeId(int id)
    {
        if (id is < 1 or >= IdMax) return Errno.EINVAL;
        return Find(id) is not null || FindTask(id) is not null ? Errno.EEXIST : Errno.None;
    }

    public GuestTask Add(GuestProcess process, int id, GuestContext context)
    {
        GuestTask task = new(id, process, context);
        process.Threads.Add(task);
        Tasks.Add(task);
        _tasks[id] = task;
        if (process.Threads.Count == 1) _processes[process.Id] = process;
        return task;
    }

    /// <summary>As many signals wait for the user as RLIMIT_SIGPENDING of the process allows. Linux: sig_get_ucounts.</summary>
    public bool HasAllPendingSignals(GuestProcess process)
    {
        uint user = process.Credentials.User;
        int waiting = All.Where(other => other.Credentials.User == user)
            .Sum(static other => other.Pending.Count + other.Threads.Sum(static thread => thread.Pending.Count));
        return (ulong)waiting >= process.Limits[Abi.LimitTable.PendingSignals].Soft;
    }

    /// <summary>A thread has ended.</summary>
    public void Remove(GuestTask task)
    {
        Tasks.Remove(task);
        if (FindTask(task.Id) == task) _tasks.Remove(task.Id);
    }

    public void Remove(GuestProcess process) => _processes.Remove(process.Id);

    public void Clear()
    {
        Tasks.Clear();
        _tasks.Clear();
        _processes.Clear();
    }
}
