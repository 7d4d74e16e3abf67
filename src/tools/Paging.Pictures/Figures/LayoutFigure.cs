using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>
/// A program in memory: its segments from the kernel down to address 0, the gaps between them, and the fields of mm_struct that point at
/// their borders. Not to scale, because the gaps would hide everything else.
/// </summary>
public static class LayoutFigure
{
    private const ulong KernelStart = 0xC000_0000;
    private const double Left = 72, Width = 206, FieldLeft = Left + Width + 24, BandHeight = 36, GapHeight = 24, LineHeight = 15;

    /// <summary>An area, or without a title a gap. Addresses have 64 bits, because the kernel ends at 4 GB.</summary>
    private readonly record struct Band(ulong Start, ulong End, string Title, string Note, string Fill, bool IsChanged = false)
    {
        public double Height => Title.Length == 0 ? GapHeight : BandHeight;
    }

    /// <summary>Draws the layout of a process that executes a program.</summary>
    /// <param name="space">The process.</param>
    /// <param name="before">The same at the step before; what is different is marked.</param>
    /// <param name="mmapBase">The address at which mappings begin.</param>
    /// <param name="stackLimit">RLIMIT_STACK, in bytes.</param>
    public static Figure Draw(SpaceView space, SpaceView? before, VirtualAddress mmapBase, ulong stackLimit)
    {
        SvgDrawing svg = new();
        Band[] bands = [.. BandsOf(space, before, mmapBase, stackLimit)];
        double y = 20;
        svg.Text(Left, 12, "Address space", TextStyle.Strong);
        svg.Text(FieldLeft, 12, "mm_struct", TextStyle.Strong);
        List<(double Y, string Name)> fields = [];
        foreach (Band band in bands)
        {
            DrawBand(svg, band, y);
            foreach ((string name, ulong address) in FieldsOf(space, mmapBase))
                if (YOf(band, address, y) is { } at) fields.Add((at, name));
            y += band.Height;
        }

        svg.Text(Left - 8, y, "0", TextStyle.Code, TextAnchor.End);
        DrawFields(svg, fields);
        return new($"layout-{space.ProcessId}", $"{space.Name} in memory", Describe(bands), svg);
    }

    private static void DrawBand(SvgDrawing svg, Band band, double y)
    {
        bool isGap = band.Title.Length == 0;
        svg.Box(Left, y, Width, band.Height - 1, band.Fill, ("band", isGap ? band.Note : band.Title), ("start", $"{band.Start:x8}"));
        svg.Box(Left, y, Width, band.Height - 1, isGap ? "gone" : "fr");
        if (band.IsChanged) svg.ChangeMark(Left, y, band.Height - 1);
        svg.Text(Left - 8, y + 10, $"{band.End - 1:x8}", TextStyle.Code, TextAnchor.End);
        string size = SvgText.Bytes(band.End - band.Start);
        double room = Width - SvgDrawing.WidthOf(size, TextStyle.Note) - 22;
        if (!isGap) svg.Text(Left + 8, y + 15, band.Title, TextStyle.Strong, TextAnchor.Start, room);
        svg.Text(Left + 8, y + (isGap ? 15 : 30), band.Note, TextStyle.Note, TextAnchor.Start, isGap ? room : Width - 16);
        svg.Text(Left + Width - 8, y + 15, size, TextStyle.Note, TextAnchor.End);
    }

    /// <summary>Names at the right of their targets, not above each other.</summary>
    private static void DrawFields(SvgDrawing svg, List<(double Y, string Name)> fields)
    {
        double free = 0;
        foreach ((double at, string name) in fields.OrderBy(static field => field.Y))
        {
            double y = Math.Max(free, at);
            svg.Line("ld", (Left + Width + 6, at), (FieldLeft - 12, y), (FieldLeft - 3, y));
            svg.Line("tip", (Left + Width, at), (Left + Width + 7, at - 3.5), (Left + Width + 7, at + 3.5));
            svg.Text(FieldLeft, y + 4, name, TextStyle.Code);
            free = y + LineHeight;
        }
    }

