using System.Diagnostics;
using System.Runtime.CompilerServices;
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

    private readonly ProcessTable _processes;
    private OwnerThread _owner;    // nobody once disposed: one question finds both kinds of misuse

    /// <summary>Builds an engine with the default options.</summary>
    public PagingEngine() : this(new EngineOptions()) { }

    /// <summary>Builds an engine.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public PagingEngine(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _owner.Become(Thread.CurrentThread);
        Options = options;
        FrameCount frameCount = EngineOptions.Validate(options);

        // Native: what there is.
        Ram = new(frameCount, options.RequestHostHugePages) { IsOwned = true };
        Frames = new(frameCount);
        Lists = new(Frames);
        Allocator = new(Ram, Frames, Injection);
        Translations = new(options.AttachedSpacesMax);
        KernelHalf = new(Ram, Frames, Allocator);

        // Core: what is agreed about it.
        Commitment = new(options.Overcommit, options.OvercommitRatio, frameCount.Value);
        MaxMapCount = options.MaxMapCount;
        AreaSlab = new(Injection);
        AreaNodes = new(Injection);
        RootSlab = new(Injection);
        LinkSlab = new(Injection);
        Roots = new(AreaSlab, RootSlab, LinkSlab);
        Swap = new(this);
        SharedSwap = new(this);
        SwapPrefetch = new(this);
        ReverseMap = new(this);
        Reclaim = new(this);
        Groups = new(this);
        OutOfMemory = new(this);
        Cache = new(this);
        Files = new(this);
        Mappings = new(this);
        Reader = new(this);
        ReadAhead = new(this);
        MappedReadAhead = new(this);
        Writeback = new(this);
        Background = new(this);
        Pressure = new(this);
        FileIo = new(this);
        DirectIo = new(this);
        FileSizes = new(this);
        FileHints = new(this);
        FaultHandler = new(this);
        _processes = new(this);
        Programs = new(this);
    }

    /// <summary>What it was built with.</summary>
    public EngineOptions Options { get; }

    /// <summary>Physical memory.</summary>
    public PhysicalMemory Ram { get; }

    /// <summary>How many frames are in a state.</summary>
    public FrameCount CountFrames(FrameState state) => Frames.CountOf(state);

    /// <summary>What is known of a frame: a copy of its descriptor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public FrameDescriptor DescribeFrame(FrameNumber frame) => Frames.Describe(frame);

    /// <summary>Free blocks of frames by order.</summary>
    public FreeBlockCounts FreeBlocks => Allocator.FreeBlockCounts;

    /// <summary>The line of /proc/buddyinfo: free blocks of each order.</summary>
    public string FormatBuddyInfo() => Allocator.FormatBuddyInfo();

    /// <summary>Takes 2^order frames in a row for the host's own use, a device's memory for instance. False: there is no such block.</summary>
    public bool TryTakeFrames(int order, out FrameNumber first)
    {
        EnterSlowPath();
        if (!Allocator.TryAllocateBlock(order, FrameState.Kernel, out first)) return false;
        for (uint i = 0; i < 1u << order; i++) Frames[first + new FrameCount(i)].Owner = HostOwner;
        return true;
    }

    /// <summary>Gives back what <see cref="TryTakeFrames"/> gave.</summary>
    /// <exception cref="ArgumentException">They are not 2^order frames that the host has taken.</exception>
    public void ReturnFrames(FrameNumber first, int order)
    {
        EnterSlowPath();
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)order, (uint)BuddyAllocator.OrderMax, nameof(order));
        for (uint i = 0; i < 1u << order; i++)
        {
            if (Frames.Describe(first + new FrameCount(i)) is not { State: FrameState.Kernel, Owner: HostOwner })
                throw new ArgumentException($"Frame {first.Value + i:x5} was not taken by the host.", nameof(first));
        }

        Allocator.FreeBlock(first, order);
    }

    /// <summary>Executes programs: reads their images, lays out address spaces, maps libraries.</summary>
    public ProgramLoader Programs { get; }

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
            foreach (Process process in Processes) sum.Add(process.Memory.Faults);
            return sum;
        }
    }

    /// <summary>What the page cache has done.</summary>
    public CacheCounters CacheCounters => Cache.Counters;

    /// <summary>Pages of files in RAM.</summary>
    public FrameCount CachedPages => new(Cache.PageCount);

    /// <summary>Cached pages that their backings do not have yet.</summary>
    public FrameCount DirtyPages => new(Cache.Dirty.PageCount);

    /// <summary>How many frames should be free: below the low mark, <see cref="RunBackground"/> has work.</summary>
    public Watermarks Watermarks => Reclaim.Watermarks;

    /// <summary>What memory pressure has done so far.</summary>
    public ReclaimCounters Reclaimed => Reclaim.Counters;

    /// <summary>The swap devices that are on, the one to be filled first first.</summary>
    public IReadOnlyList<SwapDevice> SwapDevices => Swap.Devices;

    /// <summary>swapon(2) without a priority: the device is filled after all that were switched on before.</summary>
    /// <returns>As the other <see cref="SwapOn(ISwapStore, int, out SwapDevice?)"/>.</returns>
    public Errno SwapOn(ISwapStore store, out SwapDevice? device) => SwapOn(store, Swap.NextPriority(), out device);

    /// <summary>swapon(2): pages may go out to the store from now on. Devices of one priority are filled in turn. The engine disposes it when it is switched off, or with itself.</summary>
    /// <returns>EPERM: 16 devices are on; EINVAL: no slot, or more than 2^24.</returns>
    public Errno SwapOn(ISwapStore store, int priority, out SwapDevice? device)
    {
        ArgumentNullException.ThrowIfNull(store);
        EnterSlowPath();
        return Swap.TrySwitchOn(store, priority, out device);
    }

    /// <summary>swapoff(2): brings every page back that lies on the device, and switches it off.</summary>
    /// <returns>EINVAL: not on; ENOMEM: no room for its pages; EIO: a page cannot be read. The device stays on then, and nothing is lost.</returns>
    public Errno SwapOff(SwapDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        EnterSlowPath();
        return Core.SwapOff.Execute(this, device);
    }

    /// <summary>The groups of processes, the one without a limit first.</summary>
    public IReadOnlyList<MemoryGroup> MemoryGroups => Groups.All;

    /// <summary>Makes a group of processes that may have so many frames and no more. Processes join it when they are made (<see cref="ProcessOptions.Group"/>).</summary>
    /// <returns>ENOSPC: there are 256 already.</returns>
    public Errno CreateGroup(MemoryGroupOptions options, out MemoryGroup? group)
    {
        ArgumentNullException.ThrowIfNull(options);
        EnterSlowPath();
        return Groups.TryCreate(options, out group);
    }

    /// <summary>Ends a group whose processes have ended; what outlives them is charged to the one without a limit.</summary>
    /// <returns>EBUSY: it has processes, or is that one; EINVAL: not a group any more.</returns>
    public Errno RemoveGroup(MemoryGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        EnterSlowPath();
        return Groups.Remove(group);
    }

    internal FrameTable Frames { get; }
    internal FrameLists Lists { get; }
    internal BuddyAllocator Allocator { get; }
    internal FaultInjection Injection { get; } = new();
    internal SwapSpace Swap { get; }
    internal SharedMemorySwap SharedSwap { get; }
    internal SwapPrefetch SwapPrefetch { get; }
    internal ReverseMap ReverseMap { get; }
    internal Reclaimer Reclaim { get; }
    internal MemoryGroups Groups { get; }
    internal OutOfMemory OutOfMemory { get; }
    internal TranslationPool Translations { get; }
    internal KernelHalf KernelHalf { get; }
    internal Commitment Commitment { get; }
    internal NativeSlab<Area> AreaSlab { get; }
    internal RadixForest AreaNodes { get; }
    internal NativeSlab<AnonymousRoot> RootSlab { get; }
    internal NativeSlab<AnonymousLink> LinkSlab { get; }
    internal AnonymousRoots Roots { get; }
    internal PageCache Cache { get; }
    internal OpenFileTable Files { get; }
    internal FileMappings Mappings { get; }
    internal PageReader Reader { get; }
    internal ReadAhead ReadAhead { get; }
    internal MappedReadAhead MappedReadAhead { get; }
    internal Writeback Writeback { get; }
    internal BackgroundWriteback Background { get; }
    internal MemoryPressure Pressure { get; }
    internal FileIo FileIo { get; }
    internal DirectIo DirectIo { get; }
    internal FileSizes FileSizes { get; }
    internal FileHints FileHints { get; }
    internal PageFaultHandler FaultHandler { get; }
    internal int MaxMapCount { get; set; }

    /// <summary>Makes a process with an empty user half, the kernel half, and the flexible layout of an 8 MiB stack.</summary>
    /// <exception cref="InvalidOperationException">RAM has no frame for its page directory.</exception>
    public Process CreateProcess(string name) => CreateProcess(name, ProcessOptions.Default);

    /// <summary>Makes a process with an empty user half and the kernel half.</summary>
    /// <exception cref="InvalidOperationException">RAM has no frame for its page directory.</exception>
    public Process CreateProcess(string name, ProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        EnterSlowPath();
        return _processes.TryCreate(name, options, out Process? process)
            ? process
            : throw new InvalidOperationException("The engine's RAM has no frame for another page directory.");
    }

    /// <summary>Makes a file that lives in the engine's RAM only, as in tmpfs. It stays until <see cref="GuestFile.Dispose"/> and the last use are over.</summary>
    public GuestFile CreateMemoryFile(string name, long byteLength = 0)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        EnterSlowPath();
        return new(this, Files.CreateObject(name, FileKind.Memory, byteLength));
    }

    /// <summary>Makes a file whose pages are a cache of a backing. The engine owns the backing and disposes it after the last use.</summary>
    public GuestFile CreateFile(string name, IFileBacking backing, FileRights rights = FileRights.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(backing);
        EnterSlowPath();
        return new(this, Files.CreateObject(name, FileKind.Backed, backing.ByteLength, backing, rights));
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
        EnterSlowPath();
        return new(this, Files.HostFiles.Open(Files, path, rights, create ? FileMode.OpenOrCreate : FileMode.Open));
    }

    /// <summary>Makes a directory: something that can be opened for reading, but neither read as a file nor mapped.</summary>
    public GuestFile CreateDirectory(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        EnterSlowPath();
        return new(this, Files.CreateObject(name, FileKind.Directory, 0, rights: FileRights.Read));
    }

    /// <summary>One turn of the background work: writes old dirty pages, or some of too many, frees frames if few are free, zeroes frames ahead if it is to. Call it as often as a timer would tick.</summary>
    /// <returns>How many pages were written and frames freed or zeroed, at most the budget. 0: nothing is due.</returns>
    /// <remarks>Nothing runs behind your back: without this call pages are written by fsync, msync, and by whoever dirties too many.</remarks>
    public int RunBackground(int pageBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageBudget);
        EnterSlowPath();
        uint done = Background.Run((uint)pageBudget);
        done += Reclaim.RunBackground((uint)pageBudget - done);
        return (int)(done + Allocator.ZeroAhead((uint)Options.ZeroedFrames, (uint)pageBudget - done));
    }

    /// <summary>sync(2): writes all that is dirty and makes it durable. Errors are kept for fsync.</summary>
    public void SynchronizeAll()
    {
        EnterSlowPath();
        Writeback.SynchronizeAll();
    }

    /// <summary>The text of /proc/meminfo.</summary>
    public string FormatMeminfo() => MemoryInfo.FormatMeminfo(this);

    /// <summary>The text of /proc/vmstat, as far as the engine has the figures.</summary>
    public string FormatVmstat() => MemoryInfo.FormatVmstat(this);

    /// <summary>The text of /proc/swaps.</summary>
    public string FormatSwaps() => SwapsReport.Format(this);

    /// <summary>Hands the engine to the calling thread. The caller sees to it that the old one has finished.</summary>
    public void BindToCurrentThread()
    {
        ObjectDisposedException.ThrowIf(_owner.Thread is null, this);
        _owner.Become(Thread.CurrentThread);
    }

    /// <summary>Recounts everything from the raw bytes: docs/INVARIANTS.md, each rule by its name. Changes nothing; allocates.</summary>
    public AuditReport Audit()
    {
        EnterSlowPath();
        return EngineAudit.Run(this);
    }

    /// <summary>Writes what is dirty to its files, closes them, and gives all memory back to the host. Processes, spaces and spans of this engine must not be used any more.</summary>
    public void Dispose()
    {
        if (_owner.Thread is null) return;
        Files.CloseAllBackings();
        _owner.Become(null);
        _processes.Dispose();
        Translations.Dispose();
        Swap.Dispose();
        Files.Dispose();
        Cache.Dispose();
        LinkSlab.Dispose();
        RootSlab.Dispose();
        AreaNodes.Dispose();
        AreaSlab.Dispose();
        Frames.Dispose();
        Ram.Release();
    }

    internal ProcessTable ProcessTable => _processes;

    internal AddressSpace SpaceOf(SpaceIndex index) => _processes.SpaceOf(index);

    /// <summary>Every system call, fault and missed translation passes here; hits do not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EnterSlowPath()
    {
        if (!_owner.IsHere) ThrowMisuse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowMisuse()
    {
        ObjectDisposedException.ThrowIf(_owner.Thread is null, this);
        throw new InvalidOperationException(
            $"This engine belongs to thread {_owner.Thread.ManagedThreadId} and was called from thread {Environment.CurrentManagedThreadId}. One engine serves one thread; hand it over with BindToCurrentThread.");
    }
}
