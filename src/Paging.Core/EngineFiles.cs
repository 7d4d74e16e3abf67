using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>
/// Creates and finds the files of an engine, whose mappings may also be devices, frames that the host took, memory of the host, or pages
/// that it supplies; and writes them back.
/// </summary>
public sealed class EngineFiles
{
    private readonly PagingEngine _engine;

    internal EngineFiles(PagingEngine engine) => _engine = engine;

    /// <summary>The counters of the page cache.</summary>
    public CacheCounters CacheCounters => _engine.Entered.Files.Cache.Counters;

    /// <summary>The number of pages of files in RAM.</summary>
    public FrameCount CachedPages => new(_engine.Entered.Files.Cache.PageCount);

    /// <summary>The number of cached pages that are newer than their backings.</summary>
    public FrameCount DirtyPages => new(_engine.Entered.Files.Dirty.PageCount);

    /// <summary>Creates a file that exists in the engine's RAM only, as in tmpfs.</summary>
    /// <remarks>It exists until <see cref="GuestFile.Dispose"/> was called and nothing uses it any more.</remarks>
    public GuestFile CreateMemoryFile(string name, long byteLength = 0)
    {
        ArgumentNullException.ThrowIfNull(name);
        GuestFile.CheckLength(byteLength, nameof(byteLength));
        using SlowPathHold hold = _engine.Hold();
        return _engine.NewFile(_engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.Memory, byteLength));
    }

    /// <summary>Creates a file whose pages cache a backing. The engine owns the backing and disposes it after the last use.</summary>
    public GuestFile CreateFile(string name, IFileBacking backing, FileRights rights = FileRights.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(backing);
        using SlowPathHold hold = _engine.Hold();
        long byteLength = backing.ByteLength;
        GuestFile.CheckLength(byteLength, nameof(backing));
        IFileBacking guarded = ScopedBacking.Around(backing, _engine.Callers);
        FileRights given = rights & FileRights.ReadWrite;
        return _engine.NewFile(_engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.Backed, byteLength, guarded, given));
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
        using SlowPathHold hold = _engine.Hold();
        FileMode mode = create ? FileMode.OpenOrCreate : FileMode.Open;
        return _engine.NewFile(_engine.Parts.Files.OpenFiles.HostFiles.Open(_engine.Parts.Files.OpenFiles, path, rights, mode));
    }

    /// <summary>Creates a directory, which can be opened for reading but neither read as a file nor mapped.</summary>
    public GuestFile CreateDirectory(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using SlowPathHold hold = _engine.Hold();
        return _engine.NewFile(_engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.Directory, 0, rights: FileRights.Read));
    }

    /// <summary>Creates a file that represents a device. Its shared mappings are the device's registers or memory.</summary>
    /// <param name="name">The name in reports.</param>
    /// <param name="device">Handles the accesses. The engine does not dispose it.</param>
    /// <param name="byteLength">
    /// The length of its range of addresses, in bytes. It is never called for a byte after them: in the rest of its last page loads are
    /// zeros, and stores go nowhere, as after the end of a file.
    /// </param>
    /// <param name="rights">The rights with which it may be opened. A mapping needs the right to read, as every mapping does.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    /// <remarks>
    /// Its mappings behave as those that a Linux driver makes with remap_pfn_range: they count as no resident memory, are not reclaimed,
    /// locked, filled ahead or joined, do not grow, and are inherited in a fork.
    /// </remarks>
    public GuestFile CreateDevice(
        string name, IMemoryDevice device, long byteLength, FileRights rights = FileRights.ReadWrite)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(byteLength);
        FileObject file = _engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.Device, byteLength, rights: rights);
        file.Device = device;    // distinguishes it from a file of the host's frames
        return _engine.NewFile(file);
    }

    /// <summary>Creates a file whose shared mappings show frames that the host took, for example a frame buffer.</summary>
    /// <param name="name">The name in reports.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="count">The number of frames.</param>
    /// <param name="rights">The rights with which it may be opened: without the right to write, mappings cannot be written.</param>
    /// <exception cref="ArgumentException">A frame was not taken with <see cref="EngineFrames.TryTake"/>.</exception>
    /// <remarks>Accesses are as fast as to other memory. The areas behave as those of <see cref="CreateDevice"/>.</remarks>
    public GuestFile CreateFrameFile(
        string name, FrameNumber first, FrameCount count, FileRights rights = FileRights.ReadWrite)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfZero(count.Value, nameof(count));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)first.Value + count.Value, _engine.Ram.FrameCount.Value, nameof(count));
        for (uint i = 0; i < count.Value; i++)    // other frames may be reused meanwhile
            _engine.Parts.Machine.RequireTaken(first + new FrameCount(i), nameof(first));
        return NewHostFile(name, first, count, rights);
    }

    /// <summary>Creates a file whose shared mappings show memory of the host, or RAM of another engine.</summary>
    /// <param name="name">The name in reports.</param>
    /// <param name="memory">The memory, a multiple of 4096 bytes. It is pinned until the last use of the file.</param>
    /// <param name="rights">The rights with which it may be opened: without the right to write, mappings cannot be written.</param>
    /// <exception cref="ArgumentException">The length is not a positive multiple of 4096.</exception>
    /// <exception cref="NoMemoryException">RAM leaves too few of the 2^20 frame numbers.</exception>
    /// <remarks>
    /// Accesses are as fast as to other memory. The areas behave as those of <see cref="CreateDevice"/>. A processor that walks
    /// the page tables by itself finds this memory in <see cref="PhysicalMemory.HostMemory"/>: it lies beyond the end of RAM.
    /// </remarks>
    public GuestFile CreateHostMemoryFile(
        string name, Memory<byte> memory, FileRights rights = FileRights.ReadWrite)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentNullException.ThrowIfNull(name);
        if (memory.IsEmpty || (memory.Length & (int)VirtualAddress.OffsetMask) != 0)    // an entry maps a whole page
            throw new ArgumentException("Host memory is mapped in pages of 4096 bytes.", nameof(memory));
        if (!_engine.Ram.TryAddWindow(memory, out HostWindow? window))
            throw new NoMemoryException("No frame numbers are left for the host's memory: RAM has nearly all of them.");
        GuestFile file = NewHostFile(name, window!.First, window.Count, rights);
        file.Object.Window = window;    // the last user of the file closes it (FileObject.EndDevice)
        return file;
    }

    /// <summary>Creates a ROM: its shared mappings are read and executed as memory, and a device gets the stores.</summary>
    /// <param name="name">The name in reports.</param>
    /// <param name="contents">The bytes, a multiple of 4096. They are pinned until the last use of the file.</param>
    /// <param name="stores">
    /// Gets each store, as a device does; for example the bank register of a cartridge. It is never asked for a load.
    /// Null: stores are ignored. Should they fault instead, use <see cref="CreateHostMemoryFile"/> with the right to read alone.
    /// </param>
    /// <exception cref="ArgumentException">The length is not a positive multiple of 4096.</exception>
    /// <exception cref="NoMemoryException">RAM leaves too few of the 2^20 frame numbers.</exception>
    /// <remarks>
    /// Loads are as fast as of other memory; a store costs a fault and a call. The host may change the bytes: processes see it at once.
    /// The areas behave as those of <see cref="CreateDevice"/>. QEMU: memory_region_init_rom_device.
    /// </remarks>
    public GuestFile CreateRom(string name, Memory<byte> contents, IMemoryDevice? stores = null)
    {
        using SlowPathHold hold = _engine.Hold();
        GuestFile file = CreateHostMemoryFile(name, contents);
        file.Object.RomStores = stores ?? IgnoredStores.Instance;
        return file;
    }

    /// <summary>Creates memory whose pages the host supplies when they are first touched.</summary>
    /// <param name="name">The name in <c>maps</c>.</param>
    /// <param name="length">Its number of pages: 1 or more.</param>
    /// <param name="source">Supplies the pages. The engine does not dispose it.</param>
    public Pager CreatePager(string name, PageCount length, IPageSource source)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfZero(length.Value, nameof(length));
        PagerBacking backing = new(source, (long)length.Value << VirtualAddress.PageShift);
        GuestFile file = CreateFile(name, backing);
        EngineParts parts = _engine.Parts;
        return new(parts.Machine.Callers, parts.Reclaim.Groups, _engine.Ram, parts.Io.Filler, parts.Files.Cache, backing, file);
    }

    /// <summary>Creates shared memory without a name, as mmap(2) makes it with MAP_SHARED|MAP_ANONYMOUS. Linux: shmem_zero_setup.</summary>
    /// <param name="byteLength">A multiple of 4096.</param>
    /// <param name="isCommitted">True if its pages are committed (no MAP_NORESERVE).</param>
    /// <exception cref="InvalidOperationException">So many bytes cannot be committed.</exception>
    public GuestFile CreateSharedMemory(long byteLength, bool isCommitted)
    {
        GuestFile.CheckLength(byteLength, nameof(byteLength));
        using SlowPathHold hold = _engine.Hold();
        FileObject? file = _engine.Parts.Files.OpenFiles.CreateSharedAnonymous(byteLength, isCommitted);
        return _engine.NewFile(file ?? throw new NoMemoryException("Cannot create shared memory: it cannot be committed."));
    }

    /// <summary>Finds the file or shared memory of areas, by <see cref="AreaSnapshot.ObjectId"/>. Null if there is none.</summary>
    /// <returns>A further reference to it, which the caller disposes.</returns>
    public GuestFile? Find(int objectId)
    {
        using SlowPathHold hold = _engine.Hold();
        List<FileObject> all = _engine.Parts.Files.OpenFiles.All;    // by number, so with those that wait for reuse
        return objectId > 0 && objectId <= all.Count && all[objectId - 1].IsAlive ? _engine.NewFile(all[objectId - 1]) : null;
    }

    /// <summary>Writes the dirty pages of all files that are written through. Cost: O(dirty files and pages).</summary>
    public void WriteBack()
    {
        using SlowPathHold hold = _engine.Hold();
        _engine.Parts.Files.Writeback.WriteBack();
        _engine.Callers.Leave();
    }

    /// <summary>Writes everything dirty and makes it durable, as sync(2) does. fsync reports the errors later.</summary>
    public void SynchronizeAll()
    {
        using SlowPathHold hold = _engine.Hold();
        _engine.Parts.Files.Writeback.SynchronizeAll();
        _engine.Callers.Leave();
    }

    /// <summary>Drops the clean pages of files that no process maps. Linux: fs/drop_caches.c.</summary>
    public void DropCaches()
    {
        using SlowPathHold hold = _engine.Hold();
        foreach (FileObject file in _engine.Parts.Files.OpenFiles.Objects)
        {
            if (!file.IsMemory) _engine.Parts.Files.Cache.DropUnused(file, FilePageRange.All);    // memory files have no other copy
        }

        _engine.Callers.Leave();
    }

    private GuestFile NewHostFile(string name, FrameNumber first, FrameCount count, FileRights rights)
    {
        FileObject file = _engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.Device, (long)count.Bytes, rights: rights);
        file.HostFrames = first;
        return _engine.NewFile(file);
    }
}
