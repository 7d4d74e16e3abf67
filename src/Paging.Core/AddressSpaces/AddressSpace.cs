using System.Diagnostics;
using Paging.Native;

namespace Paging.Core;

/// <summary>One 4 GiB sandbox: what has been agreed for its 3 GiB user half, and the page tables that say what has been done.</summary>
/// <remarks>
/// The memory system calls are here, with Linux's results; each is told in a file of its own. They return an <see cref="Errno"/>, never throw
/// for what a guest does, and allocate no managed memory once warm. Not thread-safe: an engine belongs to one thread.
/// Linux: struct mm_struct.
/// </remarks>
[DebuggerDisplay("{Process.Name}: {Areas.Count} areas")]
public sealed class AddressSpace
{
    internal AddressSpace(PagingEngine engine, SpaceIndex index)
    {
        Engine = engine;
        Index = index;
        Areas = new(index, engine.AreaSlab, new(engine.AreaSlab, engine.AreaNodes, engine.Options.TrieFromAreas), engine.Roots, engine.Files);
        Mmu = new(this, engine);
        Tables = Mmu.Tables;
    }

    /// <summary>Access to the memory, as the program itself has it.</summary>
    public Mmu Mmu { get; }

    /// <summary>The program break: the end of the heap.</summary>
    public VirtualAddress Break { get; internal set; }

    /// <summary>Areas, as the kernel counts them against max_map_count.</summary>
    public int AreaCount => Areas.Count;

    internal PagingEngine Engine { get; }
    internal SpaceIndex Index { get; }
    internal AreaSet Areas { get; }
    internal PageTables Tables { get; }
    internal Process Process { get; set; } = null!;

    internal MemoryLayout Layout;
    internal ResourceLimits Limits;
    internal MemoryStatistics Statistics;
    internal FaultCounters Faults;

    /// <summary>The group that is charged for what happens here.</summary>
    internal byte Group { get; private set; }

    /// <summary>What every new mapping gets on top: locked, after mlockall(MCL_FUTURE). Linux: mm->def_flags.</summary>
    internal AreaFlags DefaultFlags { get; set; }

    /// <summary>Limits on locked memory do not bind. Linux: CAP_IPC_LOCK.</summary>
    internal bool IsPrivileged { get; set; }

    /// <summary>What may be read may be executed: mmap, mprotect and brk add PROT_EXEC. Forked and executed programs inherit it.</summary>
    /// <remarks>Linux: READ_IMPLIES_EXEC of personality(2); execve sets it for an image without PT_GNU_STACK. The processor here has no NX: only reports tell.</remarks>
    public bool ReadImpliesExecute { get; set; }

    /// <summary>The directory's frame: what CR3 holds while this process runs.</summary>
    public FrameNumber PageDirectory => Tables.Directory;

    /// <summary>Sets a soft limit, in bytes; <c>ulong.MaxValue</c> is no limit. A limit below the present use only stops growth.</summary>
    public void SetLimit(ResourceLimit limit, ulong bytes) => Limits[limit] = bytes;

    /// <summary>A soft limit in bytes.</summary>
    public ulong GetLimit(ResourceLimit limit) => Limits[limit];

