using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>The kind of an access to a page.</summary>
internal enum AccessKind
{
    Read,
    Write,
}

/// <summary>The outcome of an access to one page.</summary>
/// <param name="Fault">Why it cannot be completed, or <see cref="MemoryFaultKind.None"/>.</param>
/// <param name="WasFault">True when the access took a page fault that was resolved: what <c>faults()</c> counts.</param>
internal readonly record struct Touched(MemoryFaultKind Fault, bool WasFault)
{
    public bool Failed => Fault != MemoryFaultKind.None;

    public static Touched Refused(MemoryFaultKind why) => new(why, WasFault: false);

    public static Touched Done(bool wasFault) => new(MemoryFaultKind.None, wasFault);
}

/// <summary>Accesses a page (DIALECT sections 3 to 5): grows the area, checks the rights, brings the page in.</summary>
internal static class Faulting
{
    private static readonly byte[] ZeroPage = new byte[4096];    // only ever read

    /// <summary>An access by the program or by a kernel copy; when it fails, nothing has changed but a growth.</summary>
    public static Touched Touch(ModelProcess process, PageNumber page, AccessKind access)
    {
        if (!process.UserPages.Contains(page)) return Touched.Refused(MemoryFaultKind.NotMapped);
        Area? area = process.Areas.Covering(page) ?? Growth.GrowTo(process, page);
        if (area is null) return Touched.Refused(MemoryFaultKind.NotMapped);
        bool isAllowed = access == AccessKind.Write ? area.IsWritable : area.IsReadable;
        return isAllowed ? BringIn(process, area, page, access) : Touched.Refused(MemoryFaultKind.NotAllowed);
    }

    /// <summary>Makes a page of an area present for an access that its rights allow. Linux: handle_mm_fault.</summary>
    public static Touched BringIn(ModelProcess process, Area area, PageNumber page, AccessKind access)
    {
        if (area.IsOfPool) return PoolFaults.BringIn(process, area, page, access);
        process.Pages.Lines.AddDirectory(page);
        if (process.Pages.IsGuard(page)) return Touched.Refused(MemoryFaultKind.NotMapped);
        if (HugeFaults.Touch(process, area, page, access) is { } huge)
        {
            if (access == AccessKind.Write && area.IsShared) area.File!.Contents.MarkWritten(area.OffsetAt(page));
            return huge;
        }
        if (area.IsShared) return ShowFile(process, area, page, access);
        return access == AccessKind.Write ? MakePrivate(process, area, page) : ShowPrivate(process, area, page);
    }

    /// <summary>The bytes a reader sees in a page that was touched.</summary>
    public static ReadOnlySpan<byte> BytesToRead(ModelProcess process, PageNumber page)
    {
        if (process.Pages.Find(page) is { } own) return own.Bytes;
        if (HugeBytes(process, page) is { IsEmpty: false } huge) return huge;
        return process.Areas.Covering(page) is { File: { } file } area ? file.Contents.Page(area.OffsetAt(page)) : ZeroPage;
    }

    /// <summary>The bytes a writer changes in a page that was touched for writing.</summary>
    public static Span<byte> BytesToWrite(ModelProcess process, PageNumber page)
    {
        if (process.Pages.Find(page) is { } own) return own.Bytes;
        if (HugeBytes(process, page) is { IsEmpty: false } huge) return huge;
        Area area = process.Areas.Covering(page)!;
        return area.File!.Contents.Page(area.OffsetAt(page));
    }

    /// <summary>The page's part of a huge one that is mapped there; empty without.</summary>
    private static Span<byte> HugeBytes(ModelProcess process, PageNumber page)
    {
        LineTables lines = process.Pages.Lines;
        return lines.At(page) is { Block: { } block } ? block.Page((int)(page - lines.LineOf(page)).Value) : default;
    }

    private static Touched ShowPrivate(ModelProcess process, Area area, PageNumber page)
    {
        if (process.Pages.IsOwned(page)) return Touched.Done(wasFault: false);
        return area.IsPrivateAnonymous ? Touched.Done(process.Pages.ShowZeros(page)) : ShowFile(process, area, page, AccessKind.Read);
    }

    /// <summary>Maps a page of a file, and with a read its cached neighbours, even if the page itself lies beyond the end.</summary>
    private static Touched ShowFile(ModelProcess process, Area area, PageNumber page, AccessKind access)
    {
        FileObject contents = area.File!.Contents;
        long index = area.OffsetAt(page);
        bool wasFault = !process.Pages.IsShown(page);
        if (wasFault && access == AccessKind.Read) ShowNeighbours(process, area, page, contents);
        if (!contents.Covers(index) && !process.Pages.IsShown(page)) return Touched.Refused(MemoryFaultKind.BusError);    // no folio
        _ = contents.Page(index);
        if (access == AccessKind.Write) contents.MarkWritten(index);
        if (!process.Pages.IsShown(page)) ShowFolio(process, area, page, access, contents);
        if (!process.Pages.IsShown(page)) process.Pages.Show(page, contents, index);
        return Touched.Done(wasFault);
    }

