using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>An address space: 4 GB to scale on the left, its areas in words on the right, high addresses on top.</summary>
/// <remarks>
/// A light colour says what has been agreed, the full colour what has been done: the bar below a row is as full as the area is present.
/// </remarks>
public static class AddressSpaceFigure
{
    private const double ScaleLeft = SvgDrawing.Margin, ScaleWidth = 46, RowLeft = 92, RowHeight = 42, RowGap = 5, HeightMin = 300;
    private const double RowWidth = SvgDrawing.Width - SvgDrawing.Margin - RowLeft;

    /// <summary>Draws one address space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="before">The same space at the step before; what is different is marked.</param>
    /// <param name="first">The first row to draw, from the top: large spaces are drawn in parts.</param>
    /// <param name="count">How many rows at most.</param>
    public static Figure Draw(SpaceView space, SpaceView? before = null, int first = 0, int count = 16)
    {
        ArgumentNullException.ThrowIfNull(space);
        int top = Math.Max(0, space.Areas.Count - Math.Max(0, first)), bottom = Math.Max(0, top - count);
        AreaView[] rows = [.. Enumerable.Range(bottom, top - bottom).Reverse().Select(index => space.Areas[index])];
        double height = Math.Max(HeightMin, (rows.Length + 1) * (RowHeight + RowGap));
        SvgDrawing svg = new();
        DrawScale(svg, height);
        DrawKernelRow(svg, height);
        for (int i = 0; i < rows.Length; i++)
        {
            double y = (i + 1) * (RowHeight + RowGap);
            DrawOnScale(svg, rows[i], height, y + (RowHeight / 2));
            DrawRow(svg, rows[i], before, y);
        }

        if (space.Areas.Count > rows.Length)
            svg.Text(RowLeft, height + 12, rows.Length == 0 ? $"none of {SvgText.Count(space.Areas.Count)} areas"
                : $"areas {SvgText.Count(space.Areas.Count - top + 1)} to {SvgText.Count(space.Areas.Count - bottom)} of "
                    + $"{SvgText.Count(space.Areas.Count)}, from the top", TextStyle.Note);
        return new($"space-{space.ProcessId}", $"Address space of {space.Name} (process {space.ProcessId})", Describe(space, rows), svg);
    }

    /// <summary>The height of a run of pages on a scale on which 4 GB are so high.</summary>
    internal static double HeightOf(PageCount pages, double height) => height * pages.Value / PageCount.AddressSpace.Value;

    /// <summary>Where a page begins on a scale that has 0 at its lower end.</summary>
    internal static double YOf(uint page, double height) => height - (height * page / PageCount.AddressSpace.Value);

    /// <summary>On the scale an area is light, with an edge that shows however thin it is.</summary>
    internal static string EdgeOf(AreaView area) => area.IsOfFile ? "fi0 efi" : "an0 ean";

    internal static string FillOf(AreaView area) => area.IsOfFile ? "fi" : "an";

    private static void DrawScale(SvgDrawing svg, double height)
    {
        double kernel = YOf(PageNumber.FirstKernel.Value, height);
        svg.Box(ScaleLeft, 0, ScaleWidth, kernel, "kn0", ("kernel", "1"));
        svg.Box(ScaleLeft, kernel, ScaleWidth, height - kernel, "no");
        svg.Box(ScaleLeft, 0, ScaleWidth, height, "fr", ("scale", SvgText.Number(height)));
        svg.Text(ScaleLeft + ScaleWidth - 3, height + 11, "0", TextStyle.Tiny, TextAnchor.End);    // below: areas lie low
        svg.Text(ScaleLeft + ScaleWidth - 3, kernel - 4, "3 GB", TextStyle.Tiny, TextAnchor.End);
        svg.Text(ScaleLeft + ScaleWidth - 3, 11, "4 GB", TextStyle.Tiny, TextAnchor.End);
    }

