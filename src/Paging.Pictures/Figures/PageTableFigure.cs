using System.Globalization;
using Paging.Native;

namespace Paging.Pictures;

/// <summary>The two levels of page tables: the directory as a strip, each table with its entries and their bits.</summary>
public static class PageTableFigure
{
    private const double StripTop = 22, StripHeight = 20, EntryHeight = 19, BitWidth = 15;
    private const double Unit = SvgDrawing.InnerWidth / 1024;

    /// <summary>Draws the tables of a space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="before">The same space at the step before; entries that are different are marked.</param>
    /// <param name="focus">Pages whose entries are drawn first if there are too many; null: the lowest.</param>
    /// <param name="count">How many entries to draw in each table.</param>
    public static Figure Draw(SpaceView space, SpaceView? before = null, PageRange? focus = null, int count = 6)
    {
        ArgumentNullException.ThrowIfNull(space);
        SvgDrawing svg = new();
        TableView[] user = [.. space.Tables.Where(static table => !table.IsKernel)];
        TableView[] kernel = [.. space.Tables.Where(static table => table.IsKernel)];
        DrawDirectory(svg, space, user, kernel);
        double y = StripTop + StripHeight + 26;
        foreach (TableView table in user.Reverse().OrderByDescending(table => focus is { } range && Covers(table, range)).Take(5))
            y = DrawTable(svg, table, before, focus, count, y);
        if (user.Length > 5)
        {
            svg.Text(SvgDrawing.Margin, y + 6, $"and {user.Length - 5} more page tables", TextStyle.Note);
            y += 18;
        }

        if (kernel.Length != 0) DrawKernel(svg, kernel, y);
        return new($"tables-{space.ProcessId}", $"Page tables of {space.Name} (process {space.ProcessId})", Describe(space, user), svg);
    }

    private static bool Covers(TableView table, PageRange range) =>
        range.Intersects(new(new((uint)table.DirectoryIndex << 10), new(1024)));

    private static void DrawDirectory(SvgDrawing svg, SpaceView space, TableView[] user, TableView[] kernel)
    {
        double x = SvgDrawing.Margin;
        svg.Text(x, 13, $"Page directory in frame {space.Directory.Value:x3}", TextStyle.Strong);
        svg.Text(SvgDrawing.Width - x, 13, "1,024 entries of 4 MB", TextStyle.Note, TextAnchor.End);
        svg.Box(x, StripTop, Unit * 768, StripHeight, "no");
        svg.Box(x + (Unit * 768), StripTop, Unit * 256, StripHeight, "kn0");
        DrawUppers(svg, kernel, "kn");
        DrawUppers(svg, user, "tb");
        svg.Box(x, StripTop, SvgDrawing.InnerWidth, StripHeight, "fr");
        svg.Text(x, StripTop + StripHeight + 12, "0", TextStyle.Tiny);
        svg.Text(x + (Unit * 768), StripTop + StripHeight + 12, "768: kernel", TextStyle.Tiny);
        svg.Text(x + SvgDrawing.InnerWidth, StripTop + StripHeight + 12, "1023", TextStyle.Tiny, TextAnchor.End);
    }

    /// <summary>Neighbours are one box with one mark: of a large space hundreds would be.</summary>
    private static void DrawUppers(SvgDrawing svg, TableView[] tables, string fill)
    {
        for (int i = 0; i < tables.Length; i++)
        {
            int count = 1, first = tables[i].DirectoryIndex;
            while (i + 1 < tables.Length && tables[i + 1].DirectoryIndex == first + count) (i, count) = (i + 1, count + 1);
            double x = SvgDrawing.Margin + (Unit * first);
            svg.Box(x, StripTop, Unit * count, StripHeight, fill, ("upper", Text(first)), ("uppers", Text(count)));
            double middle = x + (Unit * count / 2);
            svg.Line("tick", (middle, StripTop - 3), (middle, StripTop + 3));
        }
    }

    private static double DrawTable(SvgDrawing svg, TableView table, SpaceView? before, PageRange? focus, int count, double y)
    {
        double x = SvgDrawing.Margin;
        svg.Box(x, y, SvgDrawing.InnerWidth, 20, "tb0", ("table", Text(table.DirectoryIndex)), ("used", Text(table.EntryCount)));
        if (before is not null && !before.Tables.Any(old => old.DirectoryIndex == table.DirectoryIndex
            && old.Upper.Word == table.Upper.Word))
            svg.ChangeMark(x, y, 20);
        svg.Text(x + 8, y + 14, $"[{table.DirectoryIndex}] → table in {table.Upper.Table.Value:x3}", TextStyle.Code);
        svg.Text(x + SvgDrawing.InnerWidth - 8, y + 14, $"{SvgText.Count(table.EntryCount)} of 1,024 entries in use", TextStyle.Note,
            TextAnchor.End);
        y += 22;
        EntryView[] shown = Choose(table, focus, count);
        for (int i = 0; i < shown.Length; i++, y += EntryHeight) DrawEntry(svg, shown[i], IsChanged(shown[i], before), y);
        int rest = table.EntryCount - shown.Length;
        if (rest <= 0) return y + 8;
        svg.Text(x + 12, y + 12, $"and {SvgText.Count(rest)} more {(rest == 1 ? "entry" : "entries")}", TextStyle.Note);
        return y + 24;
    }

