using System.Diagnostics;
using Paging.Core.Accounting;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Inspection;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.SystemCalls;
using Paging.Native;

namespace Paging.Core;

/// <summary>One 4 GiB sandbox: what has been agreed for its 3 GiB user half, and the page tables that say what has been done.</summary>
/// <remarks>
/// The memory system calls are here, with Linux's results; each is told in a file of its own. They return an <see cref="Errno"/>, never throw
/// for what a guest does, and allocate no managed memory once warm. Not thread-safe: an engine belongs to one thread.
/// Linux: struct mm_struct.
/// </remarks>
[DebuggerDisplay("{AreaCount} areas")]
public sealed class AddressSpace
{
    private readonly ThreadGuard _guard;
    private readonly FrameLists _lists;
    private readonly MemoryCalls _calls;
    private readonly SpaceInspector _inspector;
    private readonly MemoryGroups _groups;
    private readonly DescriptorTable _descriptors;

    internal AddressSpace(EngineParts parts, Mmu mmu, DescriptorTable descriptors)
    {
        _guard = parts.Machine.Guard;
        _lists = parts.Machine.Lists;
        _calls = parts.Calls;
        _inspector = parts.Inspector;
        _groups = parts.Reclaim.Groups;
        _descriptors = descriptors;
        Mmu = mmu;
        Space = mmu.Space;
    }

    /// <summary>Access to the memory, as the program itself has it.</summary>
    public Mmu Mmu { get; }

    /// <summary>The program break: the end of the heap.</summary>
    public VirtualAddress Break => Space.Break;

    /// <summary>The lowest possible break: where the heap begins.</summary>
    public VirtualAddress StartBreak => Space.Layout.StartBreak;

    /// <summary>Areas, as the kernel counts them against max_map_count.</summary>
    public int AreaCount => Space.Areas.Count;

    /// <summary>What may be read may be executed: mmap, mprotect and brk add PROT_EXEC. Forked and executed programs inherit it.</summary>
    /// <remarks>Linux: READ_IMPLIES_EXEC of personality(2); execve sets it for an image without PT_GNU_STACK. The processor here has no NX: only reports tell.</remarks>
    public bool ReadImpliesExecute
    {
        get => Space.ReadImpliesExecute;
        set => Space.ReadImpliesExecute = value;
    }

    /// <summary>Limits on locked memory do not bind. Linux: CAP_IPC_LOCK.</summary>
    public bool IsPrivileged
    {
        get => Space.IsPrivileged;
        set => Space.IsPrivileged = value;
    }

    /// <summary>What its faults were.</summary>
    public FaultCounters Faults => Space.Faults;

    internal Space Space { get; }

    /// <summary>The directory's frame: what CR3 holds while this process runs.</summary>
    public FrameNumber PageDirectory => Space.Tables.Directory;

    /// <summary>Sets a soft limit, in bytes; <c>ulong.MaxValue</c> is no limit. A limit below the present use only stops growth.</summary>
    public void SetLimit(ResourceLimit limit, ulong bytes) => Space.Limits[limit] = bytes;

    /// <summary>A soft limit in bytes.</summary>
    public ulong GetLimit(ResourceLimit limit) => Space.Limits[limit];

    /// <summary>Marks user pages as held by somebody else: nothing is placed there, and reports do not show them.</summary>
    /// <remarks>For ground an embedder keeps for itself. Accesses there are refused. EINVAL: not in the user half; EEXIST: not free.</remarks>
    public Errno Reserve(PageRange range)
    {
        Enter();
        if (range.IsEmpty || !range.IsInUserHalf) return Errno.EINVAL;
        if (Space.Areas.Tree.FirstIn(range).IsSome) return Errno.EEXIST;
        return Space.Areas.TryAdd(range, AreaFlags.Foreign, OpenFileIndex.None, range.First.Value, out _) ? Errno.None : Errno.ENOMEM;
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
        if (!isAnonymous && !_descriptors.TryGet(descriptor, out file)) return Errno.EBADF;
        return _calls.Map.Execute(Space, new(address, byteLength, protection, flags, file, isAnonymous ? 0 : byteOffset >> 12), out at);
    }

    /// <summary>mmap(2) of an open file.</summary>
    internal Errno MapFile(
        OpenFileIndex file, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, ulong byteOffset,
        out VirtualAddress at)
    {
        Enter();
        at = default;
        if ((byteOffset & 0xFFF) != 0 || (flags & MapFlags.Anonymous) != 0) return Errno.EINVAL;
        return _calls.Map.Execute(Space, new(address, byteLength, protection, flags, file, byteOffset >> 12), out at);
    }

    /// <summary>munmap(2). EINVAL: not aligned, length 0, or beyond the user half; ENOMEM: at max_map_count and inside one area.</summary>
    /// <remarks>Holes in the range are no error. Cost: O(log n + areas + present pages).</remarks>
    public Errno Unmap(VirtualAddress start, uint byteLength)
    {
        Enter();
        return _calls.Unmap.Execute(Space, start, byteLength);
    }

    /// <summary>mprotect(2). ENOMEM: a hole, or RLIMIT_DATA; EACCES: shared, of a descriptor that cannot write; EINVAL: not aligned, unknown rights, growth rules.</summary>
    /// <remarks>Area by area: an error in the middle leaves the earlier part changed.</remarks>
    public Errno Protect(VirtualAddress start, uint byteLength, MemoryProtection protection)
    {
        Enter();
        return _calls.Protect.Execute(Space, start, byteLength, protection);
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
        return _calls.Remap.Execute(Space, request, out at);
    }

    /// <summary>brk(2) as the raw system call: the break afterwards, unchanged when refused; 0 asks. No frame is taken.</summary>
    public VirtualAddress SetBreak(VirtualAddress wanted)
    {
        Enter();
        return _calls.Break.Execute(Space, wanted);
    }

