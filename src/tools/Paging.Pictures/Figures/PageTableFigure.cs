using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>
/// The levels of page tables: the directory as a strip (under PAE four, and the pointers to them), each table with its entries and their
/// bits, and pages of 4 MB or 2 MB that a directory maps in one piece.
/// </summary>
public static class PageTableFigure
{
    private const double EntryHeight = 19, BitWidth = 15, NoExecuteWidth = 21;
    private const int TableCountMax = 5;
    private const ulong Global = 1 << 8;    // G

    /// <summary>Draws the tables of a space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="before">The same space at the step before; entries that are different are marked.</param>
    /// <param name="focus">Pages whose entries are drawn first if there are too many; null: the lowest.</param>
    /// <param name="count">The number of entries to draw in each table.</param>
    public static Figure Draw(SpaceView space, SpaceView? before = null, PageRange? focus = null, int count = 6)
    {
        SvgDrawing svg = new();
        TableView[] user = [.. space.Tables.Where(static table => !table.IsKernel)];
        double y = DirectoryStrip.Draw(svg, space);
        IEnumerable<TableView> shown = user.Reverse().OrderByDescending(table => focus is { } range && Covers(table, range));
        foreach (TableView table in shown.Take(TableCountMax))
            y = table.IsHugePage ? DrawHugePage(svg, table, before, y) : DrawTable(svg, table, before, focus, count, y);
        if (user.Length > TableCountMax)
        {
            svg.Text(SvgDrawing.Margin, y + 6, $"and {user.Length - TableCountMax} more page tables", TextStyle.Note);
            y += 18;
        }

        DrawKernel(svg, space, y);
        return new($"tables-{space.ProcessId}", $"Page tables of {space.Name} (process {space.Number})", Describe(space, user), svg);
    }

    private static bool Covers(TableView table, PageRange range) => range.Intersects(new(table.First, new(table.PageCount)));

    private static bool IsNew(TableView table, SpaceView? before) => before is not null
        && !before.Tables.Any(old => old.DirectoryIndex == table.DirectoryIndex && old.Upper.Word == table.Upper.Word);

    private static double DrawTable(SvgDrawing svg, TableView table, SpaceView? before, PageRange? focus, int count, double y)
    {
        double x = SvgDrawing.Margin;
        svg.Box(x, y, SvgDrawing.InnerWidth, 20, "tb0", ("table", $"{table.DirectoryIndex}"), ("used", $"{table.EntryCount}"));
        if (IsNew(table, before)) svg.ChangeMark(x, y, 20);
        svg.Text(x + 8, y + 14, $"[{table.DirectoryIndex}] → table in {table.Upper.Table.Value:x3}", TextStyle.Code);
        svg.Text(x + SvgDrawing.InnerWidth - 8, y + 14,
            $"{SvgText.Count(table.EntryCount)} of {SvgText.Count(table.PageCount)} entries in use", TextStyle.Note, TextAnchor.End);
        y += 22;
        EntryView[] shown = Choose(table, focus, count);
        for (int i = 0; i < shown.Length; i++, y += EntryHeight)
            DrawEntry(svg, table.Format, shown[i], IsChanged(shown[i], before), y);
        int rest = table.EntryCount - shown.Length;
        if (rest <= 0) return y + 8;
        svg.Text(x + 12, y + 12, $"and {SvgText.Count(rest)} more {(rest == 1 ? "entry" : "entries")}", TextStyle.Note);
        return y + 24;
    }

    /// <summary>An entry of the directory that maps memory in one piece: its bits stand where those of an entry of a table stand.</summary>
    private static double DrawHugePage(SvgDrawing svg, TableView table, SpaceView? before, double y)
    {
        double x = SvgDrawing.Margin;
        EntryView piece = table.EntryOf(table.First);
        svg.Box(x, y, SvgDrawing.InnerWidth, 20, piece.IsOwn ? "an0" : "fi0", ("huge", SvgText.Number(table.DirectoryIndex)),
            ("frame", $"{table.HugeFrame.Value:x}"), ("word", $"{table.Upper.Word:x8}"));
        bool isChanged = IsNew(table, before);
        if (isChanged) svg.ChangeMark(x, y, 20);
        svg.Text(x + 8, y + 14, $"[{table.DirectoryIndex}] → frames {table.HugeFrame.Value:x3}–"
            + $"{table.HugeFrame.Value + table.PageCount - 1:x3}", TextStyle.Code);
        svg.Text(x + SvgDrawing.InnerWidth - 8, y + 14, $"a page of {SizeOf(table.Format)}: PS is set", TextStyle.Note, TextAnchor.End);
        DrawEntry(svg, table.Format, piece, isChanged, y + 22);
        return y + 22 + EntryHeight + 8;
    }

    private static EntryView[] Choose(TableView table, PageRange? focus, int count)
    {
        EntryView[] inFocus = focus is { } range ? [.. table.Entries.Where(entry => range.Contains(entry.Page)).Take(count)] : [];
        IEnumerable<EntryView> others = table.Entries.Where(entry => focus is not { } focused || !focused.Contains(entry.Page));
        return [.. inFocus.Concat(others.Take(count - inFocus.Length)).OrderBy(static entry => entry.Page.Value)];
    }

    private static bool IsChanged(EntryView entry, SpaceView? before) =>
        before is not null && before.EntryOf(entry.Page).Entry.Word != entry.Entry.Word;

