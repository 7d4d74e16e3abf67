using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Core;

//   image     │ page 0 │ page 1 │ page 2 │ …       once in the host's memory, never written
//                  ▲        ▲        ▲
//   engine 1 ──────┼────────┼──► own copy         a clone reads the image's pages, and copies one at its first write to it
//   engine 2 ──────┴──► own copy                  so no two engines write to the same memory
/// <summary>The memory of a process as it was in a snapshot, from which any number of engines make clones that share its pages.</summary>
/// <remarks>
/// For workers that try inputs side by side: one engine for each thread, a clone in each, and a snapshot of the clone to restore. The
/// pages of the image exist once. A clone copies a page at its first write to it, and counts it as resident from then on.
/// Memory files, shared anonymous memory and segments are part of the image: each clone has its own, whose pages are copied out of the
/// image when they are first touched. <see cref="EngineImage"/> has several processes, which share them.
/// An image is independent of its engine, and cannot change. The garbage collector frees it after the last engine with a clone.
/// <see cref="PagingEngine.CloneProcess"/> makes a clone. Threading: any thread, at any time.
/// </remarks>
[DebuggerDisplay("image of {Pages} pages")]
public sealed class ProcessImage
{
    private ProcessImage(ImageContent content) => Content = content;

    /// <summary>The saved form and its pages.</summary>
    internal ImageContent Content { get; }

    /// <summary>
    /// The number of its pages that are not all zeros. Each takes 4096 bytes of the host's memory, which deltas share.
    /// </summary>
    public PageCount Pages => Content.PageCount;

    /// <summary>The image that a delta shares pages with; null: it has all its pages itself.</summary>
    public ProcessImage? Parent { get; private init; }

    /// <summary>The number of its pages that its ancestors do not have. Each takes 4096 bytes in its file.</summary>
    public PageCount OwnPages => Content.OwnPageCount;

    /// <summary>Its name by content, which a delta's file has of its parent: 128 bits in 32 digits.</summary>
    /// <remarks>Cost: O(own pages) at first, and none if it was opened. An image and its file have the same. It finds
    /// mistakes, and is no signature.</remarks>
    public string Hash => Convert.ToHexStringLower(Content.Hash);

    /// <summary>Copies the memory of a process as it is in a snapshot. The process and its snapshots do not change.</summary>
    /// <param name="snapshot">The snapshot. Memory that the process shares is copied as it is now.</param>
    /// <param name="nameOf">As for <see cref="Snapshot.Save"/>: memory with a name is supplied by the caller of each clone.</param>
    /// <remarks>Cost: O(areas + pages), and the way to the snapshot and back; the pages are read twice.</remarks>
    /// <exception cref="NotSupportedException">As <see cref="Snapshot.Save"/>; or it has 2 GiB of pages, or more.</exception>
    /// <exception cref="InvalidOperationException">There is no memory to go to the snapshot and back.</exception>
    public static ProcessImage Of(Snapshot snapshot, Func<int, string?>? nameOf = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        using SlowPathHold hold = snapshot.Process.Memory.Callers.Hold();
        return new(ImageContent.Of((stream, pages) => snapshot.WriteImage(stream, pages, nameOf), [snapshot.Shadow]));
    }

    /// <summary>Copies what differs from another image: pages with other bytes than the parent's page at the same address.</summary>
    /// <param name="snapshot">The snapshot, of any process of any engine; usually of a clone of the parent.</param>
    /// <param name="parent">The other image, which can be a delta itself, or come from a file.</param>
    /// <param name="nameOf">As for <see cref="Of"/>.</param>
    /// <remarks>
    /// The result is a whole image that shares the parent's pages: it is cloned and saved like any other, and its file has only its own
    /// pages (<see cref="Save"/>). A page that a clone still has from the parent, or from an ancestor of it, is not read; the others are
    /// compared. Cost: of a clone O(areas + page tables + pages that it has written), otherwise O(areas + pages).
    /// </remarks>
    /// <exception cref="NotSupportedException">As <see cref="Of"/>; or the parent is the last of 64 deltas.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="Of"/>.</exception>
    public static ProcessImage DeltaOf(Snapshot snapshot, ProcessImage parent, Func<int, string?>? nameOf = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(parent);
        using SlowPathHold hold = snapshot.Process.Memory.Callers.Hold();
        ImageContent content = ImageContent.DeltaOf(
            parent.Content, (stream, delta) => snapshot.WriteDelta(stream, delta, nameOf), [snapshot.Shadow]);
        return new(content) { Parent = parent };
    }

