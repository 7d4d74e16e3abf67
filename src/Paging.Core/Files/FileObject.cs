using System.Diagnostics;
using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Memory;

namespace Paging.Core.Files;

/// <summary>
/// A file or shared anonymous memory: its size, its cached pages and its write-back state. System-wide; outlives processes.
/// </summary>
/// <remarks>
/// Objects are recycled, because a shared anonymous mapping creates one and mapping must not allocate once the engine is warm.
/// Linux: inode with its address_space.
/// </remarks>
[DebuggerDisplay("{Name} {Kind} {ByteLength} bytes")]
internal sealed class FileObject(uint number)
{
    /// <summary>
    /// C1–C3: page index → frame number, tagged Dirty and Writeback (W1–W3). Frame 0, the zero page, is never cached, so no value is 0.
    /// </summary>
    public RadixTree Pages;

    /// <summary>Z5: pages of memory files on a swap device: page index → swap entry. See <c>SharedMemorySwap</c>.</summary>
    public RadixTree Swapped;

    /// <summary>Z6: pages of cloned shared memory that still lie in the image; null without one. See <c>SharedMemorySwap</c>.</summary>
    public SuppliedPages? Supplied { get; set; }

    /// <summary>The errors of its write-back.</summary>
    public ErrorSequence WriteErrors;

    public uint Number { get; } = number;
    public string Name { get; set; } = "";
    public FileKind Kind { get; private set; }
    public IFileBacking? Backing { get; private set; }

    /// <summary>The device that makes the accesses to its mappings; null for anything else.</summary>
    public IMemoryDevice? Device { get; set; }

    /// <summary>For a ROM, the device that gets the stores; its mappings show host memory to loads and fetches. Otherwise null.</summary>
    public IMemoryDevice? RomStores { get; set; }

    /// <summary>True for a ROM: it is never writable.</summary>
    public bool IsRom => RomStores is not null;

    /// <summary>The first of the host's frames that its mappings map, for a device without <see cref="Device"/>.</summary>
    public FrameNumber HostFrames { get; set; }

    /// <summary>The host's memory that the frames lie in; null if they are frames of RAM.</summary>
    public HostWindow? Window { get; set; }

    /// <summary>For a file of huge pages, the binary logarithm of the frames of a page; 0 for any other file.</summary>
    public int HugeOrder { get; set; }

    /// <summary>Small pages to one of its huge pages.</summary>
    public PageCount HugePages => new(1u << HugeOrder);

    /// <summary>Bytes of one of its huge pages.</summary>
    public long HugeBytes => (long)HugePages.Bytes;

    /// <summary>True for a file of huge pages; the object of a mapping of the pool is one, too.</summary>
    public bool IsHuge => Kind == FileKind.HugePages;

    /// <summary>True once a line of it has been collapsed into a huge page, even if it was split again.</summary>
    public bool HasCollapsed { get; set; }

    /// <summary>
    /// True for a segment of System V: its mappings do not vanish in a merge, and mremap moves them one by one. Linux: shm_vm_ops.close,
    /// shm_get_unmapped_area.
    /// </summary>
    public bool IsSegment { get; set; }

    /// <summary>True for memory of another system's own, which no snapshot brings back: sections of the page file.</summary>
    public bool IsOfAnotherSystem { get; set; }

    /// <summary>True if its cached pages stay in memory. Linux: mapping_unevictable.</summary>
    public bool IsLocked { get; set; }

    /// <summary>The next object that is ended when the current call ends.</summary>
    public FileObject? NextWaiting { get; set; }

    /// <summary>The rights that it can be opened with.</summary>
    public FileRights Rights { get; set; }

    /// <summary>True if write(2) hands the bytes to the backing before it returns. Has no effect without a backing.</summary>
    public bool IsWrittenThrough { get; set; }

    /// <summary>The seals, which forbid operations.</summary>
    public FileSeals Seals { get; set; }

