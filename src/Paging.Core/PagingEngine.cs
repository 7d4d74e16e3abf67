using System.Diagnostics;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Core.Verification;
using Paging.Native;
using Paging.Native.Allocation;

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
    private readonly ThreadGuard _guard;

    /// <summary>Builds an engine with the default options.</summary>
    public PagingEngine() : this(new EngineOptions()) { }

    /// <summary>Builds an engine.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public PagingEngine(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        FrameCount ram = EngineOptions.Validate(options);
        _parts = new(ram, options.ToSettings());
        _guard = _parts.Machine.Guard;
        _processes = new(_parts);
        _parts.Reclaim.Pressure.LastResort = new OutOfMemory(_parts, _processes);    // late: it needs the processes, which need the parts
    }

    /// <summary>The last thread that <see cref="EngineThreads.StartBackground"/> has started, or null.</summary>
    internal BackgroundWork? Background { get; set; }

    /// <summary>The options it was built with.</summary>
    public EngineOptions Options { get; }

    /// <summary>Physical memory.</summary>
    public PhysicalMemory Ram => _parts.Machine.Ram;

    /// <summary>Returns the number of frames in a state.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such state.</exception>
    public FrameCount CountFrames(FrameState state)
    {
        if (state > FrameState.Allocated) throw new ArgumentOutOfRangeException(nameof(state), state, "There is no such state of a frame.");
        return Entered.Machine.Frames.CountOf(state);
    }

    /// <summary>Returns a copy of a frame's descriptor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public FrameDescriptor DescribeFrame(FrameNumber frame) => _parts.Machine.DescribeFrame(frame);

    /// <summary>Takes 2^order consecutive frames for the host's own use, such as a device's memory.</summary>
    /// <returns>False if there is no such block.</returns>
    public bool TryTakeFrames(int order, out FrameNumber first)
    {
        using SlowPathTurn turn = _guard.TakeTurn();
        return _parts.Machine.TryTakeForHost(order, needsLow: false, out first);
    }

    /// <summary>Gives back the frames that <see cref="TryTakeFrames"/> returned.</summary>
    /// <exception cref="ArgumentException">The frames are not 2^order frames that the host took.</exception>
    public void ReturnFrames(FrameNumber first, int order)
    {
        using SlowPathTurn turn = _guard.TakeTurn();
        FreeLists.CheckOrder(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first.Value + (1ul << order), Ram.FrameCount.Value, nameof(first));
        for (uint i = 0; i < 1u << order; i++)    // all of them, before any is freed
            _parts.Machine.RequireTaken(first + new FrameCount(i), nameof(first));
        foreach (FileObject file in _parts.Files.OpenFiles.Objects)
        {
            bool isShown = file is { IsAlive: true, Kind: FileKind.Device, Device: null }    // no device: a file of the host's frames
                && first.Value < file.HostFrames.Value + file.PageLimit && file.HostFrames.Value < first.Value + (1ul << order);
            if (isShown) throw new ArgumentException($"Frames of this block are still shown by '{file.Name}'.", nameof(first));
        }

        _parts.Machine.Allocator.FreeBlock(first, order);
    }

    /// <summary>The number of processes that have not been reaped.</summary>
    public int ProcessCount { get { _guard.EnterToRead(); return _processes.Count; } }

    /// <summary>The processes, in the order of their numbers.</summary>
    public IEnumerable<UserProcess> Processes
    {
        get
        {
            using SlowPathTurn turn = _guard.TakeTurn();
            return _processes.All;
        }
    }

    /// <summary>The fault counters of all processes, including ended ones.</summary>
    public FaultCounters Faults
    {
        get
        {
            FaultCounters sum = _processes.EndedFaults;
            foreach (UserProcess process in Processes) sum.Add(process.Space.Faults);
            return sum;
        }
    }

    /// <summary>The counters of the page cache.</summary>
    public CacheCounters CacheCounters => Entered.Files.Cache.Counters;

    /// <summary>The number of pages of files in RAM.</summary>
    public FrameCount CachedPages => new(Entered.Files.Cache.PageCount);

    /// <summary>The number of cached pages that are newer than their backings.</summary>
    public FrameCount DirtyPages => new(Entered.Files.Dirty.PageCount);

    /// <summary>The numbers of frames that should be free. Below the low mark, <see cref="RunBackground"/> frees some.</summary>
    public Watermarks Watermarks => Entered.Reclaim.Reclaimer.Watermarks;

    /// <summary>The counters of reclaim and swap.</summary>
    public ReclaimCounters Reclaimed => Entered.Files.Statistics.Counters;

    /// <summary>The swap devices in use, in the order in which they are filled.</summary>
    public IReadOnlyList<SwapDevice> SwapDevices => Entered.Files.Swap.Devices;

    /// <summary>Switches a swap device on without a priority, as swapon(2) does. It is filled after all earlier ones.</summary>
    /// <returns>As for <see cref="SwapOn(ISwapStore, int, out SwapDevice?)"/>.</returns>
    public Errno SwapOn(ISwapStore store, out SwapDevice? device) => SwitchOn(store, priority: null, out device);

    /// <summary>Switches a swap device on, as swapon(2) does. Devices of the same priority are filled in turn.</summary>
    /// <remarks>The engine disposes the store when the device is switched off, or with itself.</remarks>
    /// <returns>EPERM: 16 devices are on. EBUSY: the store is on already. EINVAL: no slot, or more than 2^24 (PAE: 2^27).</returns>
    public Errno SwapOn(ISwapStore store, int priority, out SwapDevice? device) => SwitchOn(store, priority, out device);

    private Errno SwitchOn(ISwapStore store, int? priority, out SwapDevice? device)
    {
        ArgumentNullException.ThrowIfNull(store);
        using SlowPathTurn turn = _guard.TakeTurn();
        return _guard.Leave(_parts.Files.Swap.SwitchOn(GuardedSwapStore.Around(store, _guard), priority, out device));
    }

    /// <summary>Reads back every page on a device and switches it off, as swapoff(2) does.</summary>
    /// <returns>EINVAL: not on. ENOMEM: no room for its pages. EIO: a page cannot be read.</returns>
    /// <remarks>After an error the device stays on, and nothing is lost.</remarks>
    public Errno SwapOff(SwapDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        using SlowPathTurn turn = _guard.TakeTurn();
        return _guard.Leave(_parts.SwapOff.Execute(device));
    }

    /// <summary>The memory groups, the one without a limit first.</summary>
    public IReadOnlyList<MemoryGroup> MemoryGroups => Entered.Reclaim.Groups.All;

    /// <summary>Creates a memory group. Processes join it when they are created (<see cref="ProcessOptions.Group"/>).</summary>
    /// <returns>ENOSPC: there are 256 groups already.</returns>
    public Errno CreateGroup(MemoryGroupOptions options, out MemoryGroup? group)
    {
        ArgumentNullException.ThrowIfNull(options);
        using SlowPathTurn turn = _guard.TakeTurn();
        return _guard.Leave(_parts.Reclaim.Groups.Create(options, out group));
    }

    /// <summary>Removes a group without processes. Its remaining pages are charged to the group without a limit.</summary>
    /// <returns>EBUSY: it has processes, or is the group without a limit. EINVAL: it was removed before.</returns>
    public Errno RemoveGroup(MemoryGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        using SlowPathTurn turn = _guard.TakeTurn();
        return _parts.Reclaim.Groups.Remove(group);
    }

    /// <summary>Recounts the memory of the whole machine in a pass over all frame descriptors. Allocates.</summary>
    public MachineMemory Memory
    {
        get
        {
            using SlowPathTurn turn = _guard.TakeTurn();
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
            using SlowPathTurn turn = _guard.TakeTurn();
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
            using SlowPathTurn turn = _guard.TakeTurn();
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
            using SlowPathTurn turn = _guard.TakeTurn();
            _parts.Machine.Commitment.Ratio = value;
        }
    }

    internal EngineParts Parts => _parts;

    internal ProcessTable ProcessTable => _processes;

    /// <summary>The parts, for a call of the host that only reads.</summary>
    private EngineParts Entered
    {
        get
        {
            _guard.EnterToRead();
            return _parts;
        }
    }

    /// <summary>Creates a process with an empty user half, the kernel half, and the flexible layout of an 8 MiB stack.</summary>
    /// <exception cref="InvalidOperationException">RAM has no frame for its page directory.</exception>
    public UserProcess CreateProcess(string name) => CreateProcess(name, ProcessOptions.Default);

    /// <summary>Creates a process with an empty user half and the kernel half.</summary>
    /// <exception cref="InvalidOperationException">RAM has no frame for its page directory.</exception>
    public UserProcess CreateProcess(string name, ProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        using SlowPathTurn turn = _guard.TakeTurn();
        if (options.FindBrokenRule(_parts.Reclaim.Groups) is { } rule) throw new ArgumentException(rule, nameof(options));
        bool isCreated = _processes.TryCreate(name, options, out UserProcess? process);    // may reclaim, and so call the host
        _guard.Leave();
        return isCreated
            ? process!
            : throw new InvalidOperationException("Cannot create a process: the engine's RAM has no free frame for its page directory.");
    }

    /// <summary>Creates a file that exists in the engine's RAM only, as in tmpfs.</summary>
    /// <remarks>It exists until <see cref="GuestFile.Dispose"/> was called and nothing uses it any more.</remarks>
    public GuestFile CreateMemoryFile(string name, long byteLength = 0)
    {
        ArgumentNullException.ThrowIfNull(name);
        GuestFile.CheckLength(byteLength, nameof(byteLength));
        using SlowPathTurn turn = _guard.TakeTurn();
        return NewFile(_parts.Files.OpenFiles.CreateObject(name, FileKind.Memory, byteLength));
    }

    /// <summary>Creates a file whose pages cache a backing. The engine owns the backing and disposes it after the last use.</summary>
    public GuestFile CreateFile(string name, IFileBacking backing, FileRights rights = FileRights.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(backing);
        using SlowPathTurn turn = _guard.TakeTurn();
        long byteLength = backing.ByteLength;
        GuestFile.CheckLength(byteLength, nameof(backing));
        IFileBacking guarded = GuardedBacking.Around(backing, _guard);
        return NewFile(_parts.Files.OpenFiles.CreateObject(name, FileKind.Backed, byteLength, guarded, rights & FileRights.ReadWrite));
    }

    /// <summary>Opens a file of the host through the page cache. Opening the same path again shares the pages.</summary>
    /// <param name="path">The host's path.</param>
    /// <param name="rights">The rights with which processes may open it.</param>
    /// <param name="create">True to create the file if it does not exist.</param>
    /// <exception cref="IOException">The host cannot open it.</exception>
    /// <exception cref="UnauthorizedAccessException">The host does not allow these rights.</exception>
    public GuestFile OpenHostFile(string path, FileRights rights = FileRights.ReadWrite, bool create = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SlowPathTurn turn = _guard.TakeTurn();
        FileMode mode = create ? FileMode.OpenOrCreate : FileMode.Open;
        return NewFile(_parts.Files.OpenFiles.HostFiles.Open(_parts.Files.OpenFiles, path, rights, mode));
    }

    /// <summary>Creates a directory, which can be opened for reading but neither read as a file nor mapped.</summary>
    public GuestFile CreateDirectory(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using SlowPathTurn turn = _guard.TakeTurn();
        return NewFile(_parts.Files.OpenFiles.CreateObject(name, FileKind.Directory, 0, rights: FileRights.Read));
    }

    internal GuestFile NewFile(FileObject file) =>
        new(_guard, _parts.Reclaim.Groups, _parts.Io.Calls, _parts.Files.Cache, _parts.Machine.Areas, file);

    /// <summary>Does one turn of background work. Call it at regular intervals, as from a timer.</summary>
    /// <returns>The pages written or collapsed and frames freed or zeroed; above the budget only by the rest of a huge page.</returns>
    /// <remarks>
    /// Writes old dirty pages, and others if too many are dirty. Frees frames if few are free. Collapses small pages into huge ones
    /// (<see cref="EngineOptions.CollapseScanPages"/>). Zeroes frames (<see cref="EngineOptions.ZeroedFrames"/>).
    /// The engine does nothing on its own: without this call pages are written by fsync, msync, and processes that dirty too many.
    /// </remarks>
    public int RunBackground(int pageBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageBudget);
        using SlowPathTurn turn = _guard.TakeTurn();
        uint done = _parts.Files.Background.Run((uint)pageBudget);    // first: reclaim frees clean pages without a write
        done += _parts.Reclaim.Reclaimer.RunBackground(Rest(done));
        done += _parts.Daemon?.Run(Rest(done)) ?? 0;
        _guard.Leave();
        return (int)(done + _parts.Machine.Allocator.ZeroAhead((uint)Options.ZeroedFrames, Rest(done)));
        uint Rest(uint done) => (uint)Math.Max(0, pageBudget - (long)done);    // reclaim evicts a huge page whole, beyond its budget
    }

    /// <summary>Writes everything dirty and makes it durable, as sync(2) does. fsync reports the errors later.</summary>
    public void SynchronizeAll()
    {
        using SlowPathTurn turn = _guard.TakeTurn();
        _parts.Files.Writeback.SynchronizeAll();
        _guard.Leave();
    }

    /// <summary>Drops the clean pages of files that no process maps. Linux: fs/drop_caches.c.</summary>
    public void DropCaches()
    {
        using SlowPathTurn turn = _guard.TakeTurn();
        foreach (FileObject file in _parts.Files.OpenFiles.Objects)
        {
            if (!file.IsMemory) _parts.Files.Cache.DropUnused(file, FilePageRange.All);    // memory files have no other copy
        }

        _guard.Leave();
    }

    /// <summary>Checks that the engine may be used now: for an embedder whose own calls begin outside the engine.</summary>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    /// <exception cref="InvalidOperationException">The engine belongs to another thread.</exception>
    public void Enter() => _guard.EnterToRead();

    /// <summary>The address at which the kernel half of every address space maps a frame of the first 896 MiB. Linux: __va.</summary>
    public static VirtualAddress KernelAddressOf(FrameNumber frame) => KernelHalf.AddressOf(frame);

    /// <summary>Hands the engine to the calling thread. The caller ensures that the old thread has finished.</summary>
    public void BindToCurrentThread() => _guard.Bind();

    /// <summary>Recounts everything from the raw bytes and checks each rule of docs/INVARIANTS.md. Changes nothing; allocates.</summary>
    public AuditReport Audit()
    {
        using SlowPathTurn turn = _guard.TakeTurn();
        return EngineAudit.Run(_parts, _processes.Descriptors, _processes.Snapshots);
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
        if (_guard.IsClosed) return;
        using SlowPathTurn turn = _guard.TakeTurnToDispose();
        EngineThreads.ThrowIfOthersRun(_guard);    // before any change
        _parts.Files.OpenFiles.CloseAllBackings();    // writes dirty pages, so RAM and the guard must still be there
        _guard.Close();    // from here on every use throws instead of reading freed memory
        _processes.Dispose();    // detaches the caches before their pool goes with the parts
        _parts.Dispose();
        _guard.Leave();
    }
}
