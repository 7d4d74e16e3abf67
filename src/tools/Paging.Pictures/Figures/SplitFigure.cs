using System.Globalization;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The division of 4 GB between programs and the kernel: a bar for each system, to scale.</summary>
public static class SplitFigure
{
    private const double Height = 200, Top = 24;
    private const ulong SpaceBytes = 1UL << 32;

    /// <summary>Draws the bars.</summary>
    /// <param name="systems">The name of each system, and its first byte that belongs to the kernel: at most 4 GB.</param>
    /// <exception cref="ArgumentException">A name is null, or a start beyond 4 GB.</exception>
    public static Figure Draw(IReadOnlyList<(string Name, ulong KernelStart)> systems)
    {
        SvgDrawing svg = new();
        double column = SvgDrawing.InnerWidth / systems.Count, bar = Math.Min(118, column - 14);
        for (int i = 0; i < systems.Count; i++)
        {
            (string name, ulong start) = systems[i];
            double x = SvgDrawing.Margin + (i * column), border = Top + (Height * (SpaceBytes - start) / SpaceBytes);
            svg.Text(x, 14, name, TextStyle.Strong, TextAnchor.Start, column - 6);
            svg.Box(x, Top, bar, border - Top, "kn0", ("system", name), ("kernel", start.ToString("x", CultureInfo.InvariantCulture)));
            svg.Box(x, border, bar, Top + Height - border, "an0");
            svg.Box(x, Top, bar, Height, "fr");
            svg.Text(x + 8, Top + 18, "Kernel", TextStyle.Note);
            svg.Text(x + bar - 8, Top + 18, SvgText.Bytes(SpaceBytes - start), TextStyle.Label, TextAnchor.End);
            svg.Text(x + 8, border + 18, "User", TextStyle.Note);
            svg.Text(x + bar - 8, border + 18, SvgText.Bytes(start), TextStyle.Label, TextAnchor.End);
            svg.Text(x + 8, border - 6, $"{start:x8}", TextStyle.Code);
        }

        svg.Reach(Top + Height + 4);
        return new("split", "Four gigabytes, divided", string.Join("; ", systems.Select(static system =>
            $"{system.Name}: {SvgText.Bytes(system.KernelStart)} for programs, the kernel from {system.KernelStart:x8}")), svg);
    }
}
