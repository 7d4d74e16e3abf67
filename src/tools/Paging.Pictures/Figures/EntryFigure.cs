using System.Collections.Immutable;
using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The 32 bits of page table entries, under PAE 64: the frame, and every flag by its name in Intel's manual.</summary>
/// <remarks>Intel SDM 3A, tables 4-6 and 4-11: formats of a page-table entry that maps a 4-KByte page.</remarks>
public static class EntryFigure
{
    private const double BitWidth = 24, FlagsLeft = SvgDrawing.Margin + SvgDrawing.InnerWidth - (12 * BitWidth);
    private const double RowHeight = 64, CellHeight = 30, ReservedWidth = 32;
    private const int NoExecuteBit = 63;

    private static readonly ImmutableArray<string> Names = ["", "", "", "G", "PAT", "D", "A", "PCD", "PWT", "US", "RW", "P"];

    /// <summary>Draws entries below each other.</summary>
    /// <param name="entries">The entries, each with its name.</param>
    /// <param name="before">The words at the step before, in the same order; bits that are different are marked.</param>
    /// <param name="format">The format of their table.</param>
    public static Figure Draw(IReadOnlyList<(string Name, EntryView Entry)> entries, IReadOnlyList<ulong>? before = null,
        TableFormat format = TableFormat.Classic)
    {
        SvgDrawing svg = new();
        bool isWide = format == TableFormat.Pae;
        DrawHead(svg, isWide);
        for (int i = 0; i < entries.Count; i++)
        {
            ulong? old = before is not null && i < before.Count ? before[i] : null;
            DrawEntry(svg, entries[i].Name, entries[i].Entry, old, isWide, 32 + (i * RowHeight));
        }

        double x = SvgDrawing.Margin, y = 32 + (entries.Count * RowHeight) + 6;
        svg.Text(x, y + 6, "P present · RW writable · US user · A accessed · D dirty", TextStyle.Note);
        svg.Text(x, y + 22, "G global · sw: left to the kernel", TextStyle.Note);
        svg.Text(x, y + 38, isWide ? "NX: no instruction is fetched from it" : "There is no bit that forbids execution.", TextStyle.Note);
        svg.Reach(y + 43);
        return new("entries", entries.Count == 1 ? "The bits of a page table entry" : "The bits of page table entries",
            string.Join("; ", entries.Select(entry => $"{entry.Name}: {Hex(entry.Entry.Entry.Word, isWide)}")), svg);
    }

    private static double FieldLeft(bool isWide) => SvgDrawing.Margin + (isWide ? BitWidth + ReservedWidth : 0);

    private static void DrawHead(SvgDrawing svg, bool isWide)
    {
        double field = FieldLeft(isWide);
        if (isWide)
        {
            svg.Text(SvgDrawing.Margin + (BitWidth / 2), 11, "63", TextStyle.Tiny, TextAnchor.Middle);
            svg.Text(SvgDrawing.Margin + (BitWidth / 2), 25, "NX", TextStyle.Tiny, TextAnchor.Middle);
            svg.Text(SvgDrawing.Margin + BitWidth + (ReservedWidth / 2), 11, "62–36", TextStyle.Tiny, TextAnchor.Middle);
        }

        svg.Text(field + (isWide ? 3 : 0), 11, isWide ? "35" : "31", TextStyle.Tiny);
        svg.Text(FlagsLeft - 3, 11, "12", TextStyle.Tiny, TextAnchor.End);
        svg.Text(field + (isWide ? 3 : 0), 25, isWide ? "frame" : "frame number", TextStyle.Note);
        for (int bit = 0; bit < 12; bit++)
        {
            double middle = FlagsLeft + ((bit + 0.5) * BitWidth);
            svg.Text(middle, 11, (11 - bit).ToString(CultureInfo.InvariantCulture), TextStyle.Tiny, TextAnchor.Middle);
            svg.Text(middle, 25, bit < 3 ? "sw" : Names[bit], TextStyle.Tiny, TextAnchor.Middle);
        }
    }