    private static void DrawEntry(SvgDrawing svg, TableFormat format, EntryView entry, bool isChanged, double y)
    {
        double x = SvgDrawing.Margin + 8;
        if (isChanged) svg.ChangeMark(x - 6, y + 1, EntryHeight - 3);
        svg.Text(x + 4, y + 13, $"{entry.Page.Value << 12:x8}", TextStyle.Code);
        double bits = x + 72, end = bits + (5 * BitWidth) + (format == TableFormat.Pae ? NoExecuteWidth : 0);
        if (entry.Entry.IsPresent) DrawBits(svg, format, entry.Entry, bits, y + 1);
        else svg.Text(bits, y + 13, "P clear", TextStyle.Note);
        (string fill, string words) = entry switch
        {
            { IsZeroPage: true } => ("kn", "frame 000, the page of zeros"),
            { Entry.IsPresent: true } => (entry.IsOwn ? "an" : "fi", $"→ frame {entry.Entry.Frame.Value:x3}"),
            { Slot: { } slot } => ("sw", $"→ swap slot {slot}"),
            { IsGuard: true } => ("kn", "guard"),
            _ => ("kn", "marker"),
        };
        svg.Box(end + 10, y + 5, 8, 8, fill, ("entry", $"{entry.Page.Value:x5}"), ("word", $"{entry.Entry.Word:x8}"));
        svg.Text(end + 24, y + 13, words, TextStyle.Code);
    }

    private static void DrawBits(SvgDrawing svg, TableFormat format, PageTableEntry entry, double x, double y)
    {
        ReadOnlySpan<(string Letter, bool IsSet)> bits =
        [
            ("P", entry.IsPresent), ("W", entry.IsWritable), ("U", entry.IsUser), ("A", entry.IsAccessed), ("D", entry.IsDirty),
            ("NX", entry.IsNoExecute),
        ];
        foreach ((string letter, bool isSet) in bits[..(format == TableFormat.Pae ? 6 : 5)])
        {
            double width = letter.Length == 1 ? BitWidth : NoExecuteWidth;
            svg.Box(x, y, width - 2, EntryHeight - 5, isSet ? "tip" : "hollow", ("bit", letter), ("set", isSet ? "1" : "0"));
            svg.Text(x + ((width - 2) / 2), y + 11, isSet ? letter : "·", isSet ? TextStyle.Inverse : TextStyle.Tiny, TextAnchor.Middle);
            x += width;
        }
    }

    private static void DrawKernel(SvgDrawing svg, SpaceView space, double y)
    {
        TableView[] kernel = [.. space.Tables.Where(static table => table.IsKernel)];
        TableView[] huge = [.. kernel.Where(static one => one.IsHugePage)];
        if (huge.Length != 0)
            y = DrawKernelRow(svg, y, $"[{huge[0].DirectoryIndex}] {(huge.Length == 1 ? "→" : "…")} {huge.Length} × {SizeOf(space.Format)}"
                + $" page{(huge.Length == 1 ? "" : "s")}, supervisor"
                + (Array.TrueForAll(huge, static one => (one.Upper.Word & Global) != 0) ? ", G" : ""),
                huge.Length);
        TableView[] small = [.. kernel.Where(static one => !one.IsHugePage)];
        for (int i = 0; i < small.Length; i++)
        {
            int first = i;
            while (i + 1 < small.Length && small[i + 1].DirectoryIndex == small[i].DirectoryIndex + 1) i++;
            y = DrawKernelRow(svg, y, first == i ? $"[{small[i].DirectoryIndex}] → shared table {small[i].Upper.Table.Value:x3}, supervisor"
                : $"[{small[first].DirectoryIndex}]–[{small[i].DirectoryIndex}] → {i - first + 1} tables, supervisor", i - first + 1);
        }

        svg.Reach(y);
    }

    private static double DrawKernelRow(SvgDrawing svg, double y, string words, int count)
    {
        double x = SvgDrawing.Margin;
        svg.Box(x, y, SvgDrawing.InnerWidth, 22, "kn0", ("kernel", SvgText.Number(count)));
        svg.Text(x + 8, y + 15, words, TextStyle.Code, TextAnchor.Start, 305);
        svg.Text(x + SvgDrawing.InnerWidth - 8, y + 15, "in all spaces", TextStyle.Note, TextAnchor.End);
        return y + 24;
    }

    private static string SizeOf(TableFormat format) => format == TableFormat.Classic ? "4 MB" : "2 MB";

    private static string Describe(SpaceView space, TableView[] user) =>
        (space.Format == TableFormat.Classic ? $"Directory in frame {space.Directory.Value:x3}"
            : $"Pointer table in frame {space.Directory.Value:x3}, directories in frames "
                + string.Join(", ", space.Directories.Select(static directory => $"{directory.Value:x3}")))
        + $", {user.Count(static table => !table.IsHugePage)} page tables in the user half. "
        + string.Join("; ", user.Take(TableCountMax).SelectMany(static table => table.IsHugePage
            ? [$"{SizeOf(table.Format)} from page {table.FirstPage:x5} on to frame {table.HugeFrame.Value:x3}"]
            : table.Entries.Take(6).Select(Words)));

    private static string Words(EntryView entry) => entry.Entry.IsPresent
        ? $"page {entry.Page.Value:x5} to frame {entry.Entry.Frame.Value:x3}, {(entry.Entry.IsWritable ? "writable" : "read-only")}"
            + (entry.Entry.IsNoExecute ? ", no execute" : "")
        : $"page {entry.Page.Value:x5} not present{(entry.Slot is { } slot ? $", swap slot {slot}" : "")}";
}
