using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>
/// How an address is cut: 10 | 10 | 12 bits, or 2 | 9 | 9 | 12 under Physical Address Extension, and the choice of each part on the way
/// from cr3 to a byte. In a page of 4 MB or 2 MB the last two parts are one.
/// </summary>
public static class TranslationFigure
{
    private const double PartHeight = 52, StepTop = 92, StepHeight = 30;

    /// <summary>A part of the address: its bits, its choice, and the entry there.</summary>
    private readonly record struct Part(int Bits, uint Value, string Table, string Leads);

    /// <summary>Draws the way to one byte.</summary>
    public static Figure Draw(SpaceView space, VirtualAddress address)
    {
        SvgDrawing svg = new();
        Part[] parts = PartsOf(space, address);
        svg.Text(SvgDrawing.Margin, 12, $"virtual address {address.Value:x8}", TextStyle.Strong);
        double x = SvgDrawing.Margin;
        int high = 32;
        for (int i = 0; i < parts.Length; i++)
        {
            // Wide enough for the digits; the rest by the number of bits.
            double width = space.Format == TableFormat.Classic ? SvgDrawing.InnerWidth * parts[i].Bits / 32
                : i == 0 ? 64 : i < parts.Length - 1 ? 106 : SvgDrawing.Width - SvgDrawing.Margin - x;
            DrawPart(svg, parts[i], high, x, width);
            double y = StepTop + (i * StepHeight);
            svg.Line("ld", (x + 14, 22 + PartHeight), (x + 14, y));
            x += width;
            high -= parts[i].Bits;
        }

        for (int i = 0; i < parts.Length; i++) DrawStep(svg, parts[i], i == parts.Length - 1, StepTop + (i * StepHeight));
        string split = string.Join(" | ", parts.Select(static part => part.Bits.ToString(CultureInfo.InvariantCulture)));
        return new($"translation-{space.ProcessId}", $"An address in {parts.Length} parts: {split}", $"{address.Value:x8}: " + string.Join(
            "; ", parts.Select(static part => $"{part.Bits} bits, {part.Value}: {part.Table} {part.Leads}")), svg);
    }

    private static void DrawPart(SvgDrawing svg, Part part, int high, double x, double width)
    {
        string fill = part.Bits is 2 or 9 or 10 ? "tb0" : "an0";    // an index, or a byte's place
        svg.Box(x, 22, width - 3, PartHeight, fill, ("bits", $"{part.Bits}"), ("value", $"{part.Value}"));
        double middle = x + ((width - 3) / 2);
        svg.Text(middle, 36, $"{high - 1}–{high - part.Bits}", TextStyle.Note, TextAnchor.Middle);
        svg.Text(middle, 52, Convert.ToString(part.Value, 2).PadLeft(part.Bits, '0'), TextStyle.Code, TextAnchor.Middle);
        svg.Text(middle, 68, $"= {part.Value}", TextStyle.Code, TextAnchor.Middle);
    }

    private static void DrawStep(SvgDrawing svg, Part part, bool isLast, double y)
    {
        svg.Box(SvgDrawing.Margin, y, SvgDrawing.InnerWidth, StepHeight - 6, isLast ? "an0" : "tb0", ("step", part.Table));
        svg.Text(SvgDrawing.Margin + 8, y + 16, part.Table, TextStyle.Code);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin - 8, y + 16, part.Leads, TextStyle.Code, TextAnchor.End, 180);
    }

    private static Part[] PartsOf(SpaceView space, VirtualAddress address)
    {
        bool isWide = space.Format == TableFormat.Pae;
        int tableBits = isWide ? 9 : 10;
        uint mask = (1u << tableBits) - 1, offset = address.Value & 0xFFF, index = (address.Value >> 12) & mask;
        uint directoryIndex = (address.Value >> (12 + tableBits)) & mask;
        EntryView entry = space.EntryOf(address.Page);
        TableView? table = space.Tables.FirstOrDefault(known =>
            known.DirectoryIndex == (int)(address.Page.Value / TableView.PageCountOf(space.Format)));
        FrameNumber directory = isWide ? space.Directories[(int)(address.Value >> 30)] : space.Directory;
        if (table is { IsHugePage: true })
        {
            (int bits, string name) = isWide ? (21, "2 MB") : (22, "4 MB");
            uint into = address.Value & ((1u << bits) - 1);
            Part[] large =
            [
                new(tableBits, directoryIndex, $"directory {directory.Value:x3}, entry {directoryIndex}",
                    $"PS → {name} at frame {table.HugeFrame.Value:x3}"),
                new(bits, into, $"{name} page, byte {into:x}", $"physical {((ulong)table.HugeFrame.Value << 12) + into:x8}"),
            ];
            return isWide ? [PointerOf(space, address, directory), .. large] : large;
        }

        string leads = entry.Entry.IsPresent ? $"→ frame {entry.Entry.Frame.Value:x3}" : "not present: page fault";
        Part[] lower =
        [
            new(tableBits, directoryIndex, $"directory {directory.Value:x3}, entry {directoryIndex}",
                table is null ? "empty: page fault" : $"→ table {table.Upper.Table.Value:x3}"),
            new(tableBits, index, table is null ? $"no table, entry {index}" : $"table {table.Upper.Table.Value:x3}, entry {index}", leads),
            new(12, offset, $"frame {(entry.Entry.IsPresent ? $"{entry.Entry.Frame.Value:x3}" : "?")}, byte {offset}",
                entry.Entry.IsPresent ? $"physical {((ulong)entry.Entry.Frame.Value << 12) + offset:x8}" : ""),
        ];
        return isWide ? [PointerOf(space, address, directory), .. lower] : lower;
    }

    private static Part PointerOf(SpaceView space, VirtualAddress address, FrameNumber directory) => new(2, address.Value >> 30,
        $"pointers {space.Directory.Value:x3}, entry {address.Value >> 30}", $"→ directory {directory.Value:x3}");
}
