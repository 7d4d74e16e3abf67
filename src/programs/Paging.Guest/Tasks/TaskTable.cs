using Paging.Core;
using Paging.Guest.Machine;
using Paging.Processors;

namespace Paging.Guest.Tasks;

/// <summary>Every process and thread by its number. Linux: struct pid, find_task_by_vpid.</summary>
internal sealed class TaskTable
{
    /// <summary>Numbers end before this one. Linux: PID_MAX_LIMIT.</summary>
    public const int IdMax = 4_194_304;    // PID_MAX_LIMIT of 64-bit kernels

    /// <summary>Process 1, of root, which always sleeps.</summary>
    public const int InitId = 1;

    private const int FirstId = 1000, ThreadsMax = 96_000;    // no number that programs take for special

    private readonly SortedDictionary<int, GuestProcess> _processes = [];
    private readonly Dictionary<int, GuestTask> _tasks = [];
    private int _nextId = FirstId;

    /// <summary>The most threads alive at once. Linux: max_threads (kernel/fork.c).</summary>
    public int CountMax { get; init; } = ThreadsMax;

    /// <summary>Returns the most threads for an amount of RAM: their stacks take an eighth of it. Linux: set_max_threads.</summary>
    public static int CountFor(ulong ramBytes)
    {
        const ulong stackBytes = 8192, share = 8;    // THREAD_SIZE of i386
        const int least = 20;    // MIN_THREADS
        return (int)Math.Clamp(ramBytes / (stackBytes * share), least, ThreadsMax);
    }

    /// <summary>True once the machine is to stop.</summary>
    public StopFlag Stop { get; } = new();

    /// <summary>Threads in the order in which they were made.</summary>
    public List<GuestTask> Tasks { get; } = [];

    public IEnumerable<GuestProcess> All => _processes.Values;

    /// <summary>Process 1, for calls that name it. It has no memory and no threads.</summary>
    public GuestProcess Init { get; } = GuestProcess.MakeInit();

    /// <summary>Nanoseconds used by processes that were not waited for.</summary>
    public (long User, long System) TimeOfForgotten { get; set; }

    /// <summary>Adds a zombie.</summary>
    public void AddEnded(GuestProcess process) => _processes[process.Id] = process;

    /// <summary>The next task's number, unless it is taken.</summary>
    public int NextId
    {
        get => _nextId;
        set => _nextId = value;
    }

    public int LastId => _nextId - 1;

    public GuestProcess? Find(int id) => id == InitId ? Init : _processes.GetValueOrDefault(id);

    public GuestTask? FindTask(int id) => _tasks.GetValueOrDefault(id);

    /// <summary>Finds the task that a call names; 0 is the caller itself.</summary>
    public GuestTask? FindTask(GuestTask caller, int id) => id == 0 ? caller : FindTask(id);

    /// <summary>Takes the next free number.</summary>
    public int TakeId()
    {
        while (Find(_nextId) is not null || FindTask(_nextId) is not null) _nextId++;
        return _nextId++;
    }

    public GuestTask Add(GuestProcess process, int id, GuestContext context)
    {
        GuestTask task = new(id, process, context, Stop);
        process.Threads.Add(task);
        Tasks.Add(task);
        _tasks[id] = task;
        if (process.Threads.Count == 1) _processes[process.Id] = process;
        return task;
    }

    /// <summary>Returns true if the user's pending signals have reached RLIMIT_SIGPENDING of the process. Linux: sig_get_ucounts.</summary>
    public bool HasAllPendingSignals(GuestProcess process)
    {
        uint user = process.Credentials.User;
        int waiting = All.Where(other => other.Credentials.User == user)
            .Sum(static other => other.Pending.Count + other.Threads.Sum(static thread => thread.Pending.Count));
        return (ulong)waiting >= process.Limits[Abi.LimitTable.PendingSignals].Soft;
    }

    /// <summary>Removes an ended thread.</summary>
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
