using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Writing;
using Paging.Windows;
using Paging.Windows.Reports;

namespace Paging.WindowsTour;

/// <summary>
/// A process of Windows: its VADs by address, each with its place in the AVL tree, its reserved and its committed pages.
/// </summary>
internal static class VadFigure
{
    private const double RowHeight = 46;

    /// <summary>Draws the VADs of a process.</summary>
    /// <param name="process">The process.</param>
    /// <param name="regions">The regions that VirtualQuery reports, by address.</param>
    /// <param name="name">The name of the process.</param>
    public static Figure Draw(ProcessSnapshot process, IReadOnlyList<MemoryBasicInformation> regions, string name)
    {
        SvgDrawing svg = new();
        const double x = SvgDrawing.Margin;
        svg.Text(x, 13, $"{process.Vads.Count} VADs", TextStyle.Strong);
        svg.Text(SvgDrawing.Width - x, 13, $"commit charge {process.CommitCharge}, working set {process.WorkingSet}", TextStyle.Note,
            TextAnchor.End);
        double y = 22;
        foreach (VadSnapshot vad in process.Vads)
        {
            bool isMapped = vad.Kind == MemoryKind.Mapped;
            svg.Box(x, y, SvgDrawing.InnerWidth, RowHeight - 5, isMapped ? "fi0" : "an0", ("vad", $"{vad.Range.First.Value:x5}"));
            svg.Text(x + 10, y + 15, $"{(ulong)vad.Range.First.Value << 12:x8}–{(ulong)vad.Range.End.Value << 12:x8}", TextStyle.Code);
            svg.Text(x + SvgDrawing.InnerWidth - 8, y + 15, $"level {vad.Level}, {vad.Kind.ToString()} {vad.Protection.ToString()}",
                TextStyle.Note, TextAnchor.End, 236);
            DrawRegions(svg, vad, regions, x + 10, y + 21);
            svg.Text(x + SvgDrawing.InnerWidth - 8, y + 34, $"charge {vad.CommitCharge}, present {vad.WorkingSet}", TextStyle.Note,
                TextAnchor.End, 150);
            y += RowHeight;
        }

        svg.LegendEntry(x, y + 16, "an", "committed");
        svg.LegendEntry(x + 95, y + 16, "fi", "view of a file");
        svg.LegendEntry(x + 200, y + 16, "hollow", "reserved only");
        svg.LegendEntry(x + 310, y + 16, "ch", "guard page");
        svg.Reach(y + 20);
        return new($"vads-{process.ProcessId}", $"Address space of {name} (Windows)", string.Join("; ", process.Vads.Select(static vad =>
            $"{vad.Range.First.Value:x5}, {vad.Range.Count.Value} pages, {vad.Kind.ToString()}, charge {vad.CommitCharge}, "
                + $"working set {vad.WorkingSet}")), svg);
    }

    private static void DrawRegions(SvgDrawing svg, VadSnapshot vad, IReadOnlyList<MemoryBasicInformation> regions, double x, double y)
    {
        const double width = 216, height = 14;
        foreach (MemoryBasicInformation region in regions)
        {
            PageRange part = vad.Range.Intersect(new(region.Base, region.Count));
            if (part.IsEmpty) continue;
            double from = width * (part.First - vad.Range.First).Value / vad.Range.Count.Value,
                wide = width * part.Count.Value / vad.Range.Count.Value;
            string fill = region.State != MemoryState.Commit ? "hollow"
                : (region.Protection & PageProtection.Guard) != 0 ? "ch" : vad.Kind == MemoryKind.Mapped ? "fi" : "an";
            svg.Box(x + from, y, wide, height, fill, ("region", $"{part.First.Value:x5}"), ("pages", $"{part.Count.Value}"));
        }
    }
}