    /// <summary>madvise(2). EINVAL: unknown advice, not aligned, or an area that refuses; ENOMEM: a hole, after the rest is done; EACCES, EFAULT, EAGAIN.</summary>
    public Errno Advise(VirtualAddress start, uint byteLength, MemoryAdvice advice)
    {
        Enter();
        return _calls.Advise.Execute(Space, start, byteLength, advice);
    }

    /// <summary>msync(2). EINVAL: flags or alignment; ENOMEM: a hole; EBUSY: <see cref="SyncFlags.Invalidate"/> of a locked area; EIO: the backing failed.</summary>
    public Errno Synchronize(VirtualAddress start, uint byteLength, SyncFlags flags)
    {
        Enter();
        return _calls.Synchronize.Execute(Space, start, byteLength, flags);
    }

    /// <summary>mlock2(2); mlock(2) without flags. EPERM: RLIMIT_MEMLOCK is 0; ENOMEM: over it, a hole, or a page that cannot be filled; EINVAL: flags.</summary>
    public Errno Lock(VirtualAddress start, uint byteLength, LockFlags flags = LockFlags.None)
    {
        Enter();
        return _calls.Lock.Lock(Space, start, byteLength, flags);
    }

    /// <summary>munlock(2). ENOMEM: a hole; what came before it is unlocked.</summary>
    public Errno Unlock(VirtualAddress start, uint byteLength)
    {
        Enter();
        return _calls.Lock.Unlock(Space, start, byteLength);
    }

    /// <summary>mlockall(2). EINVAL: flags; EPERM, ENOMEM: RLIMIT_MEMLOCK.</summary>
    public Errno LockAll(LockAllFlags flags)
    {
        Enter();
        return _calls.Lock.LockAll(Space, flags);
    }

    /// <summary>munlockall(2): also ends <see cref="LockAllFlags.Future"/>.</summary>
    public Errno UnlockAll()
    {
        Enter();
        return _calls.Lock.UnlockAll(Space);
    }

    /// <summary>mincore(2): one byte a page, 1 if it is in memory. EINVAL: not aligned; ENOMEM: a hole; EFAULT: the result is too short.</summary>
    public Errno InCore(VirtualAddress start, uint byteLength, Span<byte> result)
    {
        Enter();
        return _calls.Residency.InCore(Space, start, byteLength, result);
    }

    /// <summary>True where the process has a page of its own: anonymous memory that was written, or a private copy. The zero page and the page cache are not.</summary>
    public bool HasOwnPage(PageNumber page)
    {
        Enter();
        return _calls.Residency.HasOwnPage(Space, page);
    }

    /// <summary>The figures behind <c>status</c> and <c>statm</c>.</summary>
    public MemoryUsage Usage
    {
        get
        {
            _guard.Enter();
            return SpaceInspector.Usage(Space);
        }
    }

    /// <summary>remap_file_pages(2). EINVAL: the range is not one shared mapping of a file; others as mmap(2).</summary>
    public Errno RemapFilePages(VirtualAddress start, uint byteLength, uint pageOffset, MapFlags flags)
    {
        Enter();
        return _calls.RemapFile.Execute(Space, start, byteLength, pageOffset, flags);
    }

    /// <summary>Names the byte at an address so that two names are equal exactly when both addresses show the same byte. False: nothing is mapped there.</summary>
    public bool TryIdentify(VirtualAddress address, out MemoryIdentity identity)
    {
        Enter();
        return _inspector.TryIdentify(Space, address, out identity);
    }

    /// <summary>An area lies in the range, even if only in part.</summary>
    public bool IsMappedWithin(PageRange range)
    {
        Enter();
        return Space.Areas.Tree.FirstIn(range).IsSome;
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
        wasMissing = !Space.Tables.Read(address.Page).IsPresent;
        if (!Mmu.TryGetSpan(address, 1, access, out _, out fault)) return false;
        if (!wasMissing && _groups[Space.Group].Reclaim.Policy is { WantsEveryAccess: true } policy)
            policy.Hit(Space.Tables.Read(address.Page).Frame);
        return true;
    }

    /// <summary>The areas in order, as typed records. Allocates.</summary>
    public IReadOnlyList<AreaSnapshot> Snapshot()
    {
        _guard.Enter();
        return _inspector.Areas(Space);
    }

    /// <summary>The figures behind smaps_rollup: what is there of all areas together.</summary>
    public MemoryFootprint Footprint
    {
        get
        {
            _guard.Enter();
            return _inspector.Footprint(Space);
        }
    }

    /// <summary>What is there of the area that covers a page; nothing where there is none.</summary>
    public MemoryFootprint FootprintAt(PageNumber page)
    {
        _guard.Enter();
        return _inspector.FootprintAt(Space, page);
    }

    /// <summary>Where the program that was last executed here lies; all zero without one.</summary>
    public ProgramExtents Program => Space.Layout.Image;

    /// <summary>One word of /proc/PID/pagemap.</summary>
    public PagemapWord ReadPagemap(PageNumber page)
    {
        _guard.Enter();
        return _inspector.Pagemap(Space, page);
    }

    /// <summary>A write to /proc/PID/clear_refs. EINVAL: no such kind.</summary>
    public Errno ClearReferences(ReferenceKind kind)
    {
        _guard.Enter();
        return _calls.ClearReferences.Execute(Space, kind);
    }

    /// <summary>Every call passes here: the right thread, a live engine, a process that has not ended; its group is charged from now on.</summary>
    internal void Enter()
    {
        _guard.Enter();
        Space.ThrowIfEnded();
        _lists.Current = Space.Group;
    }
}
