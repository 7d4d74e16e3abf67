using Paging.Pictures;
using Paging.Pictures.Writing;
using Paging.Programs.Images;

namespace Paging.Cli.Walk;

/// <summary>The address spaces of an image to scale: what is mapped in each, and the kernel's part beside that of the first.</summary>
internal static class ImageSpaceFigure
{
    private const double Top = 34, Height = 380, LabelHeight = 30, Bar = 32;
    private const double SpaceBytes = 4.0 * (1 << 30);
    private const uint Gap = 16 << 20;    // pages that are closer have one label

    /// <summary>Neighbouring entries: a label beside the bar.</summary>
    private sealed record Cluster(uint Start, ulong End, int Small, int Large, bool IsDirect, ulong LargeByteLength)
    {
        public string Words => string.Join(", ", new[]
        {
            Large == 0 ? "" : $"{Large}×{LargeByteLength >> 20} MB",
            Small == 0 ? "" : $"{SvgText.Count(Small)}×4 KB",
        }.Where(static part => part.Length != 0));
    }

    /// <summary>Draws up to three spaces.</summary>
    public static Figure Draw(IReadOnlyList<ImageSpace> spaces)
    {
        SvgDrawing svg = new();
        List<string> words = [];
        double column = SvgDrawing.InnerWidth / spaces.Count;
        for (int i = 0; i < spaces.Count; i++)
        {
            Cluster[] clusters = [.. ClustersOf(spaces[i])];
            double x = SvgDrawing.Margin + (i * column);
            svg.Text(x, 14, spaces[i].Name, TextStyle.Strong, TextAnchor.Start, column - 6);
            int differences = i == 0 ? 0 : spaces[0].CountKernelDifferences(spaces[i]);
            string kernel = i == 0 ? $"kernel: {SvgText.Count(spaces[0].Entries.Count(ImageSpace.IsKernel))} entries"
                : differences == 0 ? "kernel: the same" : $"kernel: {SvgText.Count(differences)} differ";
            svg.Text(x, 29, kernel, TextStyle.Note, TextAnchor.Start, column - 6);
            DrawColumn(svg, spaces[i], clusters, x, column);
            words.Add($"{spaces[i].Name}: {kernel}; "
                + string.Join(", ", clusters.Select(static one =>
                    $"{one.Start:x8}–{one.End:x8} {(one.IsDirect ? "direct map, " : "")}{one.Words}")));
        }

        svg.Reach(Top + Height + 8);
        return new("image-spaces", "Address spaces, to scale: what is mapped", string.Join(". ", words), svg);
    }

    private static void DrawColumn(SvgDrawing svg, ImageSpace space, Cluster[] clusters, double x, double column)
    {
        double kernel = Top + (Height / 4);
        svg.Box(x, Top, Bar, Height, "no");
        foreach ((uint start, ulong end, bool isKernel) in Runs(space))
            svg.Box(x, YOf(end), Bar, Math.Max(1, YOf(start) - YOf(end)), isKernel ? "kn" : "an", ("run", $"{start:x8}"),
                ("end", $"{end:x8}"));
        svg.Line("tick", (x, kernel), (x + Bar, kernel));
        svg.Box(x, Top, Bar, Height, "fr");
        double free = Top;
        for (int i = clusters.Length - 1; i >= 0; i--)
        {
            Cluster one = clusters[i];
            double middle = (YOf(one.Start) + YOf(one.End)) / 2;
            double y = Math.Max(free, Math.Min(middle - (LabelHeight / 2), Top + Height - (LabelHeight * (i + 1))));
            svg.Line("ld", (x + Bar, middle), (x + Bar + 8, y + 10));
            double room = column - Bar - 14;
            string addresses = SvgDrawing.InnerWidth == column ? $"{one.Start:x8}–{one.End:x8}" : $"{one.Start:x8}";
            svg.Text(x + Bar + 10, y + 12, addresses + (one.IsDirect ? " direct map" : ""), TextStyle.Tiny, TextAnchor.Start, room);
            svg.Text(x + Bar + 10, y + 25, one.Words, TextStyle.Note, TextAnchor.Start, room);
            free = y + LabelHeight;
        }
    }

    private static double YOf(ulong address) => Top + (Height * (SpaceBytes - address) / SpaceBytes);

    /// <summary>Entries without a gap between them, and on one side of 3 GiB.</summary>
    private static IEnumerable<(uint Start, ulong End, bool IsKernel)> Runs(ImageSpace space)
    {
        for (int i = 0; i < space.Entries.Count;)
        {
            uint start = space.Entries[i].Address.Value;
            bool isKernel = ImageSpace.IsKernel(space.Entries[i]);
            ulong end = start;
            for (; i < space.Entries.Count; i++)
            {
                ImageEntry next = space.Entries[i];
                if (next.Address.Value != end || ImageSpace.IsKernel(next) != isKernel) break;
                end += next.ByteLength;
            }

            yield return (start, end, isKernel);
        }
    }

    private static IEnumerable<Cluster> ClustersOf(ImageSpace space)
    {
        for (int i = 0; i < space.Entries.Count;)
        {
            ImageEntry first = space.Entries[i];
            bool isKernel = ImageSpace.IsKernel(first), isDirect = ImageSpace.IsDirect(first);
            int small = 0, large = 0;
            ulong end = first.Address.Value, largeByteLength = 0;
            for (; i < space.Entries.Count; i++)
            {
                ImageEntry next = space.Entries[i];
                if (next.Address.Value - end > Gap || ImageSpace.IsKernel(next) != isKernel) break;
                if (ImageSpace.IsDirect(next) != isDirect) break;
                end = next.Address.Value + (ulong)next.ByteLength;
                if (next.IsLarge) (large, largeByteLength) = (large + 1, next.ByteLength);
                else small++;
            }

            yield return new(first.Address.Value, end, small, large, isDirect, largeByteLength);
        }
    }
}
