using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>A stack to scale, page by page from its top to below its limit: its area, its present pages, and the room to grow.</summary>
public static class StackFigure
{
    private const double Top = 8, Left = 92, Width = 96, HeightMax = 330, PageHeightMax = 6;
    private const double LabelLeft = Left + Width + 22, LabelHeight = 16;
    private const uint PagesBelow = 12;

    /// <summary>Draws the area of a stack.</summary>
    /// <param name="space">The process.</param>
    /// <param name="before">The same at the step before; pages that were not present then are marked.</param>
    /// <param name="end">The end of the area: the page after its last one.</param>
    /// <param name="limit">RLIMIT_STACK, in bytes; below 1,024 pages, so that a page is seen.</param>
    /// <param name="marks">Addresses, each with the event there.</param>
    /// <exception cref="ArgumentException">No area ends there.</exception>
    public static Figure Draw(SpaceView space, SpaceView? before, PageNumber end, ulong limit, IReadOnlyList<AddressMark> marks)
    {
        AreaView area = space.Areas.FirstOrDefault(area => area.Area.Range.End == end)
            ?? throw new ArgumentException($"No area ends at page {end.Value:x5}.", nameof(end));
        uint limitPages = (uint)(limit >> 12), shown = Math.Min(limitPages + PagesBelow, end.Value);
        double high = Math.Min(PageHeightMax, HeightMax / shown);
        SvgDrawing svg = new();
        svg.Box(Left, Top, Width, shown * high, "no", ("limit", limitPages.ToString(CultureInfo.InvariantCulture)));
        svg.Box(Left, Top, Width, area.Area.Range.Count.Value * high, "an0", ("pages", $"{area.Area.Range.Count.Value}"));
        for (uint depth = 0; depth < area.Area.Range.Count.Value; depth++)
        {
            PageNumber page = new(end.Value - 1 - depth);
            if (!space.EntryOf(page).Entry.IsPresent) continue;
            svg.Box(Left, Top + (depth * high) + 0.3, Width, high - 0.6, "an", ("page", $"{page.Value:x5}"));
            if (before?.EntryOf(page).Entry.IsPresent == false) svg.ChangeMark(Left - 5, Top + (depth * high), high);
        }

        svg.Box(Left, Top, Width, shown * high, "fr");
        double limitY = Top + (limitPages * high), startY = Top + (area.Area.Range.Count.Value * high);
        svg.Line("ro", (Left - 10, limitY), (Left + Width + 10, limitY));
        svg.Text(Left - 14, Top + 4, $"{(ulong)end.Value << 12:x8}", TextStyle.Code, TextAnchor.End);
        svg.Text(Left - 14, startY + 4, $"{area.Area.Range.First.Value << 12:x8}", TextStyle.Code, TextAnchor.End);
        List<(double Y, string First, string Second, bool? IsRefused)> labels =
        [
            (startY, "the area begins", $"{SvgText.Count(area.Area.Range.Count.Value)} pages, {area.Present} present", null),
            (limitY, "RLIMIT_STACK", $"{SvgText.Bytes(limit)} below the top", null),
            .. marks.Select(mark => (Top + ((end.Value - (mark.Address.Value / 4096.0)) * high),
                $"{mark.Address.Value:x8}", mark.Words, (bool?)mark.IsRefused)),
        ];
        DrawLabels(svg, labels, Top + (shown * high));
        return new($"stack-{space.ProcessId}", $"The stack of {space.Name}, to scale",
            $"{area.Present} of {area.Area.Range.Count.Value} pages present; at most {limitPages}"
                + string.Concat(marks.Select(static mark => $"; {mark.Address.Value:x8} {mark.Words}")), svg);
    }

    /// <summary>Labels at the right of their places, pushed down where they would touch, each with a line to its place.</summary>
    private static void DrawLabels(SvgDrawing svg, List<(double Y, string First, string Second, bool? IsRefused)> labels, double bottom)
    {
        double free = Top;
        foreach ((double at, string first, string second, bool? isRefused) in labels.OrderBy(static label => label.Y))
        {
            double place = Math.Min(at, bottom), y = Math.Max(free, place - (LabelHeight / 2));
            svg.Line(isRefused is null ? "ld" : "ar", (Left + Width + 2, place), (LabelLeft - 6, y + 8));
            if (isRefused is { } refused)
            {
                svg.Line("tip", (Left + Width, place), (Left + Width + 8, place - 4), (Left + Width + 8, place + 4));
                svg.Box(LabelLeft - 2, y + 3, 9, 9, refused ? "red" : "fi", ("mark", first), ("refused", refused ? "1" : "0"));
            }

            svg.Text(LabelLeft + (isRefused is null ? 0 : 12), y + 12, first, isRefused is null ? TextStyle.Strong : TextStyle.Code);
            svg.Text(LabelLeft, y + 12 + LabelHeight, second, TextStyle.Note, TextAnchor.Start, SvgDrawing.Width - LabelLeft - 6);
            free = y + (2 * LabelHeight) + 6;
        }
    }
}
