using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>
/// Pages, frames, and the entries between them: virtual pages of one or two processes outside, physical frames in the middle.
/// </summary>
/// <remarks>An arrow is a present entry: whole if it is writable, dashed if it is read-only. A page without an arrow faults.</remarks>
public static class MappingFigure
{
    private const double RowHeight = 25, Top = 38;
    private const int PageCountMax = 256;    // of a window: more would be no picture

    /// <summary>The places of the columns. With a single process, the frames have the right side to themselves.</summary>
    private readonly record struct Columns(double PageWidth, double FrameLeft, double FrameWidth)
    {
        public static Columns ForOne => new(140, 240, SvgDrawing.Width - SvgDrawing.Margin - 240);
        public static Columns ForTwo => new(100, 146, 128);
    }

    /// <summary>Draws runs of pages of one process, or of two.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="before">The machine at the step before; entries that are different are marked.</param>
    /// <param name="left">The pages on the left; the first 256 that areas cover.</param>
    /// <param name="right">The pages on the right, likewise; null: one process only.</param>
    /// <param name="fileId">A file whose cached pages are drawn even if no page leads to them; 0 for none.</param>
    public static Figure Draw(MachineView machine, MachineView? before, PageWindow left, PageWindow? right = null, int fileId = 0)
    {
        SvgDrawing svg = new();
        Columns columns = right is null ? Columns.ForOne : Columns.ForTwo;
        EntryView[] ours = EntriesOf(machine, left), theirs = right is null ? [] : EntriesOf(machine, right);
        uint[] frames = FramesOf(machine, fileId, ours, theirs);
        if (right is not null) frames = [.. frames.OrderBy(frame => PlaceOf(frame, ours, theirs))];    // so that few arrows cross
        double height = Math.Max(Math.Max(ours.Length, theirs.Length), frames.Length) * RowHeight;
        svg.Text(columns.FrameLeft + (columns.FrameWidth / 2), 13, "RAM", TextStyle.Strong, TextAnchor.Middle);
        svg.Text(columns.FrameLeft + (columns.FrameWidth / 2), 27, "frames", TextStyle.Note, TextAnchor.Middle);
        double frameTop = Top + ((height - (frames.Length * RowHeight)) / 2);
        for (int i = 0; i < frames.Length; i++) DrawFrame(svg, columns, machine, frames[i], frameTop + (i * RowHeight));
        DrawColumn(svg, columns, machine, before, left, ours, SvgDrawing.Margin, isLeft: true,
            Top + ((height - (ours.Length * RowHeight)) / 2), frames, frameTop);
        if (right is not null)
        {
            DrawColumn(svg, columns, machine, before, right, theirs, SvgDrawing.Width - SvgDrawing.Margin - columns.PageWidth,
                isLeft: false,
                Top + ((height - (theirs.Length * RowHeight)) / 2), frames, frameTop);
        }

        DrawKey(svg, Top + height + 16);
        if (Math.Max(ours.Length, theirs.Length) == PageCountMax)
        {
            svg.Text(SvgDrawing.Width - SvgDrawing.Margin, Top + height + 16, $"the first {PageCountMax} pages", TextStyle.Note,
                TextAnchor.End);
        }

        return new($"mapping-{left.ProcessId}-{left.Range.First.Value:x}", $"From pages to frames: {left.Title}",
            Describe(left, ours, right, theirs), svg);
    }

    /// <summary>The entries of the pages that areas cover, the lowest first, not more than a picture has room for.</summary>
    private static EntryView[] EntriesOf(MachineView machine, PageWindow window)
    {
        if (window.IsKernel)
        {
            return [.. PagesOf(window.Range).Select(page => new EntryView(page, KernelEntry(page),
                machine.Frames[(int)(page.Value - PageNumber.FirstKernel.Value)].State, null, false))];
        }

        SpaceView? space = machine.SpaceOf(window.ProcessId);
        if (space is null) return [];
        PageRange[] runs = [window.Range, .. window.More];
        return [.. runs.SelectMany(run => space.Agreed.SelectMany(area => PagesOf(area.Range.Intersect(run)))).Take(PageCountMax)
            .Select(space.EntryOf)];
    }

    private static IEnumerable<PageNumber> PagesOf(PageRange range)
    {
        for (PageNumber page = range.First; page < range.End; page++) yield return page;
    }

