using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>An address space: 4 GB to scale on the left, its areas in words on the right, high addresses on top.</summary>
/// <remarks>
/// A light colour shows what has been agreed, the full colour what has been done: the bar below a row is filled as far as the area is
/// present.
/// </remarks>
public static class AddressSpaceFigure
{
    private const double ScaleLeft = SvgDrawing.Margin, ScaleWidth = 46, RowLeft = 92, RowHeight = 42, RowGap = 5, HeightMin = 236;
    private const double RowWidth = SvgDrawing.Width - SvgDrawing.Margin - RowLeft, HoleHeight = 20, MarkHeight = 18;

    /// <summary>An area or, without one, the part of a hole that a mark lies in; and the marks in it, from the top.</summary>
    private readonly record struct Row(AreaView? Area, AddressMark[] Marks)
    {
        public double Height => (Area is null ? HoleHeight : RowHeight) + (Marks.Length * MarkHeight);
    }

    /// <summary>Draws one address space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="before">The same space at the step before; what is different is marked.</param>
    /// <param name="first">The first row to draw, from the top: large spaces are drawn in parts.</param>
    /// <param name="count">The largest number of rows.</param>
    public static Figure Draw(SpaceView space, SpaceView? before = null, int first = 0, int count = 16)
    {
        int top = Math.Max(0, space.Areas.Count - Math.Max(0, first)), bottom = Math.Max(0, top - count);
        Row[] rows = [.. Enumerable.Range(bottom, top - bottom).Reverse().Select(index => new Row(space.Areas[index], []))];
        Figure figure = Draw(space, before, rows, []);
        if (space.Areas.Count > rows.Length)
            figure.Drawing.Text(RowLeft, HeightOf(rows, KernelRowOf(space, [])) + 12,
                rows.Length == 0 ? $"none of {SvgText.Count(space.Areas.Count)} areas"
                : $"areas {SvgText.Count(space.Areas.Count - top + 1)} to {SvgText.Count(space.Areas.Count - bottom)} of "
                    + $"{SvgText.Count(space.Areas.Count)}, from the top", TextStyle.Note);
        return figure;
    }

    /// <summary>Draws one address space, with the addresses that were used in it.</summary>
    /// <param name="space">The space.</param>
    /// <param name="before">The same space at the step before; what is different is marked.</param>
    /// <param name="marks">Addresses, each with what happened there. One outside of all areas shows the hole.</param>
    public static Figure Draw(SpaceView space, SpaceView? before, IReadOnlyList<AddressMark> marks)
    {
        ILookup<AreaView?, AddressMark> byArea = marks.Where(mark => mark.Address.Page < space.UserEnd)
            .OrderByDescending(static mark => mark.Address)
            .ToLookup(mark => space.Areas.FirstOrDefault(area => area.Area.Range.Contains(mark.Address.Page)));
        IEnumerable<(PageNumber Page, Row Row)> rows = space.Areas
            .Select(area => (area.Area.Range.First, new Row(area, [.. byArea[area]])))
            .Concat(byArea[null].Select(static mark => (mark.Address.Page, new Row(null, [mark]))));
        return Draw(space, before, [.. rows.OrderByDescending(static row => row.Page).Select(static row => row.Row)],
            [.. marks.Where(mark => mark.Address.Page >= space.UserEnd)]);
    }

    private static Figure Draw(SpaceView space, SpaceView? before, Row[] rows, AddressMark[] kernelMarks)
    {
        bool hasKernel = space.UserEnd == PageNumber.FirstKernel;
        double y = KernelRowOf(space, kernelMarks), height = HeightOf(rows, y);
        SvgDrawing svg = new();
        DrawScale(svg, height, space.UserEnd);
        if (hasKernel) DrawKernelRow(svg, height, kernelMarks);
        foreach (Row row in rows)
        {
            if (row.Area is null)
            {
                svg.Box(RowLeft, y, RowWidth, row.Height, "gone");
                svg.Text(RowLeft + 10, y + 15, "no area", TextStyle.Note);
            }
            else
            {
                DrawOnScale(svg, row.Area, height, y + (RowHeight / 2));
                DrawRow(svg, row, before, y);
            }

            DrawMarks(svg, row.Marks, height, y + row.Height - (row.Marks.Length * MarkHeight));
            y += row.Height + RowGap;
        }

        return new($"space-{space.ProcessId}", $"Address space of {space.Name} (process {space.Number})",
            Describe(space, rows, kernelMarks), svg);
    }

    private static double KernelRowOf(SpaceView space, AddressMark[] marks) =>
        space.UserEnd == PageNumber.FirstKernel ? RowHeight + RowGap + (marks.Length * MarkHeight) : 0;

    private static double HeightOf(Row[] rows, double kernelRow) =>
        Math.Max(HeightMin, kernelRow + rows.Sum(static row => row.Height + RowGap));

    /// <summary>The height of a run of pages on a scale on which 4 GB are so high.</summary>
    internal static double HeightOf(PageCount pages, double height) => height * pages.Value / PageCount.AddressSpace.Value;

    /// <summary>The place at which a page begins on a scale that has 0 at its lower end.</summary>
    internal static double YOf(uint page, double height) => height - (height * page / PageCount.AddressSpace.Value);

