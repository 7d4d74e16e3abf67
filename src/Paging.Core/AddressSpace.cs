using System.Diagnostics;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Inspection;
using Paging.Core.Spaces;
using Paging.Core.SystemCalls;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The address space of one process: the mappings agreed for its user half, and its page tables.</summary>
/// <remarks>
/// Offers the memory system calls with Linux's results. They return an <see cref="Errno"/>, never throw because of a guest, and
/// allocate no managed memory once warm. For the engine's thread, or with <see cref="EngineOptions.AllowThreads"/> for any.
/// Linux: struct mm_struct.
/// </remarks>
[DebuggerDisplay("{Areas.Count} areas")]
public sealed class AddressSpace
{
    private readonly CallerCheck _callers;
    private readonly MemoryOperations _calls;
    private readonly SpaceInspector _inspector;
    private readonly DescriptorTable _descriptors;

    internal AddressSpace(EngineParts parts, Mmu mmu, DescriptorTable descriptors)
    {
        _callers = parts.Machine.Callers;
        _calls = parts.Calls;
        _inspector = parts.Inspector;
        _descriptors = descriptors;
        Mmu = mmu;
        Space = mmu.Space;
    }

    /// <summary>Reads and writes the memory as the program does.</summary>
    public Mmu Mmu { get; }

    /// <summary>The areas, for reading.</summary>
    public MemoryAreas Areas => new(this);

    /// <summary>The huge pages: those of the pool and transparent ones.</summary>
    public MemoryHugePages HugePages => new(this);

    /// <summary>The userfaultfds.</summary>
    public MemoryUserfaultfds Userfaultfds => new(this);

    /// <summary>Accesses on behalf of another process.</summary>
    public RemoteAccess Remote => new(this);

    /// <summary>The lowest address that can be mapped (<see cref="ProcessOptions.LowestAddress"/>).</summary>
    public VirtualAddress LowestAddress => CheckedSpace().Bounds.LowestFixed.Address;

    /// <summary>The highest address that can be mapped (<see cref="ProcessOptions.HighestAddress"/>).</summary>
    public VirtualAddress HighestAddress => CheckedSpace().Bounds.End.Address - 1;

    /// <summary>The program break: the end of the heap.</summary>
    public VirtualAddress Break => CheckedSpace().Break;

    /// <summary>The lowest possible break, where the heap begins.</summary>
    public VirtualAddress StartBreak => CheckedSpace().Layout.StartBreak;

    /// <summary>True if readable memory is executable as well: mmap, mprotect and brk add PROT_EXEC then.</summary>
    /// <remarks>
    /// Forked and executed programs inherit it. The classic tables have no NX bit; there, only reports show the difference.
    /// Linux: READ_IMPLIES_EXEC of personality(2); execve sets it for an image without PT_GNU_STACK.
    /// </remarks>
    public bool ReadImpliesExecute
    {
        get => CheckedSpace().ReadImpliesExecute;
        set { using SlowPathHold hold = _callers.Hold(); CheckedSpace().ReadImpliesExecute = value; }
    }

    /// <summary>True if limits on locked memory do not apply. Linux: CAP_IPC_LOCK.</summary>
    public bool IsPrivileged
    {
        get => CheckedSpace().IsPrivileged;
        set { using SlowPathHold hold = _callers.Hold(); CheckedSpace().IsPrivileged = value; }
    }

    /// <summary>The counters of the space's faults.</summary>
    public FaultCounters Faults { get { using SlowPathHold hold = _callers.HoldToRead(); return CheckedSpace().FaultHistory; } }

    /// <summary>Whether memory may be writable and executable, and gain execution. Memory that exists keeps its rights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such value.</exception>
    /// <remarks>Linux: PR_SET_MDWE of prctl(2), which can be set only once; here it can be changed.</remarks>
    public ExecuteGain ExecuteGain
    {
        get => CheckedSpace().ExecuteGain;
        set
        {
            using SlowPathHold hold = _callers.Hold();
            if (value is not (ExecuteGain.Allowed or ExecuteGain.Refused or ExecuteGain.RefusedHere))
                throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such value.");
            CheckedSpace().ExecuteGain = value;
        }
    }