    /// <summary>Makes an image of memory that comes from elsewhere, as from a core file.</summary>
    /// <param name="name">The name of the process.</param>
    /// <param name="areas">Its areas: disjoint, in the order of their addresses.</param>
    /// <param name="read">
    /// Reads a page of an area; called twice for each, in order. A page that it does not have is of the area's file, or zeros.
    /// </param>
    /// <param name="program">The addresses of the program's parts, as far as they are known.</param>
    /// <param name="startBreak">The start of the heap; zero if there is none.</param>
    /// <param name="endOfHeap">The break.</param>
    /// <remarks>
    /// A clone has all 4 GiB if an area lies above 0xBFFFFFFF, and page 0 if an area begins there (<see cref="ProcessOptions"/>).
    /// Pages of zeros take no memory. Cost: O(areas + pages in them), and two reads of each page.
    /// </remarks>
    /// <exception cref="ArgumentException">Areas overlap, or are not in order or below 4 GiB; or a stack maps a file.</exception>
    /// <exception cref="InvalidOperationException">The reader has more pages the second time.</exception>
    /// <exception cref="NotSupportedException">It has 2 GiB of pages, or more.</exception>
    public static ProcessImage Compose(string name, IReadOnlyList<ImageArea> areas, ImagePageReader read,
        ProgramExtents program = default, VirtualAddress startBreak = default, VirtualAddress endOfHeap = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(areas);
        ArgumentNullException.ThrowIfNull(read);
        Check(areas);
        uint count = 0;
        ForEachPage(areas, read, (_, isZero, _) => count += isZero ? 0u : 1);    // only to know how much memory to allocate
        Memory<byte> pages = ImageContent.Allocate((long)count << VirtualAddress.PageShift);
        using MemoryStream written = new();
        ChecksummedWriter writer = new(written, new CallerCheck());    // no engine has to be kept from being called
        ResourceLimits limits = ResourceLimits.Default;
        SpaceBounds bounds = BoundsOf(areas);
        SavedState state = new()
        {
            Break = endOfHeap,
            Switches = bounds == SpaceBounds.Linux ? SavedState.TopDown : SavedState.TopDown | SavedState.HasBounds,
            Bounds = bounds,
            MmapBase = MemoryLayout.FlexibleBase(limits.Stack),
            StartBreak = startBreak,
            Image = program,
            Limits = limits,
        };
        Dictionary<string, uint> files = new(StringComparer.Ordinal);
        SavedProcess process = new() { Name = name, State = state, Areas = [.. areas.Select(area => ToSaved(area, files))] };
        new SavedMachine { Processes = [process] }.WriteTo(writer);
        int done = 0;
        ForEachPage(areas, read, (page, isZero, bytes) =>
        {
            SnapshotFormat.WriteRun(writer, page, 1, SnapshotFormat.SavedBits | (isZero ? SnapshotFormat.ZeroRun : SnapshotFormat.FarRun));
            if (isZero) return;
            if (done == pages.Length) throw new InvalidOperationException("The reader has more pages the second time.");
            bytes.CopyTo(pages.Span[done..]);
            done += bytes.Length;
        });
        SnapshotFormat.WriteEndOfRuns(writer);
        SnapshotFormat.WriteEnd(writer);
        return new(new ImageContent(written.ToArray(), pages, [null]));
    }