    private static void DrawKernelRow(SvgDrawing svg, double height)
    {
        svg.Box(RowLeft, 0, RowWidth, RowHeight, "kn0");
        svg.Line("ld", (ScaleLeft + ScaleWidth, YOf(PageNumber.FirstKernel.Value, height) / 2), (RowLeft, RowHeight / 2));
        svg.Text(RowLeft + 10, 17, "Kernel space", TextStyle.Strong);
        svg.Text(RowLeft + RowWidth - 8, 17, "1 GB", TextStyle.Label, TextAnchor.End);
        svg.Text(RowLeft + 10, 33, "c0000000–100000000  not for user mode", TextStyle.Tiny, TextAnchor.Start, RowWidth - 18);
    }

    private static void DrawOnScale(SvgDrawing svg, AreaView area, double height, double rowMiddle)
    {
        double top = YOf(area.Area.Range.End.Value, height), high = HeightOf(area.Area.Range.Count, height);
        svg.Box(ScaleLeft, top, ScaleWidth, high, EdgeOf(area), ("area", area.Addresses), ("pages", Text(area.Area.Range.Count.Value)));
        double middle = top + (high / 2);
        svg.Line("tick", (ScaleLeft + ScaleWidth, middle), (ScaleLeft + ScaleWidth + 5, middle));
        svg.Line("ld", (ScaleLeft + ScaleWidth + 5, middle), (RowLeft - 6, rowMiddle), (RowLeft, rowMiddle));
    }

    private static void DrawRow(SvgDrawing svg, AreaView area, SpaceView? before, double top)
    {
        string fill = FillOf(area);
        svg.Box(RowLeft, top, RowWidth, RowHeight, fill + "0", ("row", area.Addresses), ("present", Text(area.Present)));
        if (IsChanged(area, before)) svg.ChangeMark(RowLeft, top, RowHeight);
        string size = SvgText.Bytes(area.Area.Range.Count.Bytes);
        double sizeWidth = SvgText.WidthOf(size, 12, isMonospace: false) + 16;
        svg.Text(RowLeft + 10, top + 15, area.Label, TextStyle.Strong, TextAnchor.Start, RowWidth - sizeWidth - 10);
        svg.Text(RowLeft + RowWidth - 8, top + 15, size, TextStyle.Label, TextAnchor.End);
        svg.Text(RowLeft + 10, top + 30, $"{area.Addresses}  {area.Area.Rights}", TextStyle.Tiny);
        string present = area.Swapped == 0 ? $"{SvgText.Count(area.Present)} present" : $"{area.Present} here, {area.Swapped} swapped";
        svg.Text(RowLeft + RowWidth - 8, top + 30, present, TextStyle.Note, TextAnchor.End, RowWidth - 182);
        double pages = area.Area.Range.Count.Value;
        double unit = (RowWidth - 18) / pages, shared = (area.Present - area.Own) * unit, own = area.Own * unit;
        svg.Box(RowLeft + 10, top + 35, own, 4, "an");
        svg.Box(RowLeft + 10 + own, top + 35, shared, 4, fill);
        svg.Box(RowLeft + 10 + own + shared, top + 35, area.Swapped * unit, 4, "sw");
    }

    internal static bool IsChanged(AreaView area, SpaceView? before) =>
        before is not null && !(before.AreaAt(area.Area.Range.First) is { } old && old.Area.Range == area.Area.Range
            && old.Present == area.Present && old.Swapped == area.Swapped && old.Area.Flags == area.Area.Flags);

    private static string Describe(SpaceView space, IEnumerable<AreaView> rows) =>
        $"{space.Areas.Count} areas, {SvgText.Bytes(space.Usage.Total.Bytes)} in all, "
            + $"{SvgText.Bytes(space.Usage.Resident.Bytes)} resident. "
            + string.Join("; ", rows.Select(static area =>
                $"{area.Label} {area.Addresses} {area.Area.Rights}, {area.Present} of {area.Area.Range.Count.Value} pages present"));

    private static string Text(uint value) => value.ToString(CultureInfo.InvariantCulture);
}