    private static void DrawEntry(SvgDrawing svg, string name, EntryView entry, ulong? before, bool isWide, double y)
    {
        ulong word = entry.Entry.Word;
        svg.Text(SvgDrawing.Margin, y + 13, name, TextStyle.Strong, TextAnchor.Start, isWide ? 250 : 300);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + 13, Hex(word, isWide), TextStyle.Code, TextAnchor.End);
        DrawFrame(svg, entry, isWide, y);
        if (!entry.Entry.IsPresent && word != 0)
        {
            svg.Box(FlagsLeft, y + 19, 12 * BitWidth, CellHeight, "sw0");
            svg.Box(FlagsLeft, y + 19, 12 * BitWidth, CellHeight, "fr");
            svg.Text(FlagsLeft + 10, y + 38, "P clear: the rest is the kernel's", TextStyle.Note, TextAnchor.Start, (11 * BitWidth) - 14);
            DrawBit(svg, word, 0, before, y);
            return;
        }

        for (int bit = 0; bit < 12; bit++) DrawBit(svg, word, bit, before, y);
        if (!isWide) return;
        DrawBit(svg, word, NoExecuteBit, before, y);
        svg.Box(SvgDrawing.Margin + BitWidth, y + 19, ReservedWidth, CellHeight, "no");
        svg.Box(SvgDrawing.Margin + BitWidth, y + 19, ReservedWidth, CellHeight, "fr");
        svg.Text(SvgDrawing.Margin + BitWidth + (ReservedWidth / 2), y + 38, "0", TextStyle.Code, TextAnchor.Middle);
    }

    /// <summary>The frame number; of an entry that is not present, the use of its upper bits.</summary>
    private static void DrawFrame(SvgDrawing svg, EntryView entry, bool isWide, double y)
    {
        bool isTaken = !entry.Entry.IsPresent && !entry.Entry.IsNeverTouched;
        double left = isTaken ? SvgDrawing.Margin : FieldLeft(isWide);
        string fill = entry.Entry.IsPresent ? "an0" : entry.Slot is not null ? "sw0" : "no", frame = $"{entry.Entry.Frame.Value:x5}";
        svg.Box(left, y + 19, FlagsLeft - left, CellHeight, fill, ("field", "frame"), ("value", frame));
        svg.Box(left, y + 19, FlagsLeft - left, CellHeight, "fr");
        string words = entry.Entry.IsPresent ? (isWide ? frame : $"frame {frame}") : entry.Slot is { } slot ? $"slot {slot}"
            : isTaken ? "a marker" : isWide ? "untouched" : "never touched";
        svg.Text(left + 8, y + 38, words, TextStyle.Code);
    }

    private static void DrawBit(SvgDrawing svg, ulong word, int bit, ulong? before, double y)
    {
        double x = bit == NoExecuteBit ? SvgDrawing.Margin : FlagsLeft + ((11 - bit) * BitWidth);
        bool isSet = (word >> bit & 1) != 0;
        svg.Box(x, y + 19, BitWidth, CellHeight, isSet ? "tip" : "hollow", ("bit", bit.ToString(CultureInfo.InvariantCulture)),
            ("set", isSet ? "1" : "0"));
        svg.Box(x, y + 19, BitWidth, CellHeight, "fr");
        svg.Text(x + (BitWidth / 2), y + 38, isSet ? "1" : "0", isSet ? TextStyle.Inverse : TextStyle.Code, TextAnchor.Middle);
        if (before is { } old && (old >> bit & 1) != (word >> bit & 1)) svg.Box(x + 1, y + 20, BitWidth - 2, CellHeight - 2, "chr",
            ("change", bit.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Hex(ulong word, bool isWide) => isWide ? $"{word:x16}" : $"{word:x8}";
}