    /// <summary>Writes the image, for <see cref="Open(string)"/> in any program, on any host; of a delta what differs.</summary>
    /// <param name="stream">Receives a header, the areas, and the pages as they are; of a delta its own ones.</param>
    /// <remarks>
    /// Replace a file that programs may have open by another one (write beside it, then rename), never in place.
    /// Cost: O(areas + own pages), and the hash of them (<see cref="Hash"/>).
    /// </remarks>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ImageFile.Write(stream, Content, isWhole: false);
    }

    /// <summary>Writes a delta with all its pages, as an image without a parent; one without a parent as <see cref="Save"/>.</summary>
    /// <param name="stream">As for <see cref="Save"/>.</param>
    /// <exception cref="NotSupportedException">It has 2 GiB of pages, or more.</exception>
    public void SaveWhole(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ImageFile.Write(stream, Content, isWhole: true);
    }

    /// <summary>Opens an image that <see cref="Save"/> has written. Its pages stay in the file until they are read.</summary>
    /// <param name="path">The file, which must stay as it is while the image is in use.</param>
    /// <remarks>
    /// The file is mapped, so all programs of the host that open it share its pages. Cost: O(areas + marked pages). The header and the
    /// areas have checksums, the pages have none.
    /// </remarks>
    /// <exception cref="InvalidDataException">It is no image of a process, one of another version, or damaged.</exception>
    /// <exception cref="IOException">The file cannot be read or mapped.</exception>
    public static ProcessImage Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(ImageFile.Open(path, isEngine: false, parent: null));
    }

    /// <summary>Opens a delta that <see cref="Save"/> has written.</summary>
    /// <param name="path">As for <see cref="Open(string)"/>.</param>
    /// <param name="parent">The image that it is a delta against: opened, or made again.</param>
    /// <remarks>
    /// A chain is opened from its start. Cost: O(areas + runs of pages), and for a parent that has no hash yet that of
    /// <see cref="Hash"/>.
    /// </remarks>
    /// <exception cref="InvalidDataException">
    /// As <see cref="Open(string)"/>; or it is no delta, or one against another image: the message has both hashes.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read or mapped.</exception>
    public static ProcessImage Open(string path, ProcessImage parent)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(parent);
        return new(ImageFile.Open(path, isEngine: false, parent.Content)) { Parent = parent };
    }

    private static SavedArea ToSaved(ImageArea area, Dictionary<string, uint> files)
    {
        AreaFlags flags = (AreaFlags)area.Protection | AreaFlags.MayWrite | AreaFlags.MayExecute;
        if ((flags & AreaFlags.Write) != 0) flags |= AreaFlags.Accounted;    // private and writable (accountable_mapping of mm/mmap.c)
        if (area.GrowsDown) flags |= AreaFlags.GrowsDown;
        if (area.FileName.Length == 0) return new(area.Range, flags, new(area.Range.First.Value), SnapshotFormat.NoFile, "");
        if (!files.TryGetValue(area.FileName, out uint number)) files.Add(area.FileName, number = (uint)files.Count + 1);
        return new(area.Range, flags, area.FileOffset, number, area.FileName);
    }

    private delegate void PageVisitor(PageNumber page, bool isZero, ReadOnlySpan<byte> bytes);

    private static void Check(IReadOnlyList<ImageArea> areas)
    {
        PageNumber end = default;
        foreach (ImageArea area in areas)
        {
            if (area?.FileName is null) throw new ArgumentException("An area, or the name of its file, is null.", nameof(areas));
            PageRange range = area.Range;
            bool isSound = !range.IsEmpty && range.First >= end && range.IsInAddressSpace && (area.FileName.Length == 0 || !area.GrowsDown);
            if (!isSound)
                throw new ArgumentException(
                    $"The area at {range.First.Address} overlaps another, or does not end below 4 GiB, or is a stack of a file.",
                    nameof(areas));
            end = range.End;
        }
    }

    private static SpaceBounds BoundsOf(IReadOnlyList<ImageArea> areas)
    {
        SpaceBounds linux = SpaceBounds.Linux;
        if (areas.Count == 0) return linux;
        bool isHigh = areas[^1].Range.End > linux.End, isLow = areas[0].Range.First < linux.LowestFixed;
        return SpaceBounds.Of(isLow ? default(PageNumber) : null, isHigh ? new(PageCount.AddressSpace.Value - 1) : null);
    }

    /// <summary>Visits the pages with content. Pages of zeros count only where a file would show through.</summary>
    private static void ForEachPage(IReadOnlyList<ImageArea> areas, ImagePageReader read, PageVisitor visit)
    {
        byte[] bytes = new byte[VirtualAddress.PageSize];
        foreach (ImageArea area in areas)
        {
            for (PageNumber page = area.Range.First; page < area.Range.End; page += PageCount.One)
            {
                if (!read(page, bytes)) continue;
                bool isZero = !bytes.AsSpan().ContainsAnyExcept((byte)0);
                if (!isZero || area.FileName.Length != 0) visit(page, isZero, bytes);
            }
        }
    }
}

/// <summary>An area of a <see cref="ProcessImage"/> whose memory comes from elsewhere. Its memory is private.</summary>
/// <param name="Range">Its pages.</param>
/// <param name="Protection">Its rights.</param>
/// <param name="FileName">The name of the file that it maps, for the loader; empty for anonymous memory.</param>
/// <param name="FileOffset">The offset of its first page in the file.</param>
/// <param name="GrowsDown">True for a stack, which is anonymous.</param>
public sealed record ImageArea(PageRange Range, MemoryProtection Protection, string FileName, FilePage FileOffset, bool GrowsDown = false);

/// <summary>Reads a page for <see cref="ProcessImage.Compose"/>. Returns false if it has no content of its own.</summary>
/// <param name="page">The page.</param>
/// <param name="destination">Receives its 4096 bytes.</param>
public delegate bool ImagePageReader(PageNumber page, Span<byte> destination);
