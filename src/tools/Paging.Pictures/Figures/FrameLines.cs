using Paging.Pictures.Snapshots;

namespace Paging.Pictures.Figures;

/// <summary>The lines of the picture of RAM. Of a large machine those without a used frame are left out.</summary>
/// <param name="PerCell">The frames of a cell: 1, unless a large machine has too many lines in use.</param>
/// <param name="Firsts">The first frame of each line.</param>
/// <param name="Tops">Its upper edge.</param>
internal sealed record FrameLines(int PerCell, int[] Firsts, double[] Tops)
{
    /// <summary>The cells of a line.</summary>
    public const int ColumnCount = 32;

    private const int LineCountMax = 64, WholeCount = 1024;    // a machine of so many frames is drawn as a whole, to its last used line
    private const double Gap = 7;

    /// <summary>The lower edge of the last line.</summary>
    public double Height(double size) => Tops.Length == 0 ? 0 : Tops[^1] + size;

    /// <summary>Chooses the lines.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="isShown">True for a range of frames, by its first and its length, that has something to show.</param>
    /// <param name="size">The size of a cell.</param>
    public static FrameLines Of(MachineView machine, Func<int, int, bool> isShown, double size)
    {
        int count = machine.Frames.Count;
        if (count <= WholeCount)
        {
            int all = (count + ColumnCount - 1) / ColumnCount, last = all - 1;
            while (last > 0 && !isShown(last * ColumnCount, ColumnCount)) last--;
            int cropped = last + 2 >= all - 1 ? all : last + 2;    // no last line alone under the cut
            return Place(1, [.. Enumerable.Range(0, cropped).Select(static line => line * ColumnCount)], size);
        }

        for (int perCell = 1; ; perCell *= 2)
        {
            int step = ColumnCount * perCell;
            int[] firsts = [.. Enumerable.Range(0, (count + step - 1) / step).Select(line => line * step)
                .Where(first => isShown(first, Math.Min(step, count - first))).Take(LineCountMax + 1)];
            if (firsts.Length <= LineCountMax) return Place(perCell, firsts, size);
        }
    }

    /// <summary>True if a line begins where the one above it ends.</summary>
    public bool FollowsOn(int line) => line > 0 && Firsts[line] == Firsts[line - 1] + (ColumnCount * PerCell);

    private static FrameLines Place(int perCell, int[] firsts, double size)
    {
        FrameLines lines = new(perCell, firsts, new double[firsts.Length]);
        for (int i = 1; i < firsts.Length; i++) lines.Tops[i] = lines.Tops[i - 1] + size + (lines.FollowsOn(i) ? 0 : Gap);
        return lines;
    }
}