    /// <summary>True if a seal forbids every new write.</summary>
    public bool ForbidsWriting => (Seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0;

    /// <summary>The size in bytes. Pages wholly beyond it are neither cached nor mapped.</summary>
    public long ByteLength { get; set; }

    /// <summary>The number of open files and names that refer to it.</summary>
    public uint HolderCount { get; set; }

    /// <summary>The number of snapshots of the engine that hold it. While there is one, the first write to each page is recorded.</summary>
    public uint KeptCount { get; set; }

    /// <summary>The number of its open files that only kept areas hold.</summary>
    public uint KeptOpenCount { get; set; }

    /// <summary>True if nothing but snapshots leads to it.</summary>
    public bool IsOnlyKept => HolderCount == KeptCount + KeptOpenCount;

    /// <summary>The pages that it commits: of shared anonymous memory all, of a section those that were asked for.</summary>
    public long ChargedPages { get; private set; }

    /// <summary>The pages that are committed for it now: none while nothing but snapshots leads to it.</summary>
    public long CommittedPages { get; set; }

    public bool IsAlive { get; private set; }

    // W4, W5. Written by DirtyFiles only.

    /// <summary>The number of pages with the Dirty tag.</summary>
    public uint DirtyCount { get; set; }

    /// <summary>The tick of background work in which its oldest dirty page became dirty. Linux: dirtied_when.</summary>
    public long DirtiedAt { get; set; }

    /// <summary>The page at which the search for the next cluster begins. Linux: writeback_index.</summary>
    public FilePage WritebackFrom { get; set; }

    /// <summary>True if bytes were written to the backing since its last flush.</summary>
    public bool NeedsFlush { get; set; }

    /// <summary>Its neighbours in the list of files with dirty pages.</summary>
    public FileObject? DirtiedBefore { get; set; }

    public FileObject? DirtiedAfter { get; set; }

    /// <summary>True if the bytes exist only in the pages, which are then never written back.</summary>
    public bool IsMemory => Backing is null;

    /// <summary>True for memory files and shared anonymous memory. Linux: vma_is_shmem.</summary>
    public bool IsSharedMemory => Kind is FileKind.Memory or FileKind.SharedAnonymous;

    /// <summary>True if a pager supplies its pages: each is requested when it is touched, and none is read ahead.</summary>
    public bool IsPaged => Backing is ScopedBacking { IsPager: true };

    /// <summary>True if the fault being handled has requested pages of it, which are read outside the slow path.</summary>
    public bool IsAwaited => Backing is ScopedBacking { IsAwaited: true };

    /// <summary>The number of pages that contain at least one byte of the file.</summary>
    public ulong PageLimit => ((ulong)ByteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;

    /// <summary>The pages below <see cref="PageLimit"/>.</summary>
    public FilePageRange AllPages => new(FilePage.First, PageLimit);

    /// <summary>True if the page contains at least one byte of the file.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(FilePage page) => (long)((ulong)page.Value << VirtualAddress.PageShift) < ByteLength;

    /// <summary>True if it has one of these seals.</summary>
    public bool Has(FileSeals seals) => (Seals & seals) != 0;

    /// <summary>Checks the seals before bytes are written, and cuts off the page that would make the file longer.</summary>
    /// <remarks>Linux: shmem_write_begin, which is called for each page.</remarks>
    /// <returns>EPERM: a seal forbids the first page.</returns>
    public Errno CheckWrite(long offset, ref int byteLength)
    {
        if (ForbidsWriting) return Errno.EPERM;
        if (!Has(FileSeals.Grow) || offset <= ByteLength - byteLength) return Errno.None;    // a sum may overflow
        long allowed = (ByteLength & ~(long)VirtualAddress.OffsetMask) - offset;
        if (allowed <= 0) return Errno.EPERM;
        byteLength = (int)allowed;
        return Errno.None;
    }

    /// <summary>Checks the seals before the length changes. EPERM: a seal forbids it. Linux: shmem_setattr.</summary>
    public Errno CheckLength(long byteLength)
    {
        FileSeals seal = byteLength < ByteLength ? FileSeals.Shrink : byteLength > ByteLength ? FileSeals.Grow : FileSeals.None;
        return Has(seal) ? Errno.EPERM : Errno.None;
    }

    /// <summary>Notes that pages have been committed for it.</summary>
    public void AddCharge(long pages)
    {
        ChargedPages += pages;
        CommittedPages += pages;
    }

    public void Begin(string name, FileKind kind, long byteLength, FileRights rights, IFileBacking? backing)
    {
        Name = name;
        Kind = kind;
        ByteLength = byteLength;
        Rights = rights;
        Backing = backing;
        HolderCount = KeptOpenCount = 0;
        ChargedPages = CommittedPages = 0;
        HugeOrder = 0;
        HasCollapsed = false;
        IsSegment = IsOfAnotherSystem = false;
        IsLocked = false;
        IsWrittenThrough = false;
        Seals = FileSeals.None;
        WriteErrors = default;
        WritebackFrom = default;
        NeedsFlush = false;
        Pages = default;
        Swapped = default;
        Supplied = null;
        IsAlive = true;
    }

    public void End()
    {
        IsAlive = false;
        Backing = null;
        Supplied = null;
        EndDevice();
        Name = "";
    }

    /// <summary>Releases the device or the host's memory, after its last mapping is gone.</summary>
    public void EndDevice()
    {
        Window?.Dispose();
        Window = null;
        Device = RomStores = null;
    }
}