    /// <summary>A first touch maps the whole folio where nothing is mapped yet. Linux: finish_fault.</summary>
    private static void ShowFolio(ModelProcess process, Area area, PageNumber page, AccessKind access, FileObject contents)
    {
        PageRange folio = FolioAround(area, page, contents);
        for (PageNumber part = folio.First; part < folio.End; part++)
            if (!process.Pages.IsUntouched(part)) return;
        for (PageNumber part = folio.First; part < folio.End && folio.Count > PageCount.One; part++)
        {
            if (access == AccessKind.Write) contents.MarkWritten(area.OffsetAt(part));
            process.Pages.Show(part, contents, area.OffsetAt(part));
        }
    }

    /// <summary>The pages of the folio around one; that one alone if area or page table of the recording kernel have no room.</summary>
    private static PageRange FolioAround(Area area, PageNumber page, FileObject contents)
    {
        (long folio, long count) = contents.FolioOf(area.OffsetAt(page));
        long first = page.Value - (area.OffsetAt(page) - folio);
        bool fits = first >= area.First.Value && first + count <= area.End.Value && first / 512 == (first + count - 1) / 512;
        return fits ? new(new((uint)first), new((uint)count)) : new(page, PageCount.One);
    }

    //   ├──── as many pages as a fault maps, from an aligned page or the area's first one ────┤     cut to the area and to the file
    /// <summary>Linux: do_fault_around (mm/memory.c), filemap_map_pages (mm/filemap.c).</summary>
    private static void ShowNeighbours(ModelProcess process, Area area, PageNumber page, FileObject contents)
    {
        if (process.FaultAroundPages == 1) return;
        PageRange window = WithFolios(area, WindowAround(process, area, page), contents);
        for (PageNumber near = window.First; near < window.End; near++)
        {
            long index = area.OffsetAt(near);
            if (process.Pages.IsUntouched(near) && contents.IsInMemory(index))
                process.Pages.Show(near, contents, index);
        }
    }

    /// <summary>A window with the whole folios at its ends. Linux: filemap_map_pages since 6.18.</summary>
    private static PageRange WithFolios(Area area, PageRange window, FileObject contents)
    {
        while (!window.IsEmpty && !contents.Covers(area.OffsetAt(window.End - PageCount.One)))    // cut at the end of the file
            window = new(window.First, window.Count - PageCount.One);
        if (window.IsEmpty) return window;
        PageNumber first = FolioAround(area, window.First, contents).First;
        PageNumber end = FolioAround(area, window.End - PageCount.One, contents).End;
        return PageRange.Between(first < window.First ? first : window.First, end > window.End ? end : window.End);
    }

    /// <summary>The pages that a read of one maps along.</summary>
    public static PageRange WindowAround(ModelProcess process, Area area, PageNumber page)
    {
        uint count = process.FaultAroundPages, aligned = page.Value & ~(count - 1), first = Math.Max(aligned, area.First.Value);
        uint border = (page.Value | 511) + 1;    // of a page table of the recording kernel
        return PageRange.Between(new(first), new(Math.Min(first + count, border))).Intersect(area.Range);
    }

    /// <summary>Gives the process a page of its own. Linux: do_anonymous_page, do_cow_fault, do_wp_page.</summary>
    private static Touched MakePrivate(ModelProcess process, Area area, PageNumber page)
    {
        if (process.Pages.Find(page) is { } own)
        {
            bool wasFault = !own.IsExclusive;
            if (wasFault && own.Block is { Mappings.MayReuse: false }) process.Pages.CopyOwned(page);
            else own.IsExclusive = true;
            return Touched.Done(wasFault);
        }
        Histories.Prepare(process.Areas, area);    // first, so that a write beyond the end of a file leaves one, too
        bool isBeyond = area.File is { } file && !file.Contents.Covers(area.OffsetAt(page));
        if (isBeyond && !process.Pages.IsShown(page)) return Touched.Refused(MemoryFaultKind.BusError);    // do_wp_page looks at no end
        process.Pages.Own(page, area.IsPrivateAnonymous ? new byte[4096] : area.File!.Contents.Page(area.OffsetAt(page)).ToArray());
        return Touched.Done(wasFault: true);
    }
}
