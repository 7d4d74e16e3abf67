using System.Diagnostics;
using Paging.Native;

namespace Paging.Core;

/// <summary>What stands behind a file object.</summary>
public enum FileKind
{
    /// <summary>Nothing: the pages are the file, as in tmpfs. What is not there reads as zeros.</summary>
    Memory,
    /// <summary>Memory behind MAP_SHARED|MAP_ANONYMOUS; listed as /dev/zero.</summary>
    SharedAnonymous,
    /// <summary>An <see cref="IFileBacking"/>; the pages are a cache of it.</summary>
    Backed,
    /// <summary>A directory: cannot be read or mapped.</summary>
    Directory,
}

/// <summary>A file, or shared anonymous memory: its size, its cached pages, the areas that map it. System-wide; outlives processes. Linux: inode with its address_space.</summary>
[DebuggerDisplay("{Name} {Kind} {ByteLength} bytes")]
internal sealed class FileObject(uint number)
{
    /// <summary>The tag of pages that the backing does not have yet.</summary>
    public const int DirtyTag = 0;

    /// <summary>The tag of pages that are on their way to the backing.</summary>
    public const int WritebackTag = 1;

    /// <summary>Page index → frame number. Frame 0 is the zero page and never cached, so no entry is 0.</summary>
    public RadixTree Pages;

    public uint Number { get; } = number;
    public string Name { get; private set; } = "";
    public FileKind Kind { get; private set; }
    public IFileBacking? Backing { get; private set; }

    /// <summary>Bytes. Pages wholly beyond it are never cached nor mapped.</summary>
    public long ByteLength { get; set; }

    /// <summary>Open files that refer to it, and names that do.</summary>
    public uint HolderCount { get; set; }

    /// <summary>Pages of the commitment that it took when it was made (shared anonymous memory).</summary>
    public long ChargedPages { get; set; }

    /// <summary>Grows by one with each write-back error: every open file reports each error once (errseq). Linux: lib/errseq.c.</summary>
    public uint ErrorSequence { get; set; }

    /// <summary>The last write-back error.</summary>
    public Errno LastError { get; set; }

    /// <summary>The first of the areas that map it. Linux: i_mmap.</summary>
    public AreaIndex FirstArea { get; private set; }

    public bool IsAlive { get; private set; }

    /// <summary>The pages are all there is: they are never clean and never written back.</summary>
    public bool IsMemory => Kind is FileKind.Memory or FileKind.SharedAnonymous;

    /// <summary>Pages with at least one byte of the file.</summary>
    public ulong PageLimit => ((ulong)ByteLength + 0xFFF) >> 12;

    public void Begin(string name, FileKind kind, long byteLength, IFileBacking? backing)
    {
        Name = name;
        Kind = kind;
        ByteLength = byteLength;
        Backing = backing;
        HolderCount = 0;
        ChargedPages = 0;
        ErrorSequence = 0;
        LastError = Errno.None;
        Pages = default;
        IsAlive = true;
    }

    public void End()
    {
        IsAlive = false;
        Backing = null;
        Name = "";
    }

    /// <summary>Adds an area to those that map this object.</summary>
    public void LinkArea(NativeSlab<Area> slab, AreaIndex index)
    {
        ref Area area = ref slab[index.Value];
        area.FilePrevious = AreaIndex.None;
        area.FileNext = FirstArea;
        if (FirstArea.IsSome) slab[FirstArea.Value].FilePrevious = index;
        FirstArea = index;
    }

    /// <summary>Takes an area out of those that map this object.</summary>
    public void UnlinkArea(NativeSlab<Area> slab, AreaIndex index)
    {
        ref Area area = ref slab[index.Value];
        if (area.FilePrevious.IsSome) slab[area.FilePrevious.Value].FileNext = area.FileNext;
        else FirstArea = area.FileNext;
        if (area.FileNext.IsSome) slab[area.FileNext.Value].FilePrevious = area.FilePrevious;
        area.FilePrevious = area.FileNext = AreaIndex.None;
    }
}
