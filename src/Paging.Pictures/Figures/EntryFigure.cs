using System.Collections.Immutable;
using System.Globalization;
using Paging.Native;

namespace Paging.Pictures;

/// <summary>The 32 bits of page table entries: the frame, and every flag by its name in Intel's manual.</summary>
/// <remarks>Intel SDM 3A, table 4-6: format of a 32-bit page-table entry that maps a 4-KByte page.</remarks>
public static class EntryFigure
{
    private const double BitWidth = 22, FieldWidth = SvgDrawing.InnerWidth - (12 * BitWidth), RowHeight = 58;

    private static readonly ImmutableArray<string> Names = ["", "", "", "G", "PAT", "D", "A", "PCD", "PWT", "US", "RW", "P"];

    /// <summary>Draws entries below each other.</summary>
    /// <param name="entries">The entries, and what each is of.</param>
    /// <param name="before">The words at the step before, in the same order; bits that are different are marked.</param>
    public static Figure Draw(IReadOnlyList<(string Name, EntryView Entry)> entries, IReadOnlyList<ulong>? before = null)
    {
        Required.All(entries, static entry => entry.Name is not null);
        SvgDrawing svg = new();
        double x = SvgDrawing.Margin;
        svg.Text(x, 11, "31", TextStyle.Tiny);
        svg.Text(x + FieldWidth - 3, 11, "12", TextStyle.Tiny, TextAnchor.End);
        for (int bit = 0; bit < 12; bit++)
            svg.Text(x + FieldWidth + ((bit + 0.5) * BitWidth), 11, (11 - bit).ToString(CultureInfo.InvariantCulture), TextStyle.Tiny,
                TextAnchor.Middle);
        for (int bit = 0; bit < 12; bit++)
            svg.Text(x + FieldWidth + ((bit + 0.5) * BitWidth), 25, bit < 3 ? "sw" : Names[bit], TextStyle.Tiny, TextAnchor.Middle);
        svg.Text(x, 25, "frame number", TextStyle.Note);
        for (int i = 0; i < entries.Count; i++)
        {
            ulong? old = before is not null && i < before.Count ? before[i] : null;
            DrawEntry(svg, entries[i].Name, entries[i].Entry, old, 32 + (i * RowHeight));
        }

        double y = 32 + (entries.Count * RowHeight) + 6;
        svg.Text(x, y + 6, "P present · RW writable · US user · A accessed · D dirty", TextStyle.Note);
        svg.Text(x, y + 21, "G global · sw: left to the kernel. There is no bit that forbids execution.", TextStyle.Note);
        svg.Reach(y + 26);
        return new("entries", entries.Count == 1 ? "The bits of a page table entry" : "The bits of page table entries",
            string.Join("; ", entries.Select(static entry => $"{entry.Name}: {entry.Entry.Entry.Word:x8}")), svg);
    }

    private static void DrawEntry(SvgDrawing svg, string name, EntryView entry, ulong? before, double y)
    {
        double x = SvgDrawing.Margin;
        ulong word = entry.Entry.Word;
        svg.Text(x, y + 13, name, TextStyle.Strong, TextAnchor.Start, 300);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + 13, $"{word:x8}", TextStyle.Code, TextAnchor.End);
        string fill = entry.Entry.IsPresent ? "an0" : entry.Slot is not null ? "sw0" : "no";
        svg.Box(x, y + 19, FieldWidth, 25, fill, ("field", "frame"), ("value", $"{word >> 12:x5}"));
        svg.Box(x, y + 19, FieldWidth, 25, "fr");
        string field = entry.Entry.IsPresent ? $"frame {word >> 12:x5}" : entry.Slot is { } slot ? $"slot {slot}" : "never touched";
        svg.Text(x + 8, y + 36, field, TextStyle.Code);
        if (!entry.Entry.IsPresent && word != 0)
        {
            svg.Box(x + FieldWidth, y + 19, 12 * BitWidth, 25, "sw0");
            svg.Box(x + FieldWidth, y + 19, 12 * BitWidth, 25, "fr");
            svg.Text(x + FieldWidth + 10, y + 36, "P clear: the rest is the kernel's", TextStyle.Note, TextAnchor.Start,
                (11 * BitWidth) - 14);
            DrawBit(svg, word, 0, before, y);
            return;
        }

        for (int bit = 0; bit < 12; bit++) DrawBit(svg, word, bit, before, y);
    }

    private static void DrawBit(SvgDrawing svg, ulong word, int bit, ulong? before, double y)
    {
        double x = SvgDrawing.Margin + FieldWidth + ((11 - bit) * BitWidth);
        bool isSet = (word >> bit & 1) != 0;
        svg.Box(x, y + 19, BitWidth, 25, isSet ? "tip" : "hollow", ("bit", bit.ToString(CultureInfo.InvariantCulture)),
            ("set", isSet ? "1" : "0"));
        svg.Box(x, y + 19, BitWidth, 25, "fr");
        svg.Text(x + (BitWidth / 2), y + 36, isSet ? "1" : "0", isSet ? TextStyle.Inverse : TextStyle.Code, TextAnchor.Middle);
        if (before is { } old && (old >> bit & 1) != (word >> bit & 1)) svg.Box(x + 1, y + 20, BitWidth - 2, 23, "chr",
            ("change", bit.ToString(CultureInfo.InvariantCulture)));
    }
}