    /// <summary>On the scale an area is light, with an edge that shows however thin it is.</summary>
    internal static string EdgeOf(AreaView area) => area.IsOfFile ? "fi0 efi" : "an0 ean";

    internal static string FillOf(AreaView area) => area.IsOfFile ? "fi" : "an";

    private static void DrawScale(SvgDrawing svg, double height, PageNumber userEnd)
    {
        double kernel = YOf(userEnd.Value, height);
        if (kernel != 0) svg.Box(ScaleLeft, 0, ScaleWidth, kernel, "kn0", ("kernel", "1"));
        svg.Box(ScaleLeft, kernel, ScaleWidth, height - kernel, "no");
        svg.Box(ScaleLeft, 0, ScaleWidth, height, "fr", ("scale", SvgText.Number(height)));
        svg.Text(ScaleLeft + ScaleWidth - 3, height + 11, "0", TextStyle.Tiny, TextAnchor.End);    // below: areas lie low
        if (kernel != 0) svg.Text(ScaleLeft + ScaleWidth - 3, kernel - 4, "3 GB", TextStyle.Tiny, TextAnchor.End);
        svg.Text(ScaleLeft + ScaleWidth - 3, 11, "4 GB", TextStyle.Tiny, TextAnchor.End);
    }

    private static void DrawKernelRow(SvgDrawing svg, double height, AddressMark[] marks)
    {
        svg.Box(RowLeft, 0, RowWidth, RowHeight + (marks.Length * MarkHeight), "kn0");
        svg.Line("ld", (ScaleLeft + ScaleWidth, YOf(PageNumber.FirstKernel.Value, height) / 2), (RowLeft, RowHeight / 2));
        svg.Text(RowLeft + 10, 17, "Kernel space", TextStyle.Strong);
        svg.Text(RowLeft + RowWidth - 8, 17, "1 GB", TextStyle.Label, TextAnchor.End);
        svg.Text(RowLeft + 10, 33, "c0000000–100000000  not for user mode", TextStyle.Tiny, TextAnchor.Start, RowWidth - 18);
        DrawMarks(svg, marks, height, RowHeight);
    }

    /// <summary>Marks one below the other, each with an arrow head on the scale where its address lies.</summary>
    private static void DrawMarks(SvgDrawing svg, AddressMark[] marks, double height, double y)
    {
        foreach (AddressMark mark in marks)
        {
            double at = YOf(mark.Address.Page.Value, height);
            svg.Line("tip", (ScaleLeft - 1, at), (ScaleLeft - 8, at - 4), (ScaleLeft - 8, at + 4));
            svg.Box(RowLeft + 10, y + 4, 9, 9, mark.IsRefused ? "red" : "fi", ("mark", $"{mark.Address.Value:x8}"),
                ("refused", mark.IsRefused ? "1" : "0"));
            svg.Text(RowLeft + 24, y + 13, $"{mark.Address.Value:x8}", TextStyle.Tiny);
            svg.Text(RowLeft + 92, y + 13, mark.Words, TextStyle.Note, TextAnchor.Start, RowWidth - 98);
            y += MarkHeight;
        }
    }

    private static void DrawOnScale(SvgDrawing svg, AreaView area, double height, double rowMiddle)
    {
        double top = YOf(area.Area.Range.End.Value, height), high = HeightOf(area.Area.Range.Count, height);
        svg.Box(ScaleLeft, top, ScaleWidth, high, EdgeOf(area), ("area", area.Addresses), ("pages", $"{area.Area.Range.Count.Value}"));
        double middle = top + (high / 2);
        svg.Line("tick", (ScaleLeft + ScaleWidth, middle), (ScaleLeft + ScaleWidth + 5, middle));
        svg.Line("ld", (ScaleLeft + ScaleWidth + 5, middle), (RowLeft - 6, rowMiddle), (RowLeft, rowMiddle));
    }

    private static void DrawRow(SvgDrawing svg, Row row, SpaceView? before, double top)
    {
        AreaView area = row.Area!;
        string fill = FillOf(area);
        svg.Box(RowLeft, top, RowWidth, row.Height, fill + "0", ("row", area.Addresses), ("present", SvgText.Number(area.Present)));
        if (IsChanged(area, before)) svg.ChangeMark(RowLeft, top, row.Height);
        string size = SvgText.Bytes(area.Area.Range.Count.Bytes);
        double sizeWidth = SvgDrawing.WidthOf(size, TextStyle.Label) + 16;
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

    private static string Describe(SpaceView space, Row[] rows, AddressMark[] kernelMarks) =>
        $"{space.Areas.Count} areas, {SvgText.Bytes(space.Usage.Total.Bytes)} in all, "
            + $"{SvgText.Bytes(space.Usage.Resident.Bytes)} resident. "
            + string.Join("; ", rows.Where(static row => row.Area is not null).Select(static row => row.Area!).Select(static area =>
                $"{area.Label} {area.Addresses} {area.Area.Rights}, {area.Present} of {area.Area.Range.Count.Value} pages present"))
            + string.Concat(kernelMarks.Concat(rows.SelectMany(static row => row.Marks))
                .Select(static mark => $"; {mark.Address.Value:x8} {mark.Words}"));
}
