using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The physical addresses of a machine to scale, with its zones, and the runs of its used frames.</summary>
public static class PhysicalFigure
{
    private const double Top = 6, Height = 300, Bar = 46, Right = 90, RowHeight = 46, RunHeight = 19;
    private const int RunCountMax = 12;

    /// <summary>Draws the machine.</summary>
    /// <param name="machine">Its frames.</param>
    /// <param name="zones">Its zones, the lowest first.</param>
    public static Figure Draw(MachineView machine, IReadOnlyList<ZoneMemory> zones)
    {
        SvgDrawing svg = new();
        ZoneMemory[] present = [.. zones.Where(static zone => zone.Present.Value != 0)];
        double count = machine.Frames.Count;
        double YOf(double frame) => Top + (Height * (count - frame) / count);
        svg.Box(SvgDrawing.Margin, Top, Bar, Height, "no", ("ram", SvgText.Number(machine.Frames.Count)));
        double row = Top;
        (int First, int Count, FrameState State)[] runs = [.. RunsOf(machine)];
        for (int i = present.Length - 1; i >= 0; i--)
        {
            ZoneMemory zone = present[i];
            double first = zone.First.Value, end = first + zone.Present.Value, top = YOf(end), bottom = YOf(first);
            svg.Box(SvgDrawing.Margin, top, Bar, bottom - top, i % 2 == 0 ? "kn0" : "no", ("zone", zone.Name));
            svg.Line("tick", (SvgDrawing.Margin, top), (SvgDrawing.Margin + Bar, top));
            svg.Line("ld", (SvgDrawing.Margin + Bar, (top + bottom) / 2), (Right - 4, row + (RowHeight / 2)));
            svg.Box(Right, row, SvgDrawing.Width - SvgDrawing.Margin - Right, RowHeight, "kn0");
            svg.Text(Right + 8, row + 17, $"Zone {zone.Name}", TextStyle.Strong);
            svg.Text(SvgDrawing.Width - SvgDrawing.Margin - 8, row + 17, SvgText.Bytes((ulong)zone.Present.Value << 12), TextStyle.Label,
                TextAnchor.End);
            svg.Text(Right + 8, row + 36, $"{(ulong)zone.First.Value << 12:x8}–{(ulong)end << 12:x8}", TextStyle.Code);
            svg.Text(SvgDrawing.Width - SvgDrawing.Margin - 8, row + 36,
                $"{SvgText.Count(zone.Present.Value - zone.Free.Value)} used", TextStyle.Note, TextAnchor.End);
            row += RowHeight + 6;
            foreach ((int from, int length, FrameState state) in runs.Where(run => run.First >= first && run.First < end).Take(RunCountMax)
                .Reverse())
            {
                double y = YOf(from);
                svg.Line(EdgeOf(state), (SvgDrawing.Margin, y), (SvgDrawing.Margin + Bar, y));
                svg.Line("ld", (SvgDrawing.Margin + Bar, y), (Right + 4, row + (RunHeight / 2)));
                svg.Box(Right + 8, row, 10, RunHeight - 5, FillOf(state), ("run", $"{from:x}"),
                    ("of", length.ToString(CultureInfo.InvariantCulture)));
                svg.Text(Right + 24, row + 12, $"{(ulong)from << 12:x8}", TextStyle.Code);
                svg.Text(Right + 92, row + 12, WordsOf(state), TextStyle.Note);
                svg.Text(SvgDrawing.Width - SvgDrawing.Margin - 8, row + 12, SvgText.Bytes((ulong)length << 12), TextStyle.Code,
                    TextAnchor.End);
                row += RunHeight;
            }

            row += 6;
        }

        svg.Box(SvgDrawing.Margin, Top, Bar, Height, "fr");
        svg.Text(SvgDrawing.Margin, Top + Height + 16, "0", TextStyle.Tiny);
        svg.Reach(Math.Max(row, Top + Height + 20));
        return new("physical", $"Physical addresses of {SvgText.Bytes((ulong)machine.Frames.Count << 12)}",
            string.Join("; ", present.Select(static zone =>
                $"zone {zone.Name} from {(ulong)zone.First.Value << 12:x8}, {SvgText.Bytes((ulong)zone.Present.Value << 12)}"))
                + ". Used: " + string.Join("; ", runs.Select(static run => $"{(ulong)run.First << 12:x8} {WordsOf(run.State)}")), svg);
    }

    private static IEnumerable<(int First, int Count, FrameState State)> RunsOf(MachineView machine)
    {
        FrameView[] frames = machine.FrameArray;
        for (int first = 0; first < frames.Length;)
        {
            int end = first + 1;
            while (end < frames.Length && frames[end].State == frames[first].State) end++;
            if (frames[first].State != FrameState.Free) yield return (first, end - first, frames[first].State);
            first = end;
        }
    }

    private static string FillOf(FrameState state) => state switch
    {
        FrameState.PageTable => "tb",
        FrameState.Anonymous => "an",
        FrameState.PageCache => "fi",
        FrameState.SwapCache => "sw",
        FrameState.Reserved => "kn0",
        _ => "kn",
    };

    private static string EdgeOf(FrameState state) => state switch
    {
        FrameState.Anonymous => "ean",
        FrameState.PageCache => "efi",
        _ => "tick",
    };

    private static string WordsOf(FrameState state) => state switch
    {
        FrameState.PageTable => "page tables",
        FrameState.Anonymous => "anonymous",
        FrameState.PageCache => "page cache",
        FrameState.SwapCache => "swap cache",
        FrameState.Reserved => "kept by the kernel: zeros",
        _ => "kernel",
    };
}
