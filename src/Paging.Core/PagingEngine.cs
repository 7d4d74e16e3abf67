using System.Diagnostics;
using System.Runtime.CompilerServices;
using Paging.Core.Accounting;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.SystemCalls;
using Paging.Core.Verification;
using Paging.Native;

namespace Paging.Core;

/// <summary>A machine's memory: RAM, frames, the page cache, and the processes that share them.</summary>
/// <remarks>
/// Belongs to the thread that made it, or that called <see cref="BindToCurrentThread"/>: any other thread is told so by an
/// <see cref="InvalidOperationException"/> at its first system call, fault or missed translation. Deterministic: the same options and the same
/// calls give the same results, addresses and reports. Nothing is allocated on the managed heap by faults and system calls once warm.
/// </remarks>
[DebuggerDisplay("{Ram.FrameCount} frames, {ProcessCount} processes")]
public sealed class PagingEngine : IDisposable
{
    /// <summary>The owner in the descriptors of frames that the host has taken.</summary>
    private const uint HostOwner = uint.MaxValue;

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
        _parts.Reclaim.Pressure.LastResort = new OutOfMemory(_parts, _processes);
    }

    /// <summary>What it was built with.</summary>
    public EngineOptions Options { get; }

    /// <summary>Physical memory.</summary>
    public PhysicalMemory Ram => _parts.Machine.Ram;

    /// <summary>How many frames are in a state.</summary>
    public FrameCount CountFrames(FrameState state) => _parts.Machine.Frames.CountOf(state);

    /// <summary>What is known of a frame: a copy of its descriptor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public FrameDescriptor DescribeFrame(FrameNumber frame) => _parts.Machine.Frames.Describe(frame);

    /// <summary>Free blocks of frames by order.</summary>
    public FreeBlockCounts FreeBlocks => _parts.Machine.Allocator.FreeBlockCounts;

    /// <summary>Takes 2^order frames in a row for the host's own use, a device's memory for instance. False: there is no such block.</summary>
    public bool TryTakeFrames(int order, out FrameNumber first)
    {
        _guard.Enter();
        if (!_parts.Machine.Allocator.TryAllocateBlock(order, FrameState.Kernel, out first)) return false;
        for (uint i = 0; i < 1u << order; i++) _parts.Machine.Frames[first + new FrameCount(i)].Owner = HostOwner;
        return true;
    }

    /// <summary>Gives back what <see cref="TryTakeFrames"/> gave.</summary>
    /// <exception cref="ArgumentException">They are not 2^order frames that the host has taken.</exception>
    public void ReturnFrames(FrameNumber first, int order)
    {
        _guard.Enter();
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)order, (uint)BuddyAllocator.OrderMax, nameof(order));
        for (uint i = 0; i < 1u << order; i++)
        {
            if (_parts.Machine.Frames.Describe(first + new FrameCount(i)) is not { State: FrameState.Kernel, Owner: HostOwner })
                throw new ArgumentException($"Frame {first.Value + i:x5} was not taken by the host.", nameof(first));
        }

        _parts.Machine.Allocator.FreeBlock(first, order);
    }

    /// <summary>Processes that have not been reaped.</summary>
    public int ProcessCount => _processes.Count;

    /// <summary>The processes, in the order of their numbers.</summary>
    public IEnumerable<Process> Processes => _processes.All;

    /// <summary>What the faults of all processes were, those that have ended included.</summary>
    public FaultCounters Faults
    {
        get
        {
            FaultCounters sum = _processes.EndedFaults;
            foreach (Process process in Processes) sum.Add(process.Memory.Space.Faults);
            return sum;
        }
    }

    /// <summary>What the page cache has done.</summary>
    public CacheCounters CacheCounters => _parts.Files.Cache.Counters;

    /// <summary>Pages of files in RAM.</summary>
    public FrameCount CachedPages => new(_parts.Files.Cache.PageCount);

    /// <summary>Cached pages that their backings do not have yet.</summary>
    public FrameCount DirtyPages => new(_parts.Files.Dirty.PageCount);

    /// <summary>How many frames should be free: below the low mark, <see cref="RunBackground"/> has work.</summary>
    public Watermarks Watermarks => _parts.Reclaim.Reclaimer.Watermarks;

    /// <summary>What memory pressure has done so far.</summary>
    public ReclaimCounters Reclaimed => _parts.Files.Statistics.Counters;

    /// <summary>The swap devices that are on, the one to be filled first first.</summary>
    public IReadOnlyList<SwapDevice> SwapDevices => _parts.Files.Swap.Devices;

    /// <summary>swapon(2) without a priority: the device is filled after all that were switched on before.</summary>
    /// <returns>As the other <see cref="SwapOn(ISwapStore, int, out SwapDevice?)"/>.</returns>
    public Errno SwapOn(ISwapStore store, out SwapDevice? device) => SwapOn(store, _parts.Files.Swap.NextPriority(), out device);

    /// <summary>swapon(2): pages may go out to the store from now on. Devices of one priority are filled in turn. The engine disposes it when it is switched off, or with itself.</summary>
    /// <returns>EPERM: 16 devices are on; EINVAL: no slot, or more than 2^24.</returns>
    public Errno SwapOn(ISwapStore store, int priority, out SwapDevice? device)
    {
        ArgumentNullException.ThrowIfNull(store);
        _guard.Enter();
        return _parts.Files.Swap.TrySwitchOn(store, priority, out device);
    }

    /// <summary>swapoff(2): brings every page back that lies on the device, and switches it off.</summary>
    /// <returns>EINVAL: not on; ENOMEM: no room for its pages; EIO: a page cannot be read. The device stays on then, and nothing is lost.</returns>
    public Errno SwapOff(SwapDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        _guard.Enter();
        return _parts.SwapOff.Execute(device);
    }

    /// <summary>The groups of processes, the one without a limit first.</summary>
    public IReadOnlyList<MemoryGroup> MemoryGroups => _parts.Reclaim.Groups.All;

    /// <summary>Makes a group of processes that may have so many frames and no more. Processes join it when they are made (<see cref="ProcessOptions.Group"/>).</summary>
    /// <returns>ENOSPC: there are 256 already.</returns>
    public Errno CreateGroup(MemoryGroupOptions options, out MemoryGroup? group)
    {
        ArgumentNullException.ThrowIfNull(options);
        _guard.Enter();
        return _parts.Reclaim.Groups.TryCreate(options, out group);
    }

    /// <summary>Ends a group whose processes have ended; what outlives them is charged to the one without a limit.</summary>
    /// <returns>EBUSY: it has processes, or is that one; EINVAL: not a group any more.</returns>
    public Errno RemoveGroup(MemoryGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        _guard.Enter();
        return _parts.Reclaim.Groups.Remove(group);
    }

    /// <summary>The memory of the whole machine, recounted now: a pass over the descriptors of all frames. Allocates.</summary>
    public MachineMemory Memory
    {
        get
        {
            _guard.Enter();
            return _parts.Counting.Run();
        }
    }

    /// <summary>How many areas a process may have. Linux: vm.max_map_count.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set to a negative number.</exception>
    public int MaxMapCount
    {
        get => _parts.Machine.Areas.MaxMapCount;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _guard.Enter();
            _parts.Machine.Areas.MaxMapCount = value;
        }
    }

    /// <summary>When memory may be promised that is not there. Linux: vm.overcommit_memory.</summary>
    public OvercommitMode OvercommitMode
    {
        get => _parts.Machine.Commitment.Mode;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)OvercommitMode.Never, nameof(value));
            _guard.Enter();
            _parts.Machine.Commitment.Mode = value;
        }
    }

    /// <summary>The percentage of RAM that may be committed in mode 2. Linux: vm.overcommit_ratio.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set to a negative number.</exception>
    public int OvercommitRatio
    {
        get => _parts.Machine.Commitment.Ratio;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _guard.Enter();
            _parts.Machine.Commitment.Ratio = value;
        }
    }

    internal EngineParts Parts => _parts;

    /// <summary>Makes a process with an empty user half, the kernel half, and the flexible layout of an 8 MiB stack.</summary>
    /// <exception cref="InvalidOperationException">RAM has no frame for its page directory.</exception>
    public Process CreateProcess(string name) => CreateProcess(name, ProcessOptions.Default);

    /// <summary>Makes a process with an empty user half and the kernel half.</summary>
    /// <exception cref="InvalidOperationException">RAM has no frame for its page directory.</exception>
    public Process CreateProcess(string name, ProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        _guard.Enter();
        return _processes.TryCreate(name, options, out Process? process)
            ? process
            : throw new InvalidOperationException("The engine's RAM has no frame for another page directory.");
    }

    /// <summary>Makes a file that lives in the engine's RAM only, as in tmpfs. It stays until <see cref="GuestFile.Dispose"/> and the last use are over.</summary>
    public GuestFile CreateMemoryFile(string name, long byteLength = 0)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        _guard.Enter();
        return NewFile(_parts.Files.OpenFiles.CreateObject(name, FileKind.Memory, byteLength));
    }

    /// <summary>Makes a file whose pages are a cache of a backing. The engine owns the backing and disposes it after the last use.</summary>
    public GuestFile CreateFile(string name, IFileBacking backing, FileRights rights = FileRights.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(backing);
        _guard.Enter();
        return NewFile(_parts.Files.OpenFiles.CreateObject(name, FileKind.Backed, backing.ByteLength, backing, rights));
    }

    /// <summary>Opens a file of the host behind the page cache. The same path gives the same pages, however often it is opened.</summary>
    /// <param name="path">Where it is, for the host.</param>
    /// <param name="rights">What it may be opened for by processes.</param>
    /// <param name="create">True to make it where there is none.</param>
    /// <exception cref="IOException">The host cannot open it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened so.</exception>
    public GuestFile OpenHostFile(string path, FileRights rights = FileRights.ReadWrite, bool create = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _guard.Enter();
        return NewFile(_parts.Files.OpenFiles.HostFiles.Open(_parts.Files.OpenFiles, path, rights, create ? FileMode.OpenOrCreate : FileMode.Open));
    }

    /// <summary>Makes a directory: something that can be opened for reading, but neither read as a file nor mapped.</summary>
    public GuestFile CreateDirectory(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _guard.Enter();
        return NewFile(_parts.Files.OpenFiles.CreateObject(name, FileKind.Directory, 0, rights: FileRights.Read));
    }

    private GuestFile NewFile(FileObject file) =>
        new(_guard, _parts.Reclaim.Groups, _parts.Io.Calls, _parts.Files.Cache, _parts.Machine.Areas, file);

    /// <summary>One turn of the background work: writes old dirty pages, or some of too many, frees frames if few are free, zeroes frames ahead if it is to. Call it as often as a timer would tick.</summary>
    /// <returns>How many pages were written and frames freed or zeroed, at most the budget. 0: nothing is due.</returns>
    /// <remarks>Nothing runs behind your back: without this call pages are written by fsync, msync, and by whoever dirties too many.</remarks>
    public int RunBackground(int pageBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageBudget);
        _guard.Enter();
        uint done = _parts.Files.Background.Run((uint)pageBudget);
        done += _parts.Reclaim.Reclaimer.RunBackground((uint)pageBudget - done);
        return (int)(done + _parts.Machine.Allocator.ZeroAhead((uint)Options.ZeroedFrames, (uint)pageBudget - done));
    }

    /// <summary>sync(2): writes all that is dirty and makes it durable. Errors are kept for fsync.</summary>
    public void SynchronizeAll()
    {
        _guard.Enter();
        _parts.Files.Writeback.SynchronizeAll();
    }

    /// <summary>Drops the clean pages of files that no process maps. Linux: fs/drop_caches.c.</summary>
    public void DropCaches()
    {
        _guard.Enter();
        foreach (FileObject file in _parts.Files.OpenFiles.Objects)
        {
            if (!file.IsMemory) _parts.Files.Cache.DropUnused(file, 0, ulong.MaxValue);
        }
    }

    /// <summary>Forgets every cached translation that allows writing, of all processes: the next write to each page is translated again.</summary>
    /// <remarks>For a processor that keeps what it has decoded: <see cref="PhysicalMemory.Code"/> sees the next write to a frame that now holds code.</remarks>
    public void ForgetWriteTranslations()
    {
        _guard.Enter();
        foreach (Space space in _parts.Machine.Spaces.All) space.Translations.ForgetWrites();
    }

    /// <summary>Checks that the engine may be used now: for an embedder whose own calls begin outside the engine.</summary>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    /// <exception cref="InvalidOperationException">The engine belongs to another thread.</exception>
    public void Enter() => _guard.Enter();

    /// <summary>Where the kernel half of every address space shows a frame of the first 896 MiB. Linux: __va.</summary>
    public static VirtualAddress KernelAddressOf(FrameNumber frame) => KernelHalf.AddressOf(frame);

    /// <summary>Hands the engine to the calling thread. The caller sees to it that the old one has finished.</summary>
    public void BindToCurrentThread() => _guard.Bind();

    /// <summary>Recounts everything from the raw bytes: docs/INVARIANTS.md, each rule by its name. Changes nothing; allocates.</summary>
    public AuditReport Audit()
    {
        _guard.Enter();
        return EngineAudit.Run(_parts, _processes.Descriptors);
    }

    /// <summary>Writes what is dirty to its files, closes them, and gives all memory back to the host. Processes, spaces and spans of this engine must not be used any more.</summary>
    public void Dispose()
    {
        if (_guard.IsClosed) return;
        _parts.Files.OpenFiles.CloseAllBackings();
        _guard.Close();
        _processes.Dispose();
        _parts.Dispose();
    }
}
