using System.Text;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Characters;

/// <summary>Draws a picture in characters, from the same shapes as its SVG.</summary>
/// <remarks>
/// A full box is a pattern of its own (█ anonymous, ▓ file, ▒ swap, ▚ page tables, ░ kernel), a light one has edges, and a star is at
/// what has changed. Every text of the picture is there; one that had little room in the picture has more here.
/// </remarks>
public static class CharacterFigure
{
    /// <summary>The narrowest in which all texts have room: a column for 5.8 units, and narrow letters have less in a picture.</summary>
    public const int ColumnsMin = 72;

    /// <summary>The widest: wider terminals leave the rest empty.</summary>
    public const int ColumnsMax = 1000;

    /// <summary>Draws it.</summary>
    /// <param name="figure">The picture.</param>
    /// <param name="columns">The width, <see cref="ColumnsMin"/> to <see cref="ColumnsMax"/>.</param>
    /// <returns>The lines, each of runs of one ink, without spaces at its end. Cost: O(shapes + columns × rows).</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer columns, or more.</exception>
    public static IReadOnlyList<IReadOnlyList<CharacterRun>> Draw(Figure figure, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, ColumnsMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, ColumnsMax);
        RowScale scale = new(figure.Drawing);
        CharacterGrid grid = new(columns, scale.Count);
        Painter painter = new(grid, scale, figure.Drawing);
        foreach (DrawnShape shape in figure.Drawing.Shapes) painter.Paint(shape);
        foreach (DrawnShape text in figure.Drawing.Shapes.Where(static shape => shape.Kind == DrawnKind.Text)) painter.Write(text);
        foreach (DrawnShape box in figure.Drawing.Shapes.Where(static shape => shape.Kind == DrawnKind.Box)) painter.Mark(box);
        return grid.ToLines();
    }

    /// <summary>Puts shapes onto a grid.</summary>
    private sealed class Painter(CharacterGrid grid, RowScale rows, SvgDrawing drawing)
    {
        private const double NodeRadius = 10, HalfUnit = 0.5;
        private const int CellColumns = 5;    // too narrow for edges beside a text: a bit of an entry

        private readonly double _unit = grid.Columns / SvgDrawing.Width;
        private readonly bool _isTree = drawing.Shapes.Any(static shape =>
            shape.Kind == DrawnKind.Circle && shape.To.X - shape.From.X > 2 * NodeRadius);

        public void Paint(DrawnShape shape)
        {
            switch (shape.Kind)
            {
                case DrawnKind.Box: PaintBox(shape); break;
                case DrawnKind.Circle: PaintCircle(shape); break;
                case DrawnKind.Curve: PaintLine(shape.From, shape.To, isLevel: true); break;
                case DrawnKind.Line when shape.Has("tip"): PaintTip(shape); break;
                case DrawnKind.Line when !shape.Has("tick"):
                    for (int i = 1; i < shape.Points.Count; i++)
                        PaintLine(shape.Points[i - 1], shape.Points[i], isLevel: !_isTree);
                    break;
                default: break;
            }
        }

        /// <summary>Writes a text where it stands; beside another one that is in its way.</summary>
        public void Write(DrawnShape text)
        {
            string words = Cut(text);
            int row = rows.RowOfBaseline(text.From.Y), at = ColumnOf(text.From.X);
            int start = text.Anchor switch
            {
                TextAnchor.Start => at,
                TextAnchor.Middle => at - (words.Length / 2),
                _ => at - words.Length,
            };
            start = Math.Clamp(start, 0, Math.Max(0, grid.Columns - words.Length));
            for (int away = 0; away < grid.Columns; away++)
            {
                int side = text.Anchor == TextAnchor.End ? -1 : 1;
                if (TryWrite(text, words, row, start + (side * away)) || TryWrite(text, words, row, start - (side * away))) return;
            }
        }

        /// <summary>Puts a star beside each change.</summary>
        public void Mark(DrawnShape box)
        {
            if (box.Has("dirty"))
            {
                grid.Put(rows.RowAt((box.From.Y + box.To.Y) / 2), ColumnOf((box.From.X + box.To.X) / 2), '•', CharacterInk.Strong);
                return;
            }

            if (!box.Has("ch") && !box.Has("chr")) return;
            (int first, _) = rows.RowsBetween(box.From.Y, box.To.Y);
            int column = ColumnOf(box.From.X);
            if (!grid.IsText(first, column)) grid.Put(first, column, '*', CharacterInk.Changed);
            else if (!grid.IsText(first, column - 1)) grid.Put(first, column - 1, '*', CharacterInk.Changed);
        }

        private int ColumnOf(double x) => Math.Clamp((int)Math.Round(x * _unit), 0, grid.Columns - 1);

        private void PaintBox(DrawnShape box)
        {
            CharacterFill fill = CharacterFill.Of(box);
            bool isPaper = box.Has("paper");
            if ((!fill.IsFill && !isPaper) || box.To.X <= box.From.X) return;
            (int first, int last) = rows.RowsBetween(box.From.Y, box.To.Y);
            // Cells of a grid stand half a unit inside of theirs: here they touch.
            int left = ColumnOf(box.From.X - HalfUnit);
            int right = Math.Max(left, Math.Min(grid.Columns, (int)Math.Round((box.To.X + HalfUnit) * _unit)) - 1);
            bool isCell = right - left < CellColumns && HoldsText(box) && (fill.Full == ' ' || box.Has("tip"));
            bool isBar = !isCell && fill.Full == ' ' && (right == left || (first == last && !HoldsText(box)));
            for (int row = first; row <= last; row++)
                for (int column = left; column <= right; column++)
                    grid.Put(row, column, isCell ? ' ' : isBar ? fill.Light : fill.Full, fill.Ink);
            if (fill.Full != ' ' || isBar || isCell || isPaper) return;
            for (int row = first; row <= last; row++)
            {
                (char opening, char closing) = first == last ? ('│', '│')
                    : row == first ? ('┌', '┐') : row == last ? ('└', '┘') : ('│', '│');
                grid.Put(row, left, opening, fill.Ink);
                grid.Put(row, right, closing, fill.Ink);
            }
        }

        private bool HoldsText(DrawnShape box) => drawing.Shapes.Any(text => text.Kind == DrawnKind.Text
            && text.From.X >= box.From.X && text.From.X <= box.To.X && text.From.Y >= box.From.Y && text.From.Y <= box.To.Y + 1);

        private void PaintCircle(DrawnShape circle)
        {
            int row = rows.RowAt((circle.From.Y + circle.To.Y) / 2), column = ColumnOf((circle.From.X + circle.To.X) / 2);
            if (circle.To.X - circle.From.X <= 2 * NodeRadius)
            {
                grid.Put(row, column, '●', CharacterInk.Plain);
                return;
            }

            (char opening, char closing) = circle.Has("red") ? ('(', ')') : ('[', ']');
            grid.Put(row, column - 2, opening, circle.Has("red") ? CharacterInk.Changed : CharacterInk.Strong);
            grid.Put(row, column - 1, ' ', CharacterInk.Plain);
            grid.Put(row, column, ' ', CharacterInk.Plain);
            grid.Put(row, column + 1, closing, circle.Has("red") ? CharacterInk.Changed : CharacterInk.Strong);
        }

        /// <summary>A line in two or three straight parts; where it turns, others have not turned, if there is room.</summary>
        private void PaintLine((double X, double Y) from, (double X, double Y) to, bool isLevel)
        {
            (int row, int column) = (rows.RowAt(from.Y), ColumnOf(from.X));
            (int endRow, int endColumn) = (rows.RowAt(to.Y), ColumnOf(to.X));
            if (!isLevel)
            {
                grid.Join((row, column), (row, endColumn), CharacterInk.Soft);
                grid.Join((row, endColumn), (endRow, endColumn), CharacterInk.Soft);
                return;
            }

            int turn = row == endRow ? endColumn : BendBetween(column, endColumn, row, endRow);
            grid.Join((row, column), (row, turn), CharacterInk.Soft);
            grid.Join((row, turn), (endRow, turn), CharacterInk.Soft);
            grid.Join((endRow, turn), (endRow, endColumn), CharacterInk.Soft);
        }

        private int BendBetween(int from, int to, int row, int endRow)
        {
            int low = Math.Min(from, to), high = Math.Max(from, to), middle = (low + high) / 2;
            return high - low < 2 ? from : Enumerable.Range(low + 1, high - low - 1)
                .OrderBy(column => grid.CountTaken((row, from), (row, column)) + grid.CountTaken((row, column), (endRow, column))
                    + grid.CountTaken((endRow, column), (endRow, to))).ThenBy(column => Math.Abs(column - middle)).First();
        }

        private void PaintTip(DrawnShape tip)
        {
            if (tip.Points.Count != 3) return;
            (double x, double y) = tip.From;
            double right = x - ((tip.Points[1].X + tip.Points[2].X) / 2), down = y - ((tip.Points[1].Y + tip.Points[2].Y) / 2);
            char arrow = Math.Abs(right) >= Math.Abs(down) ? (right > 0 ? '▶' : '◀') : down > 0 ? '▼' : '▲';
            int row = rows.RowAt(y), column = Math.Clamp((int)Math.Floor((x - (right * 0.5)) * _unit), 0, grid.Columns - 1);
            grid.Put(row, column, arrow, CharacterInk.Plain);
        }

        private string Cut(DrawnShape text)
        {
            StringBuilder plain = new();
            foreach (Rune rune in text.Text.EnumerateRunes())
                plain.Append(rune.IsBmp && !Rune.IsControl(rune) && !IsWide(rune.Value) ? (char)rune.Value : '\uFFFD');
            int room = double.IsPositiveInfinity(text.Room) ? grid.Columns : Math.Min(grid.Columns, (int)(text.Room * _unit));
            return plain.Length <= room ? plain.ToString() : plain.ToString(0, Math.Max(0, room - 1)).TrimEnd() + "…";
        }

        /// <summary>Takes two columns, or none that is known: U+FFFD stands for it. Unicode: UAX 11, East Asian Width.</summary>
        private static bool IsWide(int character) => character is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60);

        private bool TryWrite(DrawnShape text, string words, int row, int start)
        {
            if (start < 0 || start + words.Length > grid.Columns) return false;
            for (int column = start - 1; column <= start + words.Length; column++)
                if (grid.IsText(row, column)) return false;
            CharacterInk ink = text.Classes switch
            {
                nameof(TextStyle.Strong) => CharacterInk.Strong,
                nameof(TextStyle.Note) => CharacterInk.Soft,
                _ => CharacterInk.Plain,
            };
            for (int i = 0; i < words.Length; i++) grid.Put(row, start + i, words[i], ink, isText: true);
            if (!IsEdge(grid.At(row, start - 1))) grid.Clear(row, start - 1);
            if (!IsEdge(grid.At(row, start + words.Length))) grid.Clear(row, start + words.Length);
            return true;
        }

        private static bool IsEdge(char character) => "│┌┐└┘▶◀()[]".Contains(character, StringComparison.Ordinal);
    }
}
