using Paging.Core;
using Paging.Guest.Checking;
using Paging.Guest.Checkpoints;
using Paging.Guest.Debugging;
using Paging.Guest.Host;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Programs;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Devices;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Memory;
using Paging.Guest.Vfs.Proc;
using Paging.Guest.Vfs.Tree;
using Paging.Processors;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;

namespace Paging.Guest;

/// <summary>
/// The parts of a guest machine. Each part gets its dependencies in its constructor, so the order of construction follows from the types.
/// </summary>
internal sealed class GuestParts : IDisposable
{
    public GuestParts(GuestKernelOptions options)
    {
        Options = options;
        Tasks = new TaskTable { CountMax = TaskTable.CountFor(options.Engine.RamBytes) };
        bool isDirect = options.Execution == GuestExecution.Direct;
        Engine = new PagingEngine(isDirect ? options.Engine with { ShareRam = true } : options.Engine);
        GuestProcessor? emulated = isDirect ? null
            : new(Engine, countsCode: options.EffectivePace == GuestPace.Code, refusesTimeStamps: true);
        Processor = emulated ?? (IGuestProcessor)new DirectProcessor(Engine);
        Embedder = new EmbedderCalls(options);
        if (options.Accesses is not null) emulated!.Trace(Embedder);
        if (options.MemoryErrors is { } errors) emulated!.Trace(Checker = new(Engine, options.Root, errors));
        options.Coverage?.AttachTo(emulated!);
        Clock = new GuestClock(options.StartTime ?? HostCalls.RealTime());
        Random = new RandomBytes(options.Engine.Seed);
        Inodes = new HostInodes(Engine, new NotedTimes(Clock), new HostDisk(options.DiskBytes), options.WritesLater);
        Signals = new SignalSender(WakeUps);
        Timers = new Timers(Tasks, Clock, Signals);
        PendingSignals = new PendingSignals(Timers);
        Locks = new FileLocks(WakeUps);
        PipePages = new PipePages(Engine);
        QueuedBytes = new QueuedBytes(PipePages);
        NamedPipes = new NamedPipes(Clock, WakeUps, PipePages);
        RegularFiles regularFiles = new(Clock);
        MemoryFiles = new InMemoryFiles(Engine, Clock, InodeNumbers, regularFiles, NamedPipes, Tree);
        SocketNames = new SocketNames(Tree);
        SocketMaker = new SocketMaker(Clock, WakeUps, SocketNames, InodeNumbers, QueuedBytes);
        Segments = new SharedSegments(Clock);
        Futexes = new FutexTable(WakeUps);
        Processes = new ProcessTree(
            Engine, Processor, Clock, WakeUps, Tasks, Signals, Timers, Futexes, Segments, options.KeepMaps);
        HostMounts = new HostMounts(new(Clock, Tree, Inodes, NamedPipes, regularFiles));
        Inodes.Disk.Held = HostMounts.HeldFiles;
        DeviceMount devices = new(Engine, Clock, HostWaits, Random, Tree);
        ProcMount proc = new(Engine, Clock, Random, new(Clock, Tasks, Processor), Current, Tasks, Tree, Segments);
        Layout = RootLayout.Build(Tree, HostMounts, MemoryFiles, [devices, proc, new SystemMount(Engine, Clock, Tree)], options);
        Programs = new ProgramStart(Engine, options, HostWaits, Inodes.Disk, Processes, Tree, Layout, Current, Checker);
        options.Observer?.Started(Engine);
        if (options.DebugConnection is { } connection)
            Debugger = new GuestDebugger(connection, Engine, emulated!, Tasks, Tree, options);
        Calls = CallList.Build(this);
        Copies = new ProcessCopies(Tasks, Processes, Calls, Tree);
        Failures = new ServiceFailures(Processes, Calls, Embedder);
        StandardFiles = new StandardFiles(HostWaits, Inodes.Disk, options.StandardStreams);
    }

    public GuestKernelOptions Options { get; }

    public PagingEngine Engine { get; }

    public IGuestProcessor Processor { get; }

    public EmbedderCalls Embedder { get; }

    public GuestClock Clock { get; }

    public WakeUps WakeUps { get; } = new();

    public HostWaits HostWaits { get; } = new();

    public RandomBytes Random { get; }

    public InodeNumbers InodeNumbers { get; } = new();

    public CurrentTask Current { get; } = new();

    public TaskTable Tasks { get; }

    public SignalSender Signals { get; }

    public Timers Timers { get; }

    public PendingSignals PendingSignals { get; }

    public FileTree Tree { get; } = new();

    public HostInodes Inodes { get; }

    public FileLocks Locks { get; }

    public NamedPipes NamedPipes { get; }

    public PipePages PipePages { get; }

    public QueuedBytes QueuedBytes { get; }

    public InMemoryFiles MemoryFiles { get; }

    public HostMounts HostMounts { get; }

    public SocketNames SocketNames { get; }

    public SocketMaker SocketMaker { get; }

    public SharedSegments Segments { get; }

    public FutexTable Futexes { get; }

    public ProcessTree Processes { get; }

    public RootLayout Layout { get; }

    public ProgramStart Programs { get; }

    public GuestDebugger? Debugger { get; }

    public MemoryChecker? Checker { get; }

    public CallTable Calls { get; }

    public ProcessCopies Copies { get; }

    public ServiceFailures Failures { get; }

    public StandardFiles StandardFiles { get; }

    /// <summary>Finds the obstacles to saving.</summary>
    public Obstacles Obstacles => new(Engine, Tasks, Tree, Inodes, StandardFiles);

    /// <summary>Makes a checkpoint for one saving or loading.</summary>
    public Checkpoint NewCheckpoint()
    {
        SavedContents contents = new(Engine, Tree, Inodes);
        SavedTrees trees = new(Tree, MemoryFiles, contents);
        SavedMemories memories = new(Engine, Tree, Inodes, trees, contents);
        SavedOpenFiles forms = new(Clock, WakeUps, Current, Tasks, Timers, PendingSignals, Tree, PipePages,
            StandardFiles, trees, contents, memories, SocketNames, QueuedBytes);
        SavedFiles files = new(Tasks, forms);
        SavedTasks processes = new(Processor, Tasks, Processes, Futexes, Tree, memories, files);
        return new(Engine, Clock, Random, InodeNumbers, WakeUps, Timers, Tasks, Layout, contents, trees, memories, files, processes,
            Segments, Locks, SocketNames);
    }

    /// <summary>Writes dirty pages to the host's files, then disposes the engine.</summary>
    public void Dispose()
    {
        Debugger?.Dispose();
        Processes.Dispose();    // first: open files write back, and hold inodes and nodes
        Inodes.Dispose();
        Processor.Dispose();
        Engine.Dispose();
        HostMounts.Dispose();    // last: until then nodes name the files that are written back
    }
}
