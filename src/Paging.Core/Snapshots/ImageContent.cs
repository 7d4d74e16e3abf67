using System.Runtime.InteropServices;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

/// <summary>Writes a saved form: the pages go to the sink.</summary>
internal delegate void ImageSource(Stream stream, Action<ReadOnlySpan<byte>> pages);

/// <summary>An image: the saved form of processes, and their pages in memory of the host that is never written. Of no engine.</summary>
/// <param name="Areas">The saved form without the bytes of pages.</param>
/// <param name="Pages">The pages, in the order of the form.</param>
/// <param name="Shadows">The marked bytes of each process, whose nodes never change; null: there are none.</param>
internal sealed record ImageContent(byte[] Areas, Memory<byte> Pages, ShadowNode?[] Shadows)
{
    /// <summary>The number of its pages that are not all zeros.</summary>
    public PageCount PageCount => new((uint)(Pages.Length >> VirtualAddress.PageShift));

    /// <summary>Makes an image.</summary>
    /// <param name="source">Writes the same form both times that it is called.</param>
    /// <param name="shadows">The marked bytes.</param>
    /// <exception cref="NotSupportedException">It has 2 GiB of pages, or more.</exception>
    public static ImageContent Of(ImageSource source, ShadowNode?[] shadows)
    {
        long byteLength = 0;
        source(Stream.Null, page => byteLength += page.Length);    // only to know how much memory to allocate
        Memory<byte> pages = Allocate(byteLength);
        int done = 0;
        using MemoryStream areas = new();
        source(areas, page =>
        {
            page.CopyTo(pages.Span[done..]);
            done += page.Length;
        });
        return new(areas.ToArray(), pages, shadows);
    }

    /// <summary>Allocates memory that begins at a page of the host, so that a processor that walks the tables can map it.</summary>
    /// <exception cref="NotSupportedException">It is 2 GiB, or more.</exception>
    public static Memory<byte> Allocate(long byteLength)
    {
        const int page = (int)VirtualAddress.PageSize;
        if (byteLength > int.MaxValue - page)    // a page more, in one array
            throw new NotSupportedException($"Cannot make an image of {byteLength >> 20} MiB: the limit is 2 GiB.");
        // Pinned, because entries lead to it.
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)byteLength + page, pinned: true);
        return bytes.AsMemory((int)(-Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) & (page - 1)), (int)byteLength);
    }

    /// <summary>Opens the saved form.</summary>
    public Stream Open() => new MemoryStream(Areas, writable: false);

    /// <summary>Finds or makes the image's frame numbers in an engine. The frames are Reserved: the pages are never counted.</summary>
    /// <exception cref="NoMemoryException">RAM leaves too few of the 2^20 frame numbers.</exception>
    public HostWindow? WindowIn(PhysicalMemory ram, FrameTable frames)
    {
        HostWindow? window = ram.Windows.Find(window => window.Memory.Equals(Pages));
        if (window is not null || Pages.IsEmpty) return window;    // a second clone in the engine; or nothing but zeros
        if (!ram.TryAddWindow(Pages, out window))
            throw new NoMemoryException("No frame numbers are left for the image: RAM has nearly all of them.");
        for (uint i = 0; i < window!.Count.Value; i++)
            frames.Named(window.First + new FrameCount(i)).Header = FrameHeader.Of(FrameState.Reserved);
        return window;
    }
}
