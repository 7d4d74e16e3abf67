using System.Diagnostics;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.Files;

/// <summary>A file, or shared anonymous memory: its size, its cached pages, the areas that map it. System-wide; outlives processes.</summary>
/// <remarks>Objects are recycled: a shared anonymous mapping makes one, and mapping must not allocate once warm. Linux: inode with its address_space.</remarks>
[DebuggerDisplay("{Name} {Kind} {ByteLength} bytes")]
internal sealed class FileObject(uint number)
{
    /// <summary>C1–C3: page index → frame number, tagged Dirty and Writeback (W1–W3). Frame 0 is the zero page and never cached, so no entry is 0.</summary>
    public RadixTree Pages;

    /// <summary>Z5: pages of memory that lie on a swap device: page index → swap entry. See <see cref="SharedMemorySwap"/>.</summary>
    public RadixTree Swapped;

    /// <summary>What its write-back could not do.</summary>
    public ErrorSequence WriteErrors;

    public uint Number { get; } = number;
    public string Name { get; set; } = "";
    public FileKind Kind { get; private set; }
    public IFileBacking? Backing { get; private set; }

    /// <summary>What it can be opened for.</summary>
    public FileRights Rights { get; set; }

    /// <summary>What must not be done to it any more.</summary>
    public FileSeals Seals { get; set; }

    /// <summary>A seal forbids every new write.</summary>
    public bool ForbidsWriting => (Seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0;

    /// <summary>Bytes. Pages wholly beyond it are never cached nor mapped.</summary>
    public long ByteLength { get; set; }

    /// <summary>Open files that refer to it, and names that do.</summary>
    public uint HolderCount { get; set; }

    /// <summary>Pages of the commitment that it took when it was made (shared anonymous memory).</summary>
    public long ChargedPages { get; set; }

    public bool IsAlive { get; private set; }

    // W4, W5. Written by DirtyFiles only.

    /// <summary>Pages with the Dirty tag.</summary>
    public uint DirtyCount { get; set; }

    /// <summary>The turn of the background work in which its oldest dirty page became dirty. Linux: dirtied_when.</summary>
    public long DirtiedAt { get; set; }

    /// <summary>Where the next cluster is looked for. Linux: writeback_index.</summary>
    public uint WritebackFrom { get; set; }

    /// <summary>Something was written that no flush has followed yet.</summary>
    public bool NeedsFlush { get; set; }

    /// <summary>Neighbours among the files with dirty pages.</summary>
    public FileObject? DirtiedBefore { get; set; }

    public FileObject? DirtiedAfter { get; set; }

    /// <summary>The pages are all there is: they are never clean and never written back.</summary>
    public bool IsMemory => Backing is null;

    /// <summary>Pages with at least one byte of the file.</summary>
    public ulong PageLimit => ((ulong)ByteLength + 0xFFF) >> 12;

    /// <summary>It carries one of these seals.</summary>
    public bool Has(FileSeals seals) => (Seals & seals) != 0;

    public void Begin(string name, FileKind kind, long byteLength, FileRights rights, IFileBacking? backing)
    {
        Name = name;
        Kind = kind;
        ByteLength = byteLength;
        Rights = rights;
        Backing = backing;
        HolderCount = 0;
        ChargedPages = 0;
        Seals = FileSeals.None;
        WriteErrors = default;
        WritebackFrom = 0;
        NeedsFlush = false;
        Pages = default;
        Swapped = default;
        IsAlive = true;
    }

    public void End()
    {
        IsAlive = false;
        Backing = null;
        Name = "";
    }
}