    /// <summary>The height of an address in a band that has it inside or as its lower border; null elsewhere.</summary>
    private static double? YOf(Band band, ulong address, double top)
    {
        if (address < band.Start || address >= band.End) return address == band.Start ? top + band.Height : null;
        return top + (band.Height * (band.End - address) / (band.End - band.Start));
    }

    private static IEnumerable<(string Name, ulong Address)> FieldsOf(SpaceView space, VirtualAddress mmapBase)
    {
        yield return ("task_size", KernelStart);
        if (space.Program.StartStack != default) yield return ("start_stack", space.Program.StartStack.Value);
        if (mmapBase != default) yield return ("mmap_base", mmapBase.Value);
        if (space.Break != space.StartBreak) yield return ("brk", space.Break.Value);
        yield return (space.Break == space.StartBreak ? "start_brk = brk" : "start_brk", space.StartBreak.Value);
        if (space.Program.StartCode == default) yield break;
        yield return ("end_data", space.Program.EndData.Value);
        yield return ("start_data", space.Program.StartData.Value);
        yield return ("end_code", space.Program.EndCode.Value);
        yield return ("start_code", space.Program.StartCode.Value);
    }

    private static IEnumerable<Band> BandsOf(SpaceView space, SpaceView? before, VirtualAddress mmapBase, ulong stackLimit)
    {
        ulong above = KernelStart;
        yield return new(above, 1UL << 32, "Kernel space", "user code cannot touch it", "kn0");
        bool hasHeap = false;
        foreach (AreaView area in space.Areas.Reverse())
        {
            ulong start = (ulong)area.Area.Range.First.Value << 12, end = (ulong)area.Area.Range.End.Value << 12;
            bool isBelowHeap = end <= space.StartBreak.Value;
            if (isBelowHeap && !hasHeap)    // nothing was asked of it yet: its place is a border
            {
                foreach (Band gap in Gaps(space, space.StartBreak.Value, above, mmapBase, stackLimit)) yield return gap;
                (above, hasHeap) = (space.StartBreak.Value, true);
            }

            foreach (Band gap in Gaps(space, end, above, mmapBase, stackLimit)) yield return gap;
            string words = area.Label switch
            {
                "Stack" => "grows ↓",
                "Heap" => "grows ↑",
                "BSS" => "zeros",
                _ => area.IsOfFile ? "of the file" : "anonymous",
            };
            yield return new(start, end, area.Label, $"{area.Area.Rights}  {words}, {SvgText.Count(area.Present)} present",
                AddressSpaceFigure.FillOf(area) + "0", AddressSpaceFigure.IsChanged(area, before));
            above = start;
            hasHeap |= string.Equals(area.Label, "Heap", StringComparison.Ordinal);
        }

        foreach (Band gap in Gaps(space, 0, above, mmapBase, stackLimit)) yield return gap;
    }

    /// <summary>A range without an area; at the border between the stack's room and the mappings' it is cut.</summary>
    private static IEnumerable<Band> Gaps(SpaceView space, ulong start, ulong end, VirtualAddress mmapBase, ulong stackLimit)
    {
        ulong border = mmapBase.Value;
        if (start < border && border < end)
        {
            yield return Gap(border, end, IsStack(space, end) ? $"{SvgText.Bytes(stackLimit)} + random" : "free");
            end = border;
        }

        if (start == end) yield break;
        string words = end == KernelStart ? "random stack offset"
            : IsStack(space, end) ? $"{SvgText.Bytes(stackLimit)} + random"
            : start == 0 ? "never mapped"
            : end == space.StartBreak.Value ? "random brk offset"
            : start == space.Break.Value ? (border < KernelStart / 2 ? "heap ↑" : "mmap ↓, heap ↑")
            : "free";
        yield return Gap(start, end, words);
    }

    private static bool IsStack(SpaceView space, ulong address) => space.Areas.Any(area =>
        string.Equals(area.Label, "Stack", StringComparison.Ordinal) && (ulong)area.Area.Range.First.Value << 12 == address);

    private static Band Gap(ulong start, ulong end, string words) => new(start, end, "", words, "no");

    private static string Describe(Band[] bands) => string.Join("; ", bands.Select(static band => string.Create(
        CultureInfo.InvariantCulture, $"{band.Start:x8} {(band.Title.Length == 0 ? band.Note : band.Title)}")));
}
