using Paging.Pictures.Writing;

namespace Paging.Pictures.Characters;

/// <summary>The row of characters that a height of the picture belongs to.</summary>
/// <remarks>
/// A row is where the picture has a text or a small box: what stands beside each other there stands in one row here, what stands below
/// each other in two. Where the picture has neither for long, as beside a bar to scale, empty rows keep the distance.
/// </remarks>
internal sealed class RowScale
{
    private const double SameRow = 6.5, SmallBox = 13, MarkWidth = 3.5, EmptyFrom = 27, RowHeight = 16, BaselineToMiddle = 4;

    private readonly List<double> _middles = [];

    public RowScale(SvgDrawing drawing)
    {
        double first = double.NegativeInfinity;
        foreach (double y in drawing.Shapes.Select(MiddleOf).Append(drawing.Height - (RowHeight / 2)).OfType<double>().Order())
        {
            if (y - first < SameRow) continue;
            if (_middles.Count != 0 && y - _middles[^1] > EmptyFrom) AddEmpty(_middles[^1], y);
            if (_middles.Count == 0 || y != drawing.Height - (RowHeight / 2)) _middles.Add(y);
            first = y;
        }
    }

    /// <summary>The number of rows.</summary>
    public int Count => _middles.Count;

    /// <summary>The row whose middle is next to a height.</summary>
    public int RowAt(double y)
    {
        int best = 0;
        for (int row = 1; row < _middles.Count; row++)
            if (Math.Abs(_middles[row] - y) < Math.Abs(_middles[best] - y)) best = row;
        return best;
    }

    /// <summary>The row of a text, by its baseline.</summary>
    public int RowOfBaseline(double y) => RowAt(y - BaselineToMiddle);

    /// <summary>The rows whose middles lie in a range; of a range between two middles the next row.</summary>
    public (int First, int Last) RowsBetween(double top, double bottom)
    {
        int first = _middles.FindIndex(middle => middle >= top - 1), last = _middles.FindLastIndex(middle => middle <= bottom + 1);
        if (first >= 0 && last >= first) return (first, last);
        int next = RowAt((top + bottom) / 2);
        return (next, next);
    }

    private void AddEmpty(double from, double to)
    {
        int count = Math.Max(1, (int)Math.Round((to - from) / RowHeight) - 1);
        for (int i = 1; i <= count; i++) _middles.Add(from + ((to - from) * i / (count + 1)));
    }

    private static double? MiddleOf(DrawnShape shape) => shape.Kind switch
    {
        DrawnKind.Text => shape.From.Y - BaselineToMiddle,
        DrawnKind.Box when CharacterFill.Of(shape).IsFill && shape.To.Y - shape.From.Y is > 3 and <= SmallBox
            && shape.To.X - shape.From.X > MarkWidth => (shape.From.Y + shape.To.Y) / 2,
        DrawnKind.Line when shape.Has("ar") && shape.Points.Count == 2 && shape.From.Y == shape.To.Y => shape.From.Y,
        _ => null,
    };
}
