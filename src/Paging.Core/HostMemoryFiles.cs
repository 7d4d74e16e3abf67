using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>Files whose mappings are devices, frames that the host took, memory of the host, or pages that it supplies.</summary>
public static class HostMemoryFiles
{
    /// <summary>Creates a file that represents a device. Its shared mappings are the device's registers or memory.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The name in reports.</param>
    /// <param name="device">Handles the accesses. The engine does not dispose it.</param>
    /// <param name="byteLength">The length of its range of addresses, in bytes.</param>
    /// <param name="rights">The rights with which it may be opened. A mapping needs the right to read, as every mapping does.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    /// <remarks>
    /// Its mappings behave as those that a Linux driver makes with remap_pfn_range: they count as no resident memory, are not reclaimed,
    /// locked, filled ahead or joined, do not grow, and are inherited in a fork.
    /// </remarks>
    public static GuestFile CreateDevice(
        this PagingEngine engine, string name, IMemoryDevice device, long byteLength, FileRights rights = FileRights.ReadWrite)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(byteLength);
        FileObject file = engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.Device, byteLength, rights: rights);
        file.Device = device;    // distinguishes it from a file of the host's frames
        return engine.NewFile(file);
    }

    /// <summary>Creates a file whose shared mappings show frames that the host took, for example a frame buffer.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The name in reports.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="count">The number of frames.</param>
    /// <param name="rights">The rights with which it may be opened: without the right to write, mappings cannot be written.</param>
    /// <exception cref="ArgumentException">A frame was not taken with <see cref="PagingEngine.TryTakeFrames"/>.</exception>
    /// <remarks>Accesses are as fast as to other memory. The areas behave as those of <see cref="CreateDevice"/>.</remarks>
    public static GuestFile CreateFrameFile(
        this PagingEngine engine, string name, FrameNumber first, FrameCount count, FileRights rights = FileRights.ReadWrite)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfZero(count.Value, nameof(count));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)first.Value + count.Value, engine.Ram.FrameCount.Value, nameof(count));
        for (uint i = 0; i < count.Value; i++)    // other frames may be reused meanwhile
            engine.Parts.Machine.RequireTaken(first + new FrameCount(i), nameof(first));
        return NewHostFile(engine, name, first, count, rights);
    }

    /// <summary>Creates a file whose shared mappings show memory of the host, or RAM of another engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The name in reports.</param>
    /// <param name="memory">The memory, a multiple of 4096 bytes. It is pinned until the last use of the file.</param>
    /// <param name="rights">The rights with which it may be opened: without the right to write, mappings cannot be written.</param>
    /// <exception cref="ArgumentException">The length is not a positive multiple of 4096.</exception>
    /// <exception cref="InvalidOperationException">RAM leaves too few of the 2^20 frame numbers.</exception>
    /// <remarks>
    /// Accesses are as fast as to other memory. The areas behave as those of <see cref="CreateDevice"/>. A processor that walks
    /// the page tables by itself finds this memory in <see cref="PhysicalMemory.HostMemory"/>: it lies behind the end of RAM.
    /// </remarks>
    public static GuestFile CreateHostMemoryFile(
        this PagingEngine engine, string name, Memory<byte> memory, FileRights rights = FileRights.ReadWrite)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentNullException.ThrowIfNull(name);
        if (memory.IsEmpty || (memory.Length & (int)VirtualAddress.OffsetMask) != 0)    // an entry maps a whole page
            throw new ArgumentException("Host memory is mapped in pages of 4096 bytes.", nameof(memory));
        if (!engine.Ram.TryAddWindow(memory, out HostWindow? window))
            throw new InvalidOperationException("No frame numbers are left for the host's memory: RAM has nearly all of them.");
        GuestFile file = NewHostFile(engine, name, window!.First, window.Count, rights);
        file.Object.Window = window;    // the last user of the file closes it (FileObject.EndDevice)
        return file;
    }

    /// <summary>Creates memory whose pages the host supplies when they are first touched.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The name in <c>maps</c>.</param>
    /// <param name="length">Its number of pages: 1 or more.</param>
    /// <param name="source">Supplies the pages. The engine does not dispose it.</param>
    public static Pager CreatePager(this PagingEngine engine, string name, PageCount length, IPageSource source)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfZero(length.Value, nameof(length));
        PagerBacking backing = new(source, (long)length.Value << VirtualAddress.PageShift);
        GuestFile file = engine.CreateFile(name, backing);
        EngineParts parts = engine.Parts;
        return new(parts.Machine.Guard, parts.Reclaim.Groups, engine.Ram, parts.Io.Filler, parts.Files.Cache, backing, file);
    }

    private static GuestFile NewHostFile(PagingEngine engine, string name, FrameNumber first, FrameCount count, FileRights rights)
    {
        FileObject file = engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.Device, (long)count.Bytes, rights: rights);
        file.HostFrames = first;
        return engine.NewFile(file);
    }
}