    /// <summary>Marks user pages as held by somebody else: nothing is placed there, and reports do not show them.</summary>
    /// <remarks>For ground an embedder keeps for itself. Accesses there are refused. EINVAL: not in the user half; EEXIST: not free.</remarks>
    public Errno Reserve(PageRange range)
    {
        Enter();
        if (range.IsEmpty || !range.IsInUserHalf) return Errno.EINVAL;
        if (Areas.Tree.FirstIn(range).IsSome) return Errno.EEXIST;
        return Areas.TryAdd(range, AreaFlags.Foreign, OpenFileIndex.None, range.First.Value, out _) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>mmap(2) of anonymous memory.</summary>
    /// <param name="address">0, a hint, or with <see cref="MapFlags.Fixed"/> the place.</param>
    /// <param name="byteLength">Rounded up to pages.</param>
    /// <param name="protection">The rights; unknown bits are ignored.</param>
    /// <param name="flags">Private or shared, and <see cref="MapFlags.Anonymous"/>.</param>
    /// <param name="at">Where the mapping begins.</param>
    /// <returns>
    /// EINVAL: length 0, fixed and not aligned, or neither private nor shared; ENOMEM: no room, over a limit, or fixed beyond the user half;
    /// EPERM: page 0, or locking is not allowed; EEXIST: <see cref="MapFlags.FixedNoReplace"/> and taken; EAGAIN: over RLIMIT_MEMLOCK.
    /// </returns>
    /// <remarks>Linux: mm/mmap.c do_mmap. Cost: O(log n); no frame is taken unless it is to be filled.</remarks>
    public Errno Map(VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, out VirtualAddress at) =>
        Map(address, byteLength, protection, flags, descriptor: -1, byteOffset: 0, out at);

    /// <summary>mmap(2) of a file, or, with <see cref="MapFlags.Anonymous"/>, of anonymous memory whatever the descriptor says.</summary>
    /// <returns>
    /// As for anonymous memory, and: EINVAL: the offset is not a multiple of 4096, or the mapping would grow; EBADF: no such descriptor;
    /// EACCES: it is not open for reading, or not for writing where the mapping is shared and writable; ENODEV: a directory;
    /// EOVERFLOW: beyond 2^32 pages; EOPNOTSUPP: <see cref="MapFlags.SharedValidate"/> with a flag it does not know.
    /// </returns>
    public Errno Map(VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, int descriptor, ulong byteOffset, out VirtualAddress at)
    {
        Enter();
        at = default;
        if ((byteOffset & 0xFFF) != 0) return Errno.EINVAL;
        OpenFileIndex file = OpenFileIndex.None;
        bool isAnonymous = (flags & MapFlags.Anonymous) != 0;
        if (!isAnonymous && !Process.Descriptors.TryGet(descriptor, out file)) return Errno.EBADF;
        return MapOperation.Execute(this, new(address, byteLength, protection, flags, file, isAnonymous ? 0 : byteOffset >> 12), out at);
    }

    /// <summary>munmap(2). EINVAL: not aligned, length 0, or beyond the user half; ENOMEM: at max_map_count and inside one area.</summary>
    /// <remarks>Holes in the range are no error. Cost: O(log n + areas + present pages).</remarks>
    public Errno Unmap(VirtualAddress start, uint byteLength)
    {
        Enter();
        return UnmapOperation.Execute(this, start, byteLength);
    }

    /// <summary>mprotect(2). ENOMEM: a hole, or RLIMIT_DATA; EACCES: shared, of a descriptor that cannot write; EINVAL: not aligned, unknown rights, growth rules.</summary>
    /// <remarks>Area by area: an error in the middle leaves the earlier part changed.</remarks>
    public Errno Protect(VirtualAddress start, uint byteLength, MemoryProtection protection)
    {
        Enter();
        return ProtectOperation.Execute(this, start, byteLength, protection);
    }

    /// <summary>mremap(2) without a new address.</summary>
    public Errno Remap(VirtualAddress oldAddress, uint oldByteLength, uint newByteLength, RemapFlags flags, out VirtualAddress at) =>
        Remap(oldAddress, oldByteLength, newByteLength, flags, VirtualAddress.Zero, out at);

    /// <summary>mremap(2). EINVAL: arguments; EFAULT: more than one area, or none; ENOMEM: no room, or a limit; EAGAIN: RLIMIT_MEMLOCK; EPERM: to page 0.</summary>
    /// <remarks>A move takes the page-table entries along: no page is copied. Cost: O(log n + present pages).</remarks>
    public Errno Remap(VirtualAddress oldAddress, uint oldByteLength, uint newByteLength, RemapFlags flags, VirtualAddress newAddress, out VirtualAddress at)
    {
        Enter();
        RemapRequest request = new(oldAddress, PageCount.Covering(oldByteLength), PageCount.Covering(newByteLength), flags, newAddress);
        return RemapOperation.Execute(this, request, out at);
    }

    /// <summary>brk(2) as the raw system call: the break afterwards, unchanged when refused; 0 asks. No frame is taken.</summary>
    public VirtualAddress SetBreak(VirtualAddress wanted)
    {
        Enter();
        return BreakOperation.Execute(this, wanted);
    }

    /// <summary>madvise(2). EINVAL: unknown advice, not aligned, or an area that refuses; ENOMEM: a hole, after the rest is done; EACCES, EFAULT, EAGAIN.</summary>
    public Errno Advise(VirtualAddress start, uint byteLength, MemoryAdvice advice)
    {
        Enter();
        return AdviseOperation.Execute(this, start, byteLength, advice);
    }

    /// <summary>msync(2). EINVAL: flags or alignment; ENOMEM: a hole; EBUSY: <see cref="SyncFlags.Invalidate"/> of a locked area; EIO: the backing failed.</summary>
    public Errno Synchronize(VirtualAddress start, uint byteLength, SyncFlags flags)
    {
        Enter();
        return SyncOperation.Execute(this, start, byteLength, flags);
    }

    /// <summary>mlock2(2); mlock(2) without flags. EPERM: RLIMIT_MEMLOCK is 0; ENOMEM: over it, a hole, or a page that cannot be filled; EINVAL: flags.</summary>
    public Errno Lock(VirtualAddress start, uint byteLength, LockFlags flags = LockFlags.None)
    {
        Enter();
        return LockOperation.Lock(this, start, byteLength, flags);
    }

    /// <summary>munlock(2). ENOMEM: a hole; what came before it is unlocked.</summary>
    public Errno Unlock(VirtualAddress start, uint byteLength)
    {
        Enter();
        return LockOperation.Unlock(this, start, byteLength);
    }

    /// <summary>mlockall(2). EINVAL: flags; EPERM, ENOMEM: RLIMIT_MEMLOCK.</summary>
    public Errno LockAll(LockAllFlags flags)
    {
        Enter();
        return LockOperation.LockAll(this, flags);
    }

    /// <summary>munlockall(2): also ends <see cref="LockAllFlags.Future"/>.</summary>
    public Errno UnlockAll()
    {
        Enter();
        return LockOperation.UnlockAll(this);
    }

    /// <summary>mincore(2): one byte a page, 1 if it is in memory. EINVAL: not aligned; ENOMEM: a hole; EFAULT: the result is too short.</summary>
    public Errno InCore(VirtualAddress start, uint byteLength, Span<byte> result)
    {
        Enter();
        return Residency.InCore(this, start, byteLength, result);
    }

    /// <summary>True where the process has a page of its own: anonymous memory that was written, or a private copy. The zero page and the page cache are not.</summary>
    public bool HasOwnPage(PageNumber page)
    {
        Enter();
        return Residency.HasOwnPage(this, page);
    }

    /// <summary>The figures behind <c>status</c> and <c>statm</c>.</summary>
    public MemoryUsage Usage
    {
        get
        {
            Engine.EnterSlowPath();
            return MemoryUsage.Of(this);
        }
    }

    /// <summary>One access of a trace: as a program's, but no byte is moved, and a plugged policy that wants every access is told of it.</summary>
    /// <param name="address">Where.</param>
    /// <param name="access">Reading, writing or fetching.</param>
    /// <param name="wasMissing">The page was not there: the access faulted.</param>
    /// <param name="fault">Why it failed.</param>
    /// <returns>False: the access is refused.</returns>
    public bool Touch(VirtualAddress address, AccessKind access, out bool wasMissing, out MemoryFault fault)
    {
        Enter();
        return TouchOperation.Execute(this, address, access, out wasMissing, out fault);
    }

    /// <summary>The areas in order, as typed records. Allocates.</summary>
    public IReadOnlyList<AreaSnapshot> Snapshot()
    {
        Engine.EnterSlowPath();
        return AreaSnapshot.Of(this);
    }

    /// <summary>The text of /proc/PID/maps.</summary>
    public string FormatMaps() => MapsReport.Format(this);

    /// <summary>The memory lines of /proc/PID/status; <see cref="Process.FormatStatus"/> has all.</summary>
    public string FormatStatus() => StatusReport.FormatStatus(this);

    /// <summary>The line of /proc/PID/statm.</summary>
    public string FormatStatm() => StatusReport.FormatStatm(this);

    /// <summary>The text of /proc/PID/smaps.</summary>
    public string FormatSmaps() => SmapsReport.Format(this);

    /// <summary>The text of /proc/PID/smaps_rollup.</summary>
    public string FormatSmapsRollup() => SmapsReport.FormatRollup(this);

    /// <summary>The figures behind smaps_rollup: what is there of all areas together.</summary>
    public MemoryFootprint Footprint
    {
        get
        {
            Engine.EnterSlowPath();
            return MemoryFootprint.Of(this);
        }
    }

    /// <summary>What is there of the area that covers a page; nothing where there is none.</summary>
    public MemoryFootprint FootprintAt(PageNumber page)
    {
        Engine.EnterSlowPath();
        AreaIndex index = Areas.Tree.Covering(page);
        return index.IsNone ? default : MemoryFootprint.Of(this, Areas[index]);
    }

    /// <summary>Where the program that was last executed here lies; all zero without one.</summary>
    public ProgramExtents Program => Layout.Image;

    /// <summary>One word of /proc/PID/pagemap.</summary>
    public PagemapWord ReadPagemap(PageNumber page)
    {
        Engine.EnterSlowPath();
        return PagemapWord.Of(this, page);
    }

    /// <summary>A write to /proc/PID/clear_refs. EINVAL: no such kind.</summary>
    public Errno ClearReferences(ReferenceKind kind)
    {
        Engine.EnterSlowPath();
        return Core.ClearReferences.Execute(this, kind);
    }

    /// <summary>Every call passes here: the right thread, a live engine, a process that has not ended.</summary>
    internal void Enter()
    {
        Engine.EnterSlowPath();
        Process.ThrowIfEnded();
        Engine.Lists.Current = Group;
    }

    /// <summary>Makes the space new: no areas, a directory with the kernel half. False: no frame.</summary>
    internal bool TryBegin(in MemoryLayout layout, in ResourceLimits limits, byte group)
    {
        Group = group;
        Tables.Account = Engine.Lists.Group(group);
        Engine.Lists.Current = group;
        Layout = layout;
        Limits = limits;
        Statistics = default;
        Faults = default;
        DefaultFlags = AreaFlags.None;
        Break = layout.StartBreak;
        if (!Tables.TryBegin()) return false;
        Engine.KernelHalf.InstallIn(Tables);
        return true;
    }

    /// <summary>Gives everything back: every page, table, area. Linux: exit_mmap.</summary>
    internal void End()
    {
        UnmapOperation.RemoveAll(this);
        Tables.FreeAll();
        Areas.Tree.Clear();
    }
}
