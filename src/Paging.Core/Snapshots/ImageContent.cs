using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

/// <summary>Writes a saved form: the pages go to the sink.</summary>
internal delegate void ImageSource(Stream stream, Action<ReadOnlySpan<byte>> pages);

/// <summary>An image: the saved form of processes, and their pages in memory of the host that is never written. Of no engine.</summary>
/// <param name="areas">The saved form without the bytes of pages.</param>
/// <param name="pages">The pages that only this image has, in the order of the form.</param>
/// <param name="shadows">The marked bytes of each process, whose nodes never change; null: there are none.</param>
internal sealed class ImageContent(byte[] areas, Memory<byte> pages, ShadowNode?[] shadows)
{
    /// <summary>The most ancestors of an image: each is a window in every engine with a clone, and a file to open.</summary>
    public const int AncestorCountMax = 64;

    private readonly Lock _lock = new();
    private byte[]? _hash, _fixed, _marks;
    private ImagePlaces? _places;

    /// <summary>The saved form without the bytes of pages.</summary>
    public byte[] Areas => areas;

    /// <summary>The pages that only this image has, in the order of the form.</summary>
    public Memory<byte> Pages => pages;

    /// <summary>The marked bytes of each process; null: there are none.</summary>
    public ShadowNode?[] Shadows => shadows;

    /// <summary>The marked bytes as a file has them (<see cref="SavedMarks.ToBytes"/>). Cost: O(marked pages) once.</summary>
    public byte[] Marks => _marks ??= SavedMarks.ToBytes(shadows);

    /// <summary>The image that has the other pages; null: all pages are its own.</summary>
    public ImageContent? Parent { get; init; }

    /// <summary>True if the pages lie anywhere in the heap; clones then use a copy of them.</summary>
    public bool IsLoose { get; init; }

    /// <summary>The pages to which entries of clones lead; none while loose ones have no clone.</summary>
    public Memory<byte> MappedPages => !IsLoose ? Pages : _fixed is { } copy ? AtPage(copy, Pages.Length) : default;

    /// <summary>The places of the pages of the form, in its order.</summary>
    public SlotRun[] Slots { get; init; } = SlotRun.AllOf(pages);

    /// <summary>The number of ancestors.</summary>
    public int AncestorCount { get; init; }

    /// <summary>The number of its pages that are not all zeros.</summary>
    public PageCount PageCount => new(Slots.Length == 0 ? 0 : Slots[^1].End);

    /// <summary>The number of those that no ancestor has.</summary>
    public PageCount OwnPageCount => new((uint)Pages.Length >> VirtualAddress.PageShift);

    /// <summary>True for the image of an engine.</summary>
    public bool IsEngine =>
        Areas.Length >= sizeof(ulong) && BinaryPrimitives.ReadUInt64LittleEndian(Areas) == SnapshotFormat.EngineMagic;

    /// <summary>The hash (<see cref="ImageHash"/>). Cost: O(own pages) once; none if the image was opened and its file has it.</summary>
    public byte[] Hash
    {
        get => _hash ??= ImageHash.Of(this, isWhole: false);
        init => _hash = value;
    }

    /// <summary>The place of each page of the image. Cost: O(runs) once.</summary>
    public ImagePlaces Places => _places ??= ImagePlaces.Of(this);

    /// <summary>Makes an image.</summary>
    /// <param name="source">Writes the same form both times that it is called.</param>
    /// <param name="shadows">The marked bytes.</param>
    /// <exception cref="NotSupportedException">It has 2 GiB of pages, or more.</exception>
    public static ImageContent Of(ImageSource source, ShadowNode?[] shadows)
    {
        long byteLength = 0;
        source(Stream.Null, page => byteLength += page.Length);    // only to know how much memory to allocate
        Memory<byte> memory = Allocate(byteLength);
        int done = 0;
        using MemoryStream form = new();
        source(form, page =>
        {
            page.CopyTo(memory.Span[done..]);
            done += page.Length;
        });
        return new(form.ToArray(), memory, shadows);
    }