    /// <summary>A page of the kernel's view, as a small entry: present, writable, not for user mode.</summary>
    private static PageTableEntry KernelEntry(PageNumber page) => new(((ulong)(page.Value - PageNumber.FirstKernel.Value) << 12) | 3);

    /// <summary>The middle of the pages that lead to a frame; a frame without one comes last.</summary>
    private static double PlaceOf(uint frame, params EntryView[][] columns)
    {
        double[] places = [.. columns.SelectMany(static entries => entries.Index())
            .Where(entry => entry.Item.Entry.IsPresent && entry.Item.Entry.Frame.Value == frame)
            .Select(static entry => (double)entry.Index)];
        return places.Length == 0 ? double.MaxValue : places.Average();
    }

    private static uint[] FramesOf(MachineView machine, int fileId, EntryView[] ours, EntryView[] theirs) =>
        [.. ours.Concat(theirs).Where(static entry => entry.Entry.IsPresent).Select(static entry => entry.Entry.Frame.Value)
            .Concat(WaitingFrames(machine, [.. ours, .. theirs]))
            .Concat(machine.Files.Where(file => file.Id == fileId).SelectMany(static file => file.Pages)
                .Select(static page => page.Frame.Value))
            .Distinct().Order()];

    /// <summary>Frames of the swap cache that no entry leads to yet: their pages' entries still name a slot.</summary>
    private static IEnumerable<uint> WaitingFrames(MachineView machine, EntryView[] entries) =>
        !Array.Exists(entries, static entry => entry.Slot is not null) ? []
            : machine.Frames.Index().Where(static frame => frame.Item is { State: FrameState.SwapCache, MapCount: 0 })
                .Select(static frame => (uint)frame.Index);

    private static void DrawFrame(SvgDrawing svg, Columns columns, MachineView machine, uint number, double y)
    {
        FrameView frame = machine.Frames[(int)number];
        string fill = number == 0 ? "kn" : frame.State switch
        {
            FrameState.PageCache => "fi",
            FrameState.SwapCache => "sw",
            FrameState.Anonymous => "an",
            _ => "kn",
        };
        string file = machine.Files.FirstOrDefault(known => known.Id == frame.FileId)?.Name ?? "";
        string words = number == 0 ? "zeros" : frame.State switch
        {
            FrameState.PageCache => FileWords(file, frame.FilePage, columns.FrameWidth - 40),
            FrameState.SwapCache when frame.MapCount == 0 => "waits for a touch",
            FrameState.SwapCache => "swap cache",
            _ => "anonymous",
        };
        svg.Box(columns.FrameLeft, y, columns.FrameWidth, RowHeight - 4, fill, ("frame", $"{number:x}"),
            ("maps", frame.MapCount.ToString(CultureInfo.InvariantCulture)));
        svg.Text(columns.FrameLeft + 7, y + 14.5, $"{number:x3}", TextStyle.Inverse);
        svg.Text(columns.FrameLeft + columns.FrameWidth - 7, y + 14.5, words, TextStyle.Inverse, TextAnchor.End, columns.FrameWidth - 40);
        if (frame.IsDirty) svg.Box(columns.FrameLeft + columns.FrameWidth - 6, y, 6, 6, "dirty", ("dirty", $"{number:x}"));
    }

    /// <summary>The file and the page; of a long name as much as leaves room for the number.</summary>
    private static string FileWords(string file, uint page, double room)
    {
        string number = $" #{page}";
        if (file.EndsWith(".so", StringComparison.Ordinal)) file = file[..^3];
        return SvgDrawing.Fit(file, room - SvgDrawing.WidthOf(number, TextStyle.Inverse), TextStyle.Inverse) + number;
    }

