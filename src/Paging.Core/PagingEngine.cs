using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Core.Verification;
using Paging.Native;

namespace Paging.Core;

/// <summary>A machine's memory: RAM, frames, the page cache, and the processes that share them.</summary>
/// <remarks>
/// Belongs to the thread that made it or that called <see cref="BindToCurrentThread"/>. On any other thread the first system call,
/// fault or missed translation throws an <see cref="InvalidOperationException"/>. With <see cref="EngineOptions.AllowThreads"/> any
/// thread may call, and waits for the calls before its own; it accesses guest memory through a <see cref="VirtualProcessor"/>.
/// Deterministic: the same options and the same calls give the same results, addresses and reports.
/// Faults and system calls allocate no managed memory once warm.
/// </remarks>
[DebuggerDisplay("{Ram.FrameCount} frames, {ProcessCount} processes")]
public sealed class PagingEngine : IDisposable
{
    private readonly EngineParts _parts;
    private readonly ProcessTable _processes;
    private readonly CallerCheck _callers;

    /// <summary>Builds an engine with the default options.</summary>
    public PagingEngine() : this(new EngineOptions()) { }

    /// <summary>Builds an engine.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public PagingEngine(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        FrameCount ram = EngineOptions.Validate(options);
        _parts = new(ram, options);
        _callers = _parts.Machine.Callers;
        _processes = new(_parts);
        (Frames, HugePages, Files, Swap) = (new(this), new(this), new(this), new(this));
        (Groups, Threads, SavedProcesses, HostCalls) = (new(this), new(this), new(this), new(this));
        _ = new OutOfMemory(_parts, _processes);    // registers itself
    }

    /// <summary>The last thread that <see cref="EngineThreads.StartBackground"/> has started, or null.</summary>
    internal BackgroundWork? Background { get; set; }

    /// <summary>The options it was built with.</summary>
    public EngineOptions Options { get; }

    /// <summary>Physical memory.</summary>
    public PhysicalMemory Ram => _parts.Machine.Ram;

    /// <summary>The frames of RAM.</summary>
    public EngineFrames Frames { get; }

    /// <summary>Huge pages: the pool, and the counters of transparent ones.</summary>
    public EngineHugePages HugePages { get; }

    /// <summary>The files of the engine, and its page cache.</summary>
    public EngineFiles Files { get; }

    /// <summary>The swap devices.</summary>
    public EngineSwap Swap { get; }

    /// <summary>The memory groups.</summary>
    public EngineGroups Groups { get; }

    /// <summary>Processors and background work, for an engine with many threads.</summary>
    public EngineThreads Threads { get; }

    /// <summary>Calls of the host's code that the engine waits for.</summary>
    public EngineHostCalls HostCalls { get; }

    /// <summary>Creates processes from saved snapshots.</summary>
    public SavedProcesses SavedProcesses { get; }

    /// <summary>The number of processes that have not been reaped.</summary>
    public int ProcessCount { get { _callers.EnterToRead(); return _processes.Count; } }

    /// <summary>The processes, in the order of their numbers.</summary>
    public IEnumerable<UserProcess> Processes
    {
        get
        {
            using SlowPathHold hold = _callers.Hold();
            return _processes.All;
        }
    }

    /// <summary>The fault counters of all processes, including ended ones. A history: it only grows.</summary>
    public FaultCounters Faults
    {
        get
        {
            using SlowPathHold hold = _callers.Hold();
            return _processes.FaultHistory;
        }
    }

    /// <summary>The counters of reclaim and swap.</summary>
    public ReclaimCounters Reclaimed => Entered.Files.Statistics.Counters;

    /// <summary>Recounts the memory of the whole machine in a pass over all frame descriptors. Allocates.</summary>
    public MachineMemory Memory
    {
        get
        {
            using SlowPathHold hold = _callers.Hold();
            return _parts.Counting.Run();
        }
    }

    /// <summary>The most areas of a process. Linux: vm.max_map_count.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set to a negative number.</exception>
    public int MaxMapCount
    {
        get => Entered.Machine.Areas.MaxMapCount;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            using SlowPathHold hold = _callers.Hold();
            _parts.Machine.Areas.MaxMapCount = value;
        }
    }

    /// <summary>The rule for committing more memory than there is. Linux: vm.overcommit_memory.</summary>
    public OvercommitMode OvercommitMode
    {
        get => Entered.Machine.Commitment.Mode;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)OvercommitMode.Never, nameof(value));
            using SlowPathHold hold = _callers.Hold();
            _parts.Machine.Commitment.Mode = value;
        }
    }

    /// <summary>The percentage of RAM that may be committed in mode 2. Linux: vm.overcommit_ratio.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set to a negative number.</exception>
    public int OvercommitRatio
    {
        get => Entered.Machine.Commitment.Ratio;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            using SlowPathHold hold = _callers.Hold();
            _parts.Machine.Commitment.Ratio = value;
        }
    }

    internal EngineParts Parts => _parts;

    internal CallerCheck Callers => _callers;

    internal ProcessTable ProcessTable => _processes;

    /// <summary>The parts, for a call of the host that only reads.</summary>
    internal EngineParts Entered
    {
        get
        {
            _callers.EnterToRead();
            return _parts;
        }
    }

    /// <summary>Creates a process with an empty user half, the kernel half, and the flexible layout of an 8 MiB stack.</summary>
    /// <exception cref="NoMemoryException">RAM has no frame for its page directory.</exception>
    public UserProcess CreateProcess(string name) => CreateProcess(name, ProcessOptions.Default);

    /// <summary>Creates a process with an empty user half and the kernel half.</summary>
    /// <exception cref="NoMemoryException">RAM has no frame for its page directory.</exception>
    public UserProcess CreateProcess(string name, ProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        using SlowPathHold hold = _callers.Hold();
        return _processes.Create(name, options);
    }

    /// <summary>Creates a process with the memory of an image, which it shares with every other clone until it writes.</summary>
    /// <param name="image">The image, made in this engine or another one.</param>
    /// <param name="openFile">As for <see cref="SavedProcesses.Load"/>.</param>
    /// <param name="options">As for <see cref="SavedProcesses.Load"/>.</param>
    /// <remarks>
    /// The process is as after <see cref="SavedProcesses.Load"/>, except that no page is resident: a page of the image is not
    /// counted, reclaimed or charged to a group before the process writes to it. The engine keeps the image, and its frame numbers after
    /// the end of RAM, until it is disposed.
    /// Cost: O(areas), and a frame for each 4 MiB in which the image has pages, whose page table is copied at the first access there; no
    /// page is copied, except huge pages of the pool. The first clone in an engine: O(areas + pages of the image).
    /// </remarks>
    /// <exception cref="FileNotFoundException">As <see cref="SavedProcesses.Load"/>.</exception>
    /// <exception cref="NoMemoryException">
    /// The engine has too little memory, or RAM leaves too few of the 2^20 frame numbers.
    /// </exception>
    public UserProcess CloneProcess(
        ProcessImage image, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        CheckCaller();
        ArgumentNullException.ThrowIfNull(image);
        return SavedProcesses.Clone(image.Content, isEngine: false, new(openFile, Options: options))[0];
    }

    /// <summary>Creates the processes of an image of an engine, with their shared memory and files. Each clone has its own.</summary>
    /// <param name="image">The image, made in this engine or another one.</param>
    /// <param name="openFile">As for <see cref="SavedProcesses.LoadAll"/>.</param>
    /// <param name="groupOf">
    /// As for <see cref="SavedProcesses.LoadAll"/>. An engine has 256 groups, so clones share those that it gives.
    /// </param>
    /// <returns>The processes, in the order of their saved numbers. All of them are made, or none.</returns>
    /// <remarks>
    /// As <see cref="CloneProcess"/> for each. Pages of shared memory are copied out of the image when one of the processes first touches
    /// them. Cost: O(processes + areas), a frame for each 4 MiB in which a process has pages, and a bit for each page of shared memory.
    /// </remarks>
    /// <exception cref="FileNotFoundException">As <see cref="SavedProcesses.LoadAll"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="SavedProcesses.LoadAll"/>.</exception>
    /// <exception cref="NoMemoryException">As <see cref="CloneProcess"/>.</exception>
    public IReadOnlyList<UserProcess> CloneProcesses(
        EngineImage image, Func<string, GuestFile?>? openFile = null, Func<string, MemoryGroup?>? groupOf = null)
    {
        CheckCaller();
        ArgumentNullException.ThrowIfNull(image);
        return SavedProcesses.Clone(image.Content, isEngine: true, new(openFile, groupOf));
    }

    /// <summary>Takes a snapshot of all processes and the memory that they share, which can be restored.</summary>
    /// <exception cref="NoMemoryException">There is no memory for it. <see cref="TryTakeSnapshot"/> returns an error.</exception>
    public EngineSnapshot TakeSnapshot() => TryTakeSnapshot(out EngineSnapshot? snapshot, out _) ? snapshot
        : throw new NoMemoryException("Cannot take a snapshot of the engine: the host has no memory for its journals.");

    /// <summary>Takes a snapshot as <see cref="TakeSnapshot"/>. Returns false and the error if it cannot be taken.</summary>
    /// <param name="snapshot">The snapshot, or null.</param>
    /// <param name="error">
    /// ENOMEM: the host has no memory for it, or RAM no frames for copies of pinned pages. On an error nothing has changed.
    /// </param>
    /// <remarks>
    /// Cost: O(processes, their page tables and open descriptors, and objects of shared memory), and O(pages and areas that have changed
    /// since the last snapshot). Copies only pages that are pinned (<see cref="UserProcess.TryPin"/>).
    /// </remarks>
    public bool TryTakeSnapshot([NotNullWhen(true)] out EngineSnapshot? snapshot, out Errno error)
    {
        using SlowPathHold hold = _callers.Hold();
        error = _callers.Leave(EngineSnapshot.Take(_parts, _processes, out snapshot));
        return snapshot is not null;
    }

    /// <summary>Opens a list of states of all processes and the memory that they share, to be recorded.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Rewind OpenRewind(RewindOptions? options = null) => new(new RewindSubject.OfEngine(_parts, _processes), options);

    /// <summary>Returns true if the engine made the process.</summary>
    public bool Owns(UserProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        CheckCaller();
        return process.Memory.Callers == _callers;
    }

    /// <summary>Returns true if the engine made the file.</summary>
    /// <exception cref="ObjectDisposedException">The file was released.</exception>
    public bool Owns(GuestFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        CheckCaller();
        return file.IsOf(_callers);
    }

    internal GuestFile NewFile(FileObject file) =>
        new(_callers, _parts.Reclaim.Groups, _parts.Io.Calls, _parts.Files.Cache, _parts.Machine.Areas, file);

    /// <summary>Does one tick of background work. Call it at regular intervals, as from a timer.</summary>
    /// <returns>The pages written or collapsed and frames freed or zeroed; above the budget only by the rest of a huge page.</returns>
    /// <remarks>
    /// Writes old dirty pages, and others if too many are dirty. Frees frames if few are free. Collapses small pages into huge ones
    /// (<see cref="EngineOptions.CollapseScanPages"/>). Zeroes frames (<see cref="EngineOptions.ZeroedFrames"/>).
    /// The engine does nothing on its own: without this call pages are written by fsync, msync, and processes that dirty too many.
    /// </remarks>
    public int RunBackground(int pageBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageBudget);
        using SlowPathHold hold = _callers.Hold();
        uint done = _parts.Files.Background.Run((uint)pageBudget);    // first: reclaim frees clean pages without a write
        done += _parts.Reclaim.Reclaimer.RunBackground(Rest(done));
        done += _parts.Daemon?.Run(Rest(done)) ?? 0;
        _callers.Leave();
        return (int)(done + _parts.Machine.Allocator.ZeroAhead((uint)Options.ZeroedFrames, Rest(done)));
        uint Rest(uint done) => (uint)Math.Max(0, pageBudget - (long)done);    // reclaim evicts a huge page whole, beyond its budget
    }

    /// <summary>Opens a log of the frames whose bytes change from now on.</summary>
    /// <remarks>Cost: as <see cref="AddressSpace.OpenDirtyLog"/>, for every process.</remarks>
    public FrameDirtyLog OpenDirtyLog(WriteSources sources = WriteSources.Attached)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)sources, (uint)WriteSources.Processor, nameof(sources));
        using SlowPathHold hold = _callers.Hold();
        return new(_callers, _parts.Machine.Observers, Ram, DirtyLog.NeedsFaults(sources, Ram));
    }

    /// <summary>Starts recording the faults, copies, reclaim, swapping and unmapping of all processes.</summary>
    /// <param name="capacity">The most events kept for <see cref="EventRecorder.Drain"/>; beyond that, the oldest are lost.</param>
    /// <exception cref="InvalidOperationException">There is a recorder already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is not 1 to <see cref="EventRecorder.CapacityMax"/>.</exception>
    public EventRecorder RecordEvents(int capacity = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, EventRecorder.CapacityMax);
        using SlowPathHold hold = _callers.Hold();
        return _parts.Machine.Events.Log is null
            ? new(_parts.Machine, capacity)
            : throw new InvalidOperationException("This engine's events are being recorded already: dispose the other recorder first.");
    }

    /// <summary>Takes the slow path for several calls, so that no call or fault of another thread comes between them.</summary>
    /// <returns>Ends the hold when it is disposed, on the same thread.</returns>
    /// <remarks>Outside such a hold each call takes its own. Without threads it does nothing.</remarks>
    public EngineHold EnterSlowPath() => new(_callers.Hold());

    /// <summary>Begins a call of the host: in an engine with many threads, takes the slow path until disposed.</summary>
    internal SlowPathHold Hold() => _callers.Hold();

    /// <summary>Checks that the engine may be used now: for an embedder whose own calls begin outside the engine.</summary>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    /// <exception cref="InvalidOperationException">The engine belongs to another thread.</exception>
    public void CheckCaller() => _callers.EnterToRead();

    /// <summary>The address at which the kernel half of every address space maps a frame of the first 896 MiB. Linux: __va.</summary>
    public static VirtualAddress KernelAddressOf(FrameNumber frame) => KernelHalf.AddressOf(frame);

    /// <summary>Hands the engine to the calling thread. The caller ensures that the old thread has finished.</summary>
    public void BindToCurrentThread() => _callers.Bind();

    /// <summary>Recounts everything from the raw bytes and checks each rule of docs/INVARIANTS.md. Changes nothing; allocates.</summary>
    public AuditReport Audit()
    {
        using SlowPathHold hold = _callers.Hold();
        return EngineAudit.Run(_parts, _processes.Descriptors, _processes.Snapshots);
    }

    /// <summary>Reports what is held after the last process has exited: frames, tables, areas, open files, committed pages.</summary>
    /// <param name="countsFiles">True if no file and no cached page may be left either.</param>
    /// <returns>A finding for each kind. Rule names begin with L.</returns>
    /// <remarks>Snapshots, pins, and frames of the host count as held. Cost: O(files).</remarks>
    public AuditReport FindLeaks(bool countsFiles = false)
    {
        using SlowPathHold hold = _callers.Hold();
        AuditReport report = new();
        LeakAudit.Run(_parts, countsFiles, report);
        return report;
    }

    /// <summary>Writes dirty pages to their files, closes the files, and returns all memory to the host.</summary>
    /// <remarks>
    /// The engine's objects throw <see cref="ObjectDisposedException"/> afterwards. Spans of its RAM must not be used.
    /// An exception of a backing is thrown at the end, when everything is closed.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The engine belongs to another thread, one of its callbacks runs, or another thread's virtual processor runs.
    /// </exception>
    public void Dispose()
    {
        if (_callers.IsClosed) return;
        using SlowPathHold hold = _callers.HoldToDispose();
        EngineThreads.ThrowIfOthersRun(_callers);    // before any change
        _parts.Files.OpenFiles.CloseAllBackings();    // writes dirty pages, so RAM and the guard must still be there
        _callers.Close();    // from here on every use throws instead of reading freed memory
        _processes.Dispose();    // detaches the caches before their pool goes with the parts
        _parts.Dispose();
        _callers.Leave();
    }
}