    /// <summary>Makes an image of what differs from another one.</summary>
    /// <param name="parent">The other one.</param>
    /// <param name="source">Writes the form, and adds each page.</param>
    /// <param name="shadows">The marked bytes.</param>
    /// <exception cref="NotSupportedException">The parent has 64 ancestors; or 2 GiB of pages differ.</exception>
    public static ImageContent DeltaOf(ImageContent parent, Action<Stream, DeltaPages> source, ShadowNode?[] shadows)
    {
        if (parent.AncestorCount + 1 > AncestorCountMax)
            throw new NotSupportedException(
                $"Cannot make a delta: its parent is the last of {AncestorCountMax} deltas. SaveWhole writes an image without a parent.");
        DeltaPages delta = new(parent);
        using MemoryStream form = new();
        source(form, delta);
        return new(form.ToArray(), delta.Own, shadows)
        {
            Parent = parent,
            Slots = delta.Slots,
            AncestorCount = parent.AncestorCount + 1,
            IsLoose = delta.IsLoose,
        };
    }

    /// <summary>Allocates memory that begins at a page of the host, so that a processor that walks the tables can map it.</summary>
    /// <exception cref="NotSupportedException">It is 2 GiB, or more.</exception>
    public static Memory<byte> Allocate(long byteLength)
    {
        const int page = (int)VirtualAddress.PageSize;
        if (byteLength > int.MaxValue - page)    // a page more, in one array
            throw new NotSupportedException($"Cannot make an image of {byteLength >> 20} MiB: the limit is 2 GiB.");
        // Pinned, because entries lead to it.
        return AtPage(GC.AllocateUninitializedArray<byte>((int)byteLength + page, pinned: true), (int)byteLength);
    }

    private static Memory<byte> AtPage(byte[] pinned, int byteLength) => pinned.AsMemory(
        (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0) & ((int)VirtualAddress.PageSize - 1)), byteLength);

    /// <summary>Opens the saved form.</summary>
    public Stream Open() => new MemoryStream(Areas, writable: false);

    /// <summary>The image whose memory a run names.</summary>
    public ImageContent LayerAt(uint layer)
    {
        ImageContent found = this;
        for (uint i = 0; i < layer; i++) found = found.Parent!;
        return found;
    }

    /// <summary>The pages of a run.</summary>
    public ReadOnlySpan<byte> BytesOf(in SlotRun run) => LayerAt(run.Layer).Pages.Span.Slice(
        (int)(run.Index << VirtualAddress.PageShift), (int)(run.Count << VirtualAddress.PageShift));

    /// <summary>Finds or makes the image's frame numbers in an engine. The frames are as reserved: the pages are never counted.</summary>
    /// <exception cref="NoMemoryException">RAM leaves too few of the 2^20 frame numbers.</exception>
    public ImageFrames FramesIn(PhysicalMemory ram, FrameTable frames)
    {
        FrameNumber[] firsts = new FrameNumber[AncestorCount + 1];
        foreach (SlotRun run in Slots)
            if (firsts[run.Layer] == default) firsts[run.Layer] = LayerAt(run.Layer).WindowIn(ram, frames).First;
        return new(Slots, firsts);
    }

    private HostWindow WindowIn(PhysicalMemory ram, FrameTable frames)
    {
        Memory<byte> memory = FixPages();
        HostWindow? window = ram.Windows.Find(window => window.Memory.Equals(memory));
        if (window is not null) return window;    // a second clone in the engine, or a clone of another delta
        if (!ram.TryAddWindow(memory, out window))
            throw new NoMemoryException("No frame numbers are left for the image: RAM has nearly all of them.");
        frames.AddImage(window!.First, window.Count);
        return window;
    }

    /// <summary>Copies loose pages to where entries may lead to them, once.</summary>
    private Memory<byte> FixPages()
    {
        if (!IsLoose || Pages.IsEmpty) return Pages;
        lock (_lock)    // engines of several threads may make their first clones
        {
            if (_fixed is null)
            {
                byte[] copy = GC.AllocateUninitializedArray<byte>(Pages.Length + (int)VirtualAddress.PageSize, pinned: true);
                Pages.CopyTo(AtPage(copy, Pages.Length));
                _fixed = copy;
            }

            return AtPage(_fixed, Pages.Length);
        }
    }
}