    private static EntryView[] Choose(TableView table, PageRange? focus, int count)
    {
        EntryView[] inFocus = focus is { } range ? [.. table.Entries.Where(entry => range.Contains(entry.Page)).Take(count)] : [];
        IEnumerable<EntryView> others = table.Entries.Where(entry => focus is not { } focused || !focused.Contains(entry.Page));
        return [.. inFocus.Concat(others.Take(count - inFocus.Length)).OrderBy(static entry => entry.Page.Value)];
    }

    private static bool IsChanged(EntryView entry, SpaceView? before) =>
        before is not null && before.EntryOf(entry.Page).Entry.Word != entry.Entry.Word;

    private static void DrawEntry(SvgDrawing svg, EntryView entry, bool isChanged, double y)
    {
        double x = SvgDrawing.Margin + 8;
        if (isChanged) svg.ChangeMark(x - 6, y + 1, EntryHeight - 3);
        svg.Text(x + 4, y + 13, $"{entry.Page.Value << 12:x8}", TextStyle.Code);
        double bits = x + 72;
        if (entry.Entry.IsPresent) DrawBits(svg, entry.Entry, bits, y + 1);
        else svg.Text(bits, y + 13, "P clear", TextStyle.Note);
        (string fill, string words) = entry switch
        {
            { IsZeroPage: true } => ("kn", "frame 000, the page of zeros"),
            { Entry.IsPresent: true } => (entry.IsOwn ? "an" : "fi", $"→ frame {entry.Entry.Frame.Value:x3}"),
            { Slot: { } slot } => ("sw", $"→ swap slot {slot}"),
            { IsGuard: true } => ("kn", "guard"),
            _ => ("kn", "marker"),
        };
        svg.Box(bits + (5 * BitWidth) + 10, y + 5, 8, 8, fill,
            ("entry", $"{entry.Page.Value:x5}"), ("word", $"{entry.Entry.Word:x8}"));
        svg.Text(bits + (5 * BitWidth) + 24, y + 13, words, TextStyle.Code);
    }

    private static void DrawBits(SvgDrawing svg, PageTableEntry entry, double x, double y)
    {
        ReadOnlySpan<(string Letter, bool IsSet)> bits =
            [("P", entry.IsPresent), ("W", entry.IsWritable), ("U", entry.IsUser), ("A", entry.IsAccessed), ("D", entry.IsDirty)];
        for (int i = 0; i < bits.Length; i++)
        {
            svg.Box(x + (i * BitWidth), y, BitWidth - 2, EntryHeight - 5, bits[i].IsSet ? "tip" : "hollow",
                ("bit", bits[i].Letter), ("set", bits[i].IsSet ? "1" : "0"));
            svg.Text(x + (i * BitWidth) + ((BitWidth - 2) / 2), y + 11, bits[i].IsSet ? bits[i].Letter : "·",
                bits[i].IsSet ? TextStyle.Inverse : TextStyle.Tiny, TextAnchor.Middle);
        }
    }

    private static void DrawKernel(SvgDrawing svg, TableView[] kernel, double y)
    {
        double x = SvgDrawing.Margin;
        svg.Box(x, y, SvgDrawing.InnerWidth, 22, "kn0", ("kernel", Text(kernel.Length)));
        TableView first = kernel[0];
        string words = first.Upper.IsLarge
            ? $"[{first.DirectoryIndex}] … {kernel.Length} × 4 MB pages, supervisor, global"
            : $"[{first.DirectoryIndex}] → shared table {first.Upper.Table.Value:x3}, supervisor";
        svg.Text(x + 8, y + 15, words, TextStyle.Code, TextAnchor.Start, 300);
        svg.Text(x + SvgDrawing.InnerWidth - 8, y + 15, "in all spaces", TextStyle.Note, TextAnchor.End);
        svg.Reach(y + 24);
    }

    private static string Describe(SpaceView space, TableView[] user) =>
        $"Directory in frame {space.Directory.Value:x3}, {user.Length} page tables in the user half. " + string.Join("; ", user.Take(5)
            .SelectMany(static table => table.Entries.Take(6)).Select(static entry => entry.Entry.IsPresent
                ? $"page {entry.Page.Value:x5} to frame {entry.Entry.Frame.Value:x3}, {(entry.Entry.IsWritable ? "writable" : "read-only")}"
                : $"page {entry.Page.Value:x5} not present{(entry.Slot is { } slot ? $", swap slot {slot}" : "")}"));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
