using System.Text;

namespace Paging.Pictures.Characters;

/// <summary>Cells of one character each, with the lines through them.</summary>
internal sealed class CharacterGrid(int columns, int rows)
{
    private const int Up = 1, Right = 2, Down = 4, Left = 8;
    private const string Joints = " │─└││┌├─┘─┴┐┤┬┼";    // by the four bits; an end looks like a line

    private readonly char[] _cells = [.. Enumerable.Repeat(' ', columns * rows)];
    private readonly CharacterInk[] _inks = new CharacterInk[columns * rows];
    private readonly byte[] _joints = new byte[columns * rows];
    private readonly bool[] _isText = new bool[columns * rows];

    /// <summary>The width of the grid.</summary>
    public int Columns => columns;

    /// <summary>The character in a cell; a space outside.</summary>
    public char At(int row, int column) => IsInside(row, column) ? _cells[Index(row, column)] : ' ';

    /// <summary>True if a text stands in the cell.</summary>
    public bool IsText(int row, int column) => IsInside(row, column) && _isText[Index(row, column)];

    /// <summary>Puts a character into a cell, in place of the one before.</summary>
    public void Put(int row, int column, char character, CharacterInk ink, bool isText = false)
    {
        if (!IsInside(row, column)) return;
        int at = Index(row, column);
        (_cells[at], _inks[at], _joints[at], _isText[at]) = (character, ink, 0, isText);
    }

    /// <summary>Draws a line from cell to cell in one row or column. It passes over other lines and empty cells only.</summary>
    public void Join((int Row, int Column) from, (int Row, int Column) to, CharacterInk ink)
    {
        int down = Math.Sign(to.Row - from.Row), right = down != 0 ? 0 : Math.Sign(to.Column - from.Column);
        if (down == 0 && right == 0) return;
        (int leave, int arrive) = (down, right) switch
        {
            (1, _) => (Down, Up),
            (-1, _) => (Up, Down),
            (_, 1) => (Right, Left),
            _ => (Left, Right),
        };
        for ((int row, int column) = from; (row, column) != to; row += down, column += right)
        {
            AddJoint(row, column, leave, ink);
            AddJoint(row + down, column + right, arrive, ink);
        }
    }

    /// <summary>The number of cells between two in a row or column that are taken, or have a line in that direction already.</summary>
    public int CountTaken((int Row, int Column) from, (int Row, int Column) to)
    {
        int count = 0, bits = from.Row == to.Row ? Left | Right : Up | Down;
        for (int row = Math.Min(from.Row, to.Row); row <= Math.Max(from.Row, to.Row); row++)
            for (int column = Math.Min(from.Column, to.Column); column <= Math.Max(from.Column, to.Column); column++)
                if (IsInside(row, column) && (_cells[Index(row, column)] != ' ' || (_joints[Index(row, column)] & bits) != 0)) count++;
        return count;
    }

    /// <summary>Makes a cell empty if no text stands in it.</summary>
    public void Clear(int row, int column)
    {
        if (IsInside(row, column) && !IsText(row, column)) Put(row, column, ' ', CharacterInk.Plain);
    }

    /// <summary>The rows, without the spaces at their ends.</summary>
    public IReadOnlyList<IReadOnlyList<CharacterRun>> ToLines() => [.. Enumerable.Range(0, rows).Select(LineOf)];

    private List<CharacterRun> LineOf(int row)
    {
        int end = columns;
        while (end > 0 && Shown(Index(row, end - 1)) == ' ') end--;
        List<CharacterRun> runs = [];
        StringBuilder run = new();
        for (int column = 0; column < end; column++)
        {
            int at = Index(row, column);
            run.Append(Shown(at));
            if (column + 1 < end && _inks[at + 1] == _inks[at]) continue;
            runs.Add(new(run.ToString(), _inks[at]));
            run.Clear();
        }

        return runs;
    }

    private char Shown(int at) => _cells[at] == ' ' ? Joints[_joints[at]] : _cells[at];

    private void AddJoint(int row, int column, int bits, CharacterInk ink)
    {
        if (!IsInside(row, column) || _cells[Index(row, column)] != ' ') return;
        int at = Index(row, column);
        _joints[at] |= (byte)bits;
        _inks[at] = ink;
    }

    private bool IsInside(int row, int column) => row >= 0 && row < rows && column >= 0 && column < columns;

    private int Index(int row, int column) => (row * columns) + column;
}
