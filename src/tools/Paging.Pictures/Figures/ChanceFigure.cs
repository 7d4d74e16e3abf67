using System.Globalization;
using System.Numerics;
using Paging.Native;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The places of a program in many runs: a line for each segment, a stroke for each run, and the number of random bits.</summary>
public static class ChanceFigure
{
    private const double RowHeight = 74, LineTop = 24, LineHeight = 22;

    /// <summary>Draws the places of segments.</summary>
    /// <param name="rows">
    /// Of each segment the name, the lowest and the highest address that chance can give it, and where the runs have put it.
    /// </param>
    public static Figure Draw(IReadOnlyList<(string Name, VirtualAddress Lowest, VirtualAddress Highest, VirtualAddress[] Places)> rows)
    {
        SvgDrawing svg = new();
        for (int i = 0; i < rows.Count; i++)
        {
            (string name, VirtualAddress lowest, VirtualAddress highest, VirtualAddress[] places) = rows[i];
            double y = i * RowHeight, span = highest.Value - lowest.Value;
            svg.Text(SvgDrawing.Margin, y + 13, name, TextStyle.Strong);
            svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + 13,
                $"{SvgText.Bytes((ulong)span)} to choose from, {Bits(lowest, highest)} bits", TextStyle.Note, TextAnchor.End);
            svg.Box(SvgDrawing.Margin, y + LineTop, SvgDrawing.InnerWidth, LineHeight, "an0", ("row", name));
            foreach (VirtualAddress place in places)
            {
                double x = SvgDrawing.Margin + ((SvgDrawing.InnerWidth - 2) * (place.Value - lowest.Value) / span);
                svg.Box(x, y + LineTop, 2, LineHeight, "an", ("place", $"{place.Value:x8}"));
            }

            svg.Text(SvgDrawing.Margin, y + LineTop + LineHeight + 14, $"{lowest.Value:x8}", TextStyle.Tiny);
            svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + LineTop + LineHeight + 14, $"{highest.Value:x8}", TextStyle.Tiny,
                TextAnchor.End);
        }

        svg.Reach((rows.Count * RowHeight) - 6);
        string runs = (rows.Max(static row => (int?)row.Places.Length) ?? 0).ToString(CultureInfo.InvariantCulture);
        return new("chance", $"Where {runs} runs lay", string.Join("; ", rows.Select(static row =>
            $"{row.Name} between {row.Places.Min().Value:x8} and {row.Places.Max().Value:x8}")), svg);
    }

    /// <summary>The number of bits of a page number that choose between that many pages.</summary>
    private static int Bits(VirtualAddress lowest, VirtualAddress highest) => BitOperations.Log2((highest.Value - lowest.Value) >> 12);
}