    /// <summary>True if all private memory, present and future, has MADV_MERGEABLE. No page is ever merged.</summary>
    /// <remarks>Children and executed programs inherit the setting. Linux: PR_SET_MEMORY_MERGE of prctl(2).</remarks>
    public bool IsAllMergeable
    {
        get => CheckedSpace().MergesAll;
        set { using SlowPathHold hold = _callers.Hold(); CheckedSpace().MergeAll(value); }
    }

    /// <summary>True if an access has ended with <see cref="MemoryFaultKind.Pending"/> since <see cref="TakePendingAccess"/>.</summary>
    public bool HasPendingAccess => Space.HasPendingAccess;

    /// <summary>Returns true if an access has ended with <see cref="MemoryFaultKind.Pending"/> since the last call.</summary>
    /// <remarks>For an embedder whose system calls copy from and to programs, and are made again when the page is there.</remarks>
    public bool TakePendingAccess()
    {
        bool hasPending = Space.HasPendingAccess;
        Space.HasPendingAccess = false;
        return hasPending;
    }

    internal Space Space { get; private set; }

    internal CallerCheck Callers => _callers;

    internal MemoryOperations Calls => _calls;

    /// <summary>Prepares the page tables for a walk that starts now: copies tables that a fork has lent.</summary>
    /// <returns>The frame of the page directory, as <see cref="Cr3"/> has it.</returns>
    public FrameNumber PrepareWalk() => CheckedSpace().DirectoryToWalk(_callers);

    /// <summary>The frame of the page directory, the value of CR3. Faults copy tables that a fork has lent.</summary>
    public FrameNumber Cr3 => CheckedSpace().Tables.Directory;

    /// <summary>Sets a soft limit in bytes; <c>ulong.MaxValue</c> means no limit. A limit below present use only stops growth.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such limit.</exception>
    public void SetLimit(ResourceLimit limit, ulong bytes)
    {
        using SlowPathHold hold = _callers.Hold();
        CheckedSpace().Limits[Checked(limit)] = bytes;
    }

    /// <summary>Returns a soft limit in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such limit.</exception>
    public ulong GetLimit(ResourceLimit limit) => CheckedSpace().Limits[Checked(limit)];