    private static void DrawColumn(SvgDrawing svg, Columns columns, MachineView machine, MachineView? before, PageWindow window,
        EntryView[] entries,
        double x, bool isLeft, double top, uint[] frames, double frameTop)
    {
        string name = window.IsKernel ? "kernel" : machine.SpaceOf(window.ProcessId)?.Name ?? "exited";
        svg.Text(isLeft ? x : x + columns.PageWidth, 13, name, TextStyle.Strong, isLeft ? TextAnchor.Start : TextAnchor.End,
            columns.PageWidth + 20);
        if (machine.SpaceOf(window.ProcessId) is not null)
            svg.Text(isLeft ? x : x + columns.PageWidth, 27, window.Title, TextStyle.Note, isLeft ? TextAnchor.Start : TextAnchor.End,
                columns.PageWidth + 26);
        SpaceView? old = before?.SpaceOf(window.ProcessId);
        for (int i = 0; i < entries.Length; i++)
        {
            double y = top + (i * RowHeight);
            EntryView entry = entries[i];
            string fill = entry.Entry.IsPresent ? FillOf(machine, entry) : entry.Slot is not null ? "sw0" : "gone";
            svg.Box(x, y, columns.PageWidth, RowHeight - 4, fill, ("page", $"{entry.Page.Value:x5}"), ("word", $"{entry.Entry.Word:x8}"));
            string label = window.NameOf(entry.Page) ?? $"{entry.Page.Value << 12:x8}", words = WordsOf(entry);
            double room = columns.PageWidth - 17 - SvgDrawing.WidthOf(label, TextStyle.Code);
            svg.Text(x + 8, y + 14.5, label, TextStyle.Code, TextAnchor.Start, columns.PageWidth - 10);
            if (SvgDrawing.WidthOf(words, TextStyle.Tiny) <= room)    // otherwise the arrow says it, or that there is none
                svg.Text(x + columns.PageWidth - 5, y + 14.5, words, TextStyle.Tiny, TextAnchor.End);
            if (before is not null && !window.IsKernel
                && (old is null ? entry.Entry.Word != 0 : old.EntryOf(entry.Page).Entry.Word != entry.Entry.Word))
                svg.ChangeMark(x, y, RowHeight - 4);
            if (entry.Entry.IsPresent) DrawArrow(svg, columns, entry, x, y, isLeft, frames, frameTop);
        }
    }

    private static void DrawArrow(SvgDrawing svg, Columns columns, EntryView entry, double x, double y, bool isLeft, uint[] frames,
        double frameTop)
    {
        double target = frameTop + (Array.IndexOf(frames, entry.Entry.Frame.Value) * RowHeight) + ((RowHeight - 4) / 2);
        double from = isLeft ? x + columns.PageWidth : x, to = isLeft ? columns.FrameLeft : columns.FrameLeft + columns.FrameWidth,
            back = isLeft ? -6 : 6;
        svg.Curve(entry.Entry.IsWritable ? "ar" : "ro", (from, y + ((RowHeight - 4) / 2)), (to + back, target),
            ("from", $"{entry.Page.Value:x5}"), ("to", $"{entry.Entry.Frame.Value:x}"));
        svg.Line("tip", (to, target), (to + back, target - 3.5), (to + back, target + 3.5));
    }

    private static string FillOf(MachineView machine, EntryView entry) => entry.IsZeroPage ? "kn0"
        : machine.Frames[(int)entry.Entry.Frame.Value].State == FrameState.PageCache ? "fi0" : "an0";

    private static string WordsOf(EntryView entry) => entry switch
    {
        { Entry.IsPresent: true } => entry.Entry.IsWritable ? "rw" : "ro",
        { Slot: { } slot } => $"slot {slot}",
        { IsGuard: true } => "guard",
        _ => "absent",
    };

    private static void DrawKey(SvgDrawing svg, double y)
    {
        svg.Line("ar", (SvgDrawing.Margin, y - 4), (SvgDrawing.Margin + 26, y - 4));
        svg.Text(SvgDrawing.Margin + 32, y, "entry, writable", TextStyle.Note);
        svg.Line("ro", (SvgDrawing.Margin + 140, y - 4), (SvgDrawing.Margin + 166, y - 4));
        svg.Text(SvgDrawing.Margin + 172, y, "entry, read-only", TextStyle.Note);
        svg.Box(SvgDrawing.Margin + 292, y - 10, 26, 12, "gone");
        svg.Text(SvgDrawing.Margin + 324, y, "absent", TextStyle.Note);
    }

    private static string Describe(PageWindow left, EntryView[] ours, PageWindow? right, EntryView[] theirs) =>
        Words(left, ours) + (right is null ? "" : ". " + Words(right, theirs));

    private static string Words(PageWindow window, EntryView[] entries) => $"{window.Title}: "
        + string.Join("; ", entries.Select(static entry =>
        entry.Entry.IsPresent
            ? $"{entry.Page.Value:x5} to frame {entry.Entry.Frame.Value:x3} {(entry.Entry.IsWritable ? "writable" : "read-only")}"
            : $"{entry.Page.Value:x5} {WordsOf(entry)}"));
}