    /// <summary>Reserves an address range for the embedder. Nothing is mapped there, and reports do not show it.</summary>
    /// <returns>EINVAL: not in the user half. EEXIST: not free. ENOMEM: no record for the area.</returns>
    /// <remarks>Accesses to the range are refused.</remarks>
    public Errno Reserve(PageRange range)
    {
        using SlowPathHold hold = Hold();
        if (range.IsEmpty || !Space.Holds(range)) return Errno.EINVAL;    // before EEXIST: nothing is ever mapped there
        if (Space.Areas.Tree.FirstIn(range).IsSome) return Errno.EEXIST;
        return Space.Areas.TryAdd(range, AreaFlags.Foreign, OpenFileIndex.None, new(range.First.Value), out _) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Maps anonymous memory, as mmap(2) does.</summary>
    /// <param name="address">0, a hint, or the address itself with <see cref="MapFlags.Fixed"/>.</param>
    /// <param name="byteLength">The length, rounded up to pages.</param>
    /// <param name="protection">The rights. Unknown bits are ignored.</param>
    /// <param name="flags">Private or shared, and <see cref="MapFlags.Anonymous"/>.</param>
    /// <param name="at">The first address of the mapping.</param>
    /// <returns>
    /// EINVAL: length 0, fixed and not aligned, or neither private nor shared.
    /// ENOMEM: no room, over a limit, or fixed beyond the user half. EPERM: page 0, or locking is not allowed.
    /// EEXIST: taken, with <see cref="MapFlags.FixedNoReplace"/>. EAGAIN: over RLIMIT_MEMLOCK.
    /// </returns>
    /// <remarks>Cost: O(log n); takes no frame unless the mapping is populated or locked. Linux: mm/mmap.c do_mmap.</remarks>
    public Errno Map(VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, out VirtualAddress at) =>
        Map(address, byteLength, protection, flags, descriptor: -1, byteOffset: 0, out at);

    /// <summary>Maps a file, as mmap(2) does. With <see cref="MapFlags.Anonymous"/>, maps anonymous memory and ignores the file.</summary>
    /// <returns>
    /// As for anonymous memory, and:
    /// EINVAL: the offset is not a multiple of 4096, or the mapping grows down. EBADF: no such descriptor. ENODEV: a directory.
    /// EACCES: not open for reading, or not for writing while the mapping is shared and writable.
    /// EOVERFLOW: beyond 2^32 pages. EOPNOTSUPP: <see cref="MapFlags.SharedValidate"/> with an unknown flag.
    /// </returns>
    public Errno Map(
        VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, int descriptor, ulong byteOffset,
        out VirtualAddress at)
    {
        MapRequest request = new(address, byteLength, protection, flags, byteOffset, descriptor);
        if (!TryEnterHere()) return MapHolding(ref request, out at);
        return _callers.Leave(_calls.Map.Execute(Space, ref request, _descriptors, out at));
    }

    private Errno MapHolding(ref MapRequest request, out VirtualAddress at)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Map.Execute(Space, ref request, _descriptors, out at));
    }

    /// <summary>mmap(2) of an open file.</summary>
    internal Errno MapOpenFile(
        OpenFileIndex file, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, ulong byteOffset,
        out VirtualAddress at)
    {
        using SlowPathHold hold = Hold();
        at = default;
        if ((flags & MapFlags.Anonymous) != 0) return Errno.EINVAL;
        MapRequest request = new(address, byteLength, protection, flags, byteOffset, file: file);
        return _callers.Leave(_calls.Map.Execute(Space, ref request, null, out at));
    }

    /// <summary>Maps anonymous memory that is private to the process.</summary>
    /// <param name="byteLength">The length in bytes, rounded up to pages.</param>
    /// <param name="protection">The rights.</param>
    /// <returns>Its first address.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is 0.</exception>
    /// <exception cref="InvalidOperationException">The call was refused: no room, or over a limit.</exception>
    public VirtualAddress MapAnonymous(uint byteLength, MemoryProtection protection = MemoryProtection.ReadWrite) =>
        Succeeded(Map(default, byteLength, protection, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at), at, byteLength);

    /// <summary>Maps anonymous memory at an address where nothing is mapped.</summary>
    /// <param name="address">The address: a multiple of 4096.</param>
    /// <param name="byteLength">The length in bytes, rounded up to pages.</param>
    /// <param name="protection">The rights.</param>
    /// <exception cref="InvalidOperationException">Refused: the range is not free, or the address is not that of a page.</exception>
    public void MapAnonymous(VirtualAddress address, uint byteLength, MemoryProtection protection = MemoryProtection.ReadWrite)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.FixedNoReplace;    // Fixed would replace other mappings
        _ = Succeeded(Map(address, byteLength, protection, flags, out VirtualAddress at), at, byteLength, address);
    }

    /// <summary>Maps a file, without a descriptor.</summary>
    /// <param name="file">The file. It must be of the same engine.</param>
    /// <param name="byteLength">The length in bytes, rounded up to pages.</param>
    /// <param name="byteOffset">The offset in the file: a multiple of 4096.</param>
    /// <param name="protection">The rights.</param>
    /// <param name="isPrivate">True: the process's writes stay private. False: they go to the file.</param>
    /// <returns>Its first address.</returns>
    /// <exception cref="InvalidOperationException">The call was refused: no room, a wrong offset, or missing rights.</exception>
    public VirtualAddress MapFile(
        GuestFile file, uint byteLength, ulong byteOffset = 0,
        MemoryProtection protection = MemoryProtection.ReadWrite, bool isPrivate = false) =>
        MapFile(VirtualAddress.Zero, MapFlags.None, file, byteLength, byteOffset, protection, isPrivate, nameof(file));

    /// <summary>Maps a file, without a descriptor, at an address where nothing is mapped.</summary>
    /// <exception cref="InvalidOperationException">As without an address; or the range is not free.</exception>
    public void MapFile(
        VirtualAddress address, GuestFile file, uint byteLength, ulong byteOffset = 0,
        MemoryProtection protection = MemoryProtection.ReadWrite, bool isPrivate = false) =>
        MapFile(address, MapFlags.FixedNoReplace, file, byteLength, byteOffset, protection, isPrivate, nameof(file));

    private VirtualAddress MapFile(VirtualAddress address, MapFlags place, GuestFile file, uint byteLength, ulong byteOffset,
        MemoryProtection protection, bool isPrivate, string parameter)
    {
        ArgumentNullException.ThrowIfNull(file, parameter);
        if (!file.IsOf(_callers)) throw new ArgumentException($"'{file.Name}' belongs to another engine.", parameter);
        bool writes = !isPrivate && (protection & MemoryProtection.Write) != 0;
        FileRights rights = writes ? FileRights.ReadWrite : FileRights.Read;    // a private mapping writes to copies, and needs no right to
        _ = Succeeded(file.Open(rights, OpenFlags.None, out OpenFileDescription? open), default, byteLength);
        using (open)    // the area holds the open file itself
        {
            MapFlags flags = place | (isPrivate ? MapFlags.Private : MapFlags.Shared);
            Errno error = open!.Map(this, address, byteLength, protection, flags, byteOffset, out VirtualAddress at);
            return Succeeded(error, at, byteLength, place == MapFlags.None ? null : address);
        }
    }

    /// <summary>Maps all registers of a device: each load and store there calls the device.</summary>
    /// <param name="device">The result of <see cref="EngineFiles.CreateDevice"/>.</param>
    /// <returns>Their first address.</returns>
    /// <exception cref="InvalidOperationException">The call was refused: no room.</exception>
    public VirtualAddress MapDevice(GuestFile device) =>
        MapFile(VirtualAddress.Zero, MapFlags.None, device, LengthOf(device), 0, RightsOf(device), isPrivate: false, nameof(device));

    /// <summary>Maps all registers of a device at an address where nothing is mapped.</summary>
    /// <exception cref="InvalidOperationException">Refused: the range is not free, or the address is not that of a page.</exception>
    public void MapDevice(VirtualAddress address, GuestFile device) =>
        MapFile(address, MapFlags.FixedNoReplace, device, LengthOf(device), 0, RightsOf(device), isPrivate: false, nameof(device));

    private static uint LengthOf(GuestFile device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.ByteLength > uint.MaxValue) _ = Succeeded(Errno.ENOMEM, default, device.ByteLength);    // longer than any address space
        return (uint)device.ByteLength;
    }

    private static MemoryProtection RightsOf(GuestFile device) =>
        (device.Rights & FileRights.Write) != 0 ? MemoryProtection.ReadWrite : MemoryProtection.Read;

    private static VirtualAddress Succeeded(Errno error, VirtualAddress at, long byteLength, VirtualAddress? wanted = null) =>
        error == Errno.None ? at
            : byteLength == 0 ? throw new ArgumentOutOfRangeException(nameof(byteLength), byteLength, "A mapping has at least one byte.")
            : throw new InvalidOperationException($"Cannot map {byteLength} bytes{(wanted is { } to ? $" at {to}" : "")}: {error}.");

    /// <summary>Removes every mapping in the range, as munmap(2) does. Holes are no error.</summary>
    /// <returns>EINVAL: not aligned, of no length, or too high. ENOMEM: at max_map_count, and inside one area. EPERM: sealed.</returns>
    /// <remarks>Cost: O(log n + areas + present pages).</remarks>
    public Errno Unmap(VirtualAddress start, uint byteLength)
    {
        if (!TryEnterHere()) return UnmapHolding(start, byteLength);
        return _callers.Leave(_calls.Unmap.Execute(Space, start, byteLength));
    }

    private Errno UnmapHolding(VirtualAddress start, uint byteLength)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Unmap.Execute(Space, start, byteLength));
    }

    /// <summary>Changes the rights of a range, as mprotect(2) does, area after area. An error leaves the earlier part changed.</summary>
    /// <returns>
    /// EINVAL: not aligned, unknown rights, or growth flags that do not fit. ENOMEM: a hole, or RLIMIT_DATA.
    /// EACCES: a shared mapping whose descriptor cannot write. EPERM: sealed.
    /// </returns>
    public Errno Protect(VirtualAddress start, uint byteLength, MemoryProtection protection)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Protect.Execute(Space, start, byteLength, protection));
    }

    /// <summary>Resizes or moves a mapping, as mremap(2) does without a new address.</summary>
    public Errno Remap(VirtualAddress oldAddress, uint oldByteLength, uint newByteLength, RemapFlags flags, out VirtualAddress at) =>
        Remap(oldAddress, oldByteLength, newByteLength, flags, VirtualAddress.Zero, out at);

    /// <summary>Resizes or moves a mapping, as mremap(2) does. A move takes the page table entries along and copies no page.</summary>
    /// <returns>
    /// EINVAL: wrong arguments. EFAULT: not one area. ENOMEM: no room, or a limit. EAGAIN: RLIMIT_MEMLOCK. EPERM: to page 0, or sealed.
    /// </returns>
    /// <remarks>Cost: O(log n + present pages).</remarks>
    public Errno Remap(
        VirtualAddress oldAddress, uint oldByteLength, uint newByteLength, RemapFlags flags, VirtualAddress newAddress,
        out VirtualAddress at)
    {
        using SlowPathHold hold = Hold();
        RemapRequest request = new(oldAddress, PageCount.Covering(oldByteLength), PageCount.Covering(newByteLength), flags, newAddress);
        return _callers.Leave(_calls.Remap.Execute(Space, request, out at));
    }

    /// <summary>Sets the program break, as the raw brk(2) does. Takes no frame.</summary>
    /// <returns>The break afterwards, unchanged if the call is refused. Setting it to 0 returns the present one.</returns>
    public VirtualAddress SetBreak(VirtualAddress wanted)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Break.Execute(Space, wanted));
    }

    /// <summary>Gives advice about a range, as madvise(2) does.</summary>
    /// <returns>
    /// EINVAL: unknown advice, not aligned, or an area that refuses. ENOMEM: a hole, after the rest was done.
    /// EACCES, EFAULT, EAGAIN: depends on the advice. EPERM: it discards sealed memory that cannot be written.
    /// </returns>
    public Errno Advise(VirtualAddress start, uint byteLength, MemoryAdvice advice)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Advise.Execute(Space, start, byteLength, advice));
    }

    /// <summary>Seals a range, as mseal(2) does: it cannot be unmapped, moved or replaced any more, and its rights stay.</summary>
    /// <returns>EINVAL: not aligned, or part of a huge page. ENOMEM: a hole, when nothing is sealed, or no record.</returns>
    /// <remarks>Cost: O(log n + areas). A child inherits the seals. Linux: mm/mseal.c, which 32-bit kernels are built without.</remarks>
    public Errno Seal(VirtualAddress start, uint byteLength)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(SealOperation.Execute(Space, start, byteLength));
    }

    /// <summary>Writes changes of mapped files back, as msync(2) does.</summary>
    /// <returns>
    /// EINVAL: wrong flags or alignment. ENOMEM: a hole. EBUSY: <see cref="SyncFlags.Invalidate"/> of a locked area.
    /// EIO: the backing failed.
    /// </returns>
    public Errno Synchronize(VirtualAddress start, uint byteLength, SyncFlags flags)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Synchronize.Execute(Space, start, byteLength, flags));
    }

    /// <summary>
    /// Writes back the stores of shared mappings in the range to files that are written through (<see cref="GuestFile.IsWrittenThrough"/>).
    /// </summary>
    /// <remarks>Cost: O(1) without dirty files, otherwise O(areas and dirty pages of the range).</remarks>
    public void WriteBack(VirtualAddress start, uint byteLength)
    {
        using SlowPathHold hold = Hold();
        _calls.Synchronize.WriteBack(Space, start, byteLength);
        _callers.Leave();
    }

    /// <summary>Locks a range in memory, as mlock2(2) does, or mlock(2) without flags.</summary>
    /// <returns>EINVAL: unknown flags. EPERM: RLIMIT_MEMLOCK is 0. ENOMEM: over it, a hole, or a page that cannot be filled.</returns>
    public Errno Lock(VirtualAddress start, uint byteLength, LockFlags flags = LockFlags.None)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Lock.Lock(Space, start, byteLength, flags));
    }

    /// <summary>Unlocks a range, as munlock(2) does.</summary>
    /// <returns>ENOMEM: a hole; the part before it is unlocked.</returns>
    public Errno Unlock(VirtualAddress start, uint byteLength)
    {
        using SlowPathHold hold = Hold();
        return LockOperation.Unlock(Space, start, byteLength);    // no Leave: unlocking fills no page, so no callback runs
    }

    /// <summary>Locks all present or future mappings, as mlockall(2) does.</summary>
    /// <returns>EINVAL: wrong flags. EPERM, ENOMEM: RLIMIT_MEMLOCK.</returns>
    public Errno LockAll(LockAllFlags flags) { using SlowPathHold hold = Hold(); return _callers.Leave(_calls.Lock.LockAll(Space, flags)); }

    /// <summary>Unlocks everything and ends <see cref="LockAllFlags.Future"/>, as munlockall(2) does.</summary>
    public Errno UnlockAll() { using SlowPathHold hold = Hold(); return LockOperation.UnlockAll(Space); }

    /// <summary>Writes one byte per page, 1 if the page is in memory, as mincore(2) does.</summary>
    /// <returns>EINVAL: not aligned. ENOMEM: a hole; the pages before it have their bytes. EFAULT: the result is too short.</returns>
    public Errno InCore(VirtualAddress start, uint byteLength, Span<byte> result)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.Residency.InCore(Space, start, byteLength, result));
    }

    /// <summary>Returns true if the process has a private copy of the page: anonymous memory that was written, or copy on write.</summary>
    /// <remarks>The zero page and pages of the page cache are not private copies.</remarks>
    /// <param name="page">The page.</param>
    /// <param name="isUnshared">Whether it must be the only process with this copy, also of those that share it since a fork.</param>
    public bool HasOwnPage(PageNumber page, bool isUnshared = false)
    {
        Check(page);
        using SlowPathHold hold = Hold();
        return _calls.Residency.HasOwnPage(Space, page) && (!isUnshared || _calls.Residency.IsUnshared(Space, page));
    }

    /// <summary>The figures of <c>status</c> and <c>statm</c>.</summary>
    public MemoryUsage Usage { get { using SlowPathHold hold = _callers.Hold(); return SpaceInspector.Usage(CheckedSpace()); } }

    /// <summary>Maps a range to other pages of its file, as remap_file_pages(2) does.</summary>
    /// <returns>EINVAL: the range is not one shared mapping of a file. Otherwise the errors of mmap(2).</returns>
    public Errno RemapFilePages(VirtualAddress start, uint byteLength, FilePage offset, MapFlags flags)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.RemapFile.Execute(Space, start, byteLength, offset, flags));
    }

    /// <summary>Makes one access of a trace. It faults as a program's access does but moves no byte.</summary>
    /// <param name="address">The address.</param>
    /// <param name="access">Reading, writing or fetching.</param>
    /// <param name="wasMissing">True if the access faulted because the page was missing.</param>
    /// <param name="fault">The reason of a refusal.</param>
    /// <returns>False if the access is refused.</returns>
    public bool Touch(VirtualAddress address, AccessKind access, out bool wasMissing, out MemoryFault fault)
    {
        using SlowPathHold hold = Hold();
        wasMissing = !Space.Tables.Read(address.Page).IsPresent;    // before the access makes it present
        return Mmu.TryGetSpan(address, 1, access, out _, out fault);    // one byte: for none it returns false
    }

    /// <summary>The figures of smaps_rollup: the memory that all areas together occupy.</summary>
    public MemoryFootprint Footprint { get { using SlowPathHold hold = _callers.Hold(); return _inspector.Smaps.Of(CheckedSpace()); } }

    /// <summary>Opens a log of the pages that are written from now on.</summary>
    /// <remarks>Cost: O(4 MiB regions in use); O(present pages) for the writes of a processor of its own.</remarks>
    public DirtyLog OpenDirtyLog(WriteSources sources = WriteSources.Attached)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)sources, (uint)WriteSources.Processor, nameof(sources));
        using SlowPathHold hold = this.HoldOfAnySystem();
        return new(_callers, Mmu.Parts.Observers, Space, DirtyLog.NeedsFaults(sources, Mmu.Ram));
    }

    /// <summary>Opens the shadow of the process. If it has none yet, every byte is good.</summary>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public ByteShadow OpenByteShadow() => new(this);

    /// <summary>Finds pages by category, and protects them from writing if requested. Linux: the ioctl PAGEMAP_SCAN.</summary>
    /// <param name="request">The pages. <see cref="PageScanRequest.ProtectsMatching"/> needs a <see cref="Userfaultfd"/>.</param>
    /// <param name="regions">Receives the pages that match; empty if they are only protected.</param>
    /// <param name="count">The number of regions.</param>
    /// <param name="pages">The number of pages in them.</param>
    /// <param name="end">The page at which the scan has stopped: the end of the range, or before it.</param>
    /// <returns>
    /// None, even if the scan has stopped early. EINVAL: unknown categories, or not in the user half.
    /// EPERM: <see cref="PageScanRequest.RequiresProtection"/>, and an area where pages cannot be protected. ENOMEM: no frame for a table.
    /// </returns>
    /// <remarks>Cost: O(pages of the range that have a page table). Allocates nothing.</remarks>
    public Errno ScanPages(
        in PageScanRequest request, Span<PageRegion> regions, out int count, out PageCount pages, out PageNumber end)
    {
        using SlowPathHold hold = Hold();
        (count, pages, end) = (0, default, request.Range.First);
        bool isKnown = ((request.Mask | request.AnyOf | request.Inverted | request.Return) & ~PageCategories.All) == 0;
        if (!isKnown || !Space.Holds(request.Range)) return Errno.EINVAL;
        Errno error = _calls.Userfaults.Scan.Execute(Space, request, regions, out count, out uint found, out end);
        pages = new(found);
        return _callers.Leave(error == Errno.ENOSPC ? Errno.None : error);    // stopped early. Linux: do_pagemap_scan
    }

    /// <summary>Returns a stream over a range of the memory, for code that reads or writes streams.</summary>
    /// <param name="start">The first byte: position 0.</param>
    /// <param name="byteLength">The length of the stream. It neither grows nor shrinks.</param>
    /// <param name="access">Reading, writing, or both.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range goes beyond 4 GiB, or the access is unknown.</exception>
    public Stream OpenStream(VirtualAddress start, long byteLength, FileAccess access = FileAccess.ReadWrite)
    {
        using SlowPathHold hold = Hold();
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteLength, (1L << 32) - start.Value);
        if ((access & ~FileAccess.ReadWrite) != 0 || access == 0) throw new ArgumentOutOfRangeException(nameof(access));
        return new GuestMemoryStream(Mmu, start, byteLength, access);
    }

    /// <summary>Returns where mmap(2) would place a new mapping. Reserves nothing.</summary>
    /// <param name="count">The pages of the mapping.</param>
    /// <param name="first">Its first page.</param>
    /// <returns>ENOMEM: there is no room.</returns>
    /// <remarks>Cost: O(log n) for n areas. Linux: get_unmapped_area.</remarks>
    public Errno FindRoom(PageCount count, out PageNumber first)
    {
        using SlowPathHold hold = Hold();
        return Placement.Choose(Space, default, count, out first);
    }

    internal SpaceInspector Inspector => _inspector;

    /// <summary>The extents of the program that was last executed here; all zeros without one.</summary>
    public ProgramExtents Program => CheckedSpace().Layout.Image;

    /// <summary>Sets the extents of the program, and the start of its empty heap. Linux: PR_SET_MM of prctl(2).</summary>
    /// <param name="extents">The new value of <see cref="AddressSpace.Program"/>. Nothing else depends on it.</param>
    /// <param name="startBreak">The new <see cref="AddressSpace.StartBreak"/> and <see cref="AddressSpace.Break"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The break is neither the start of a page of the user half nor its end.</exception>
    /// <remarks>A program's last segment may end where the user half does: its heap cannot grow. Linux: set_brk.</remarks>
    public void SetProgram(in ProgramExtents extents, VirtualAddress startBreak)
    {
        if (!startBreak.IsPageAligned || startBreak.Value > CheckedSpace().Bounds.Count.Bytes)
            throw new ArgumentOutOfRangeException(nameof(startBreak), startBreak, "The break must be a page's border in the user half.");
        using SlowPathHold hold = Hold();
        Space.Break = Space.Layout.StartBreak = startBreak;
        Space.Layout.Image = extents;
    }

    /// <summary>Returns the word of a page in /proc/PID/pagemap.</summary>
    public PagemapWord ReadPagemap(PageNumber page)
    {
        Check(page);
        using SlowPathHold hold = _callers.Hold();
        return _inspector.Pagemap.Of(CheckedSpace(), page);
    }

    /// <summary>Resets marks of pages, as a write to /proc/PID/clear_refs does.</summary>
    /// <returns>EINVAL: no such kind.</returns>
    /// <exception cref="InvalidOperationException">The process belongs to another system, which has no such marks.</exception>
    public Errno ClearReferences(ReferenceKind kind)
    {
        using SlowPathHold hold = Hold();
        return _callers.Leave(_calls.ClearReferences.Execute(Space, kind));
    }

    /// <summary>Called when the process has been reaped. References to this object then lead to an empty space.</summary>
    internal void Retire(Space reaped)
    {
        Space = reaped;
        Mmu.Retire(reaped);
    }

    /// <summary>Throws if the space belongs to another engine.</summary>
    internal void ThrowIfForeign(CallerCheck engine, string parameter)
    {
        if (_callers != engine) throw new ArgumentException("The address space belongs to another engine.", parameter);
    }

    /// <summary>Checks the process for a call inside a hold, which has checked the thread and the engine.</summary>
    internal void Enter() => Space.CheckCall();

    /// <summary>Starts every call: checks thread, engine and process, and takes the slow path of many threads until it ends.</summary>
    internal SlowPathHold Hold()
    {
        SlowPathHold hold = _callers.Hold();
        using SlowPathHold refused = Space.IsLive && Space.Foreign is null ? default : hold;    // ends when the next line throws
        Space.CheckCall();
        return hold;
    }

    /// <summary>Same as <see cref="Hold"/>, for the most frequent calls. Returns false if the thread must take the slow path.</summary>
    private bool TryEnterHere()
    {
        if (_callers.IsHere) Space.CheckCall();
        return _callers.IsHere;
    }

    /// <summary>Starts a call that only reads. Works on a process that has exited, but not on a reaped one.</summary>
    internal Space CheckedSpace()
    {
        _callers.EnterToRead();
        if (Space.Life == ProcessLife.Reaped) Space.ThrowIfEnded();
        return Space;
    }

    private static ResourceLimit Checked(ResourceLimit limit) => (uint)limit <= (uint)ResourceLimit.AddressSpace ? limit
        : throw new ArgumentOutOfRangeException(nameof(limit), limit, "There is no such limit.");

    /// <summary>Made for the default value of a subject, which no address space returned.</summary>
    internal static InvalidOperationException OfNone() => new("This is the default value: an AddressSpace returns one that can be used.");

    internal static void Check(PageNumber page)
    {
        if (page.Value >= PageCount.AddressSpace.Value)
            throw new ArgumentOutOfRangeException(nameof(page), page, "The page lies beyond 4 GiB.");
    }
}
