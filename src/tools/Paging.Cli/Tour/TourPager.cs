using System.Text;
using Paging.Pictures.Pages;
using Paging.Tour;

namespace Paging.Cli.Tour;

/// <summary>Steps through stories on a terminal, one step per screen, like a pager.</summary>
/// <remarks>
/// Uses the terminal's alternate screen, so that the first one is restored at the end. A story is run when it is reached.
/// Threading: <see cref="Draw"/> and <see cref="End"/> may be called from the handler of a signal; the rest by one thread.
/// </remarks>
internal sealed class TourPager(
    IReadOnlyList<StoryEntry> entries, int first, TextWriter output, TerminalInk ink, Func<(int Columns, int Rows)> size)
{
    private const string Enter = "\u001b[?1049h\u001b[?25l", Leave = "\u001b[?25h\u001b[?1049l", Home = "\u001b[H",
        EndOfLine = "\u001b[K\r\n", EndOfScreen = "\u001b[J";
    private const int RowsMin = 4;    // a line of text between heading and keys

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Story> _told = [];
    private int _story = first, _step, _top;
    private bool _showsAll, _isOver;

    private Story Story => _told.TryGetValue(_story, out Story? told) ? told : _told[_story] = entries[_story].Tell();

    /// <summary>Handles keys until one ends it.</summary>
    public void Run(Func<ConsoleKeyInfo> readKey)
    {
        output.Write(Enter);
        try
        {
            do Draw();
            while (Obey(readKey()));
        }
        finally
        {
            End();
        }
    }

    /// <summary>Restores the first screen and the cursor, and stops drawing.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_isOver) return;
            _isOver = true;
            output.Write(Leave);
            output.Flush();
        }
    }

    /// <summary>Draws the screen.</summary>
    public void Draw()
    {
        lock (_gate)
        {
            if (_isOver) return;
            (int columns, int rows) = Size;
            List<string> lines = LinesAt(columns);
            _top = Math.Clamp(_top, 0, LastTop(lines.Count, rows));
            StringBuilder screen = new(Home);
            for (int row = 0; row < rows - 1; row++)
                screen.Append(_top + row < lines.Count ? lines[_top + row] : "").Append(EndOfLine);
            screen.Append(ink.Inverse(Status(columns, _top < LastTop(lines.Count, rows)))).Append(EndOfScreen);
            output.Write(screen.ToString());
            output.Flush();
        }
    }

    /// <summary>Handles a key. Returns false if it ends the pager.</summary>
    private bool Obey(ConsoleKeyInfo key)
    {
        lock (_gate)
        {
            (int columns, int rows) = Size;
            int last = LastTop(LinesAt(columns).Count, rows), page = rows - 2;    // keep one line of the previous page
            switch (key)
            {
                case { Key: ConsoleKey.Q or ConsoleKey.Escape }:
                case { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control }: return false;
                case { Key: ConsoleKey.Spacebar or ConsoleKey.PageDown }: GoOn(_top < last ? page : 0); break;
                case { Key: ConsoleKey.B or ConsoleKey.PageUp }: GoBack(_top > 0 ? page : 0); break;
                case { Key: ConsoleKey.Enter or ConsoleKey.RightArrow }: GoOn(0); break;
                case { Key: ConsoleKey.LeftArrow or ConsoleKey.Backspace }: GoBack(0); break;
                case { Key: ConsoleKey.DownArrow }: _top++; break;
                case { Key: ConsoleKey.UpArrow }: _top--; break;
                case { Key: ConsoleKey.Home }: _top = 0; break;
                case { Key: ConsoleKey.End }: _top = last; break;
                case { Key: ConsoleKey.N }: GoTo(_story + 1, 0); break;
                case { Key: ConsoleKey.A }: _showsAll = !_showsAll; break;
                default: break;
            }

            return true;
        }
    }

    private (int Columns, int Rows) Size
    {
        get
        {
            (int columns, int rows) = size();
            return (Math.Min(columns, StepText.ColumnsMax), Math.Max(RowsMin, rows));
        }
    }

    private static int LastTop(int lineCount, int rows) => Math.Max(0, lineCount - (rows - 1));

    /// <summary>The lines of the current step; the first one has the heading.</summary>
    private List<string> LinesAt(int columns) =>
        [.. _step == 0 ? StepText.Heading(Story, columns, ink) : [], .. StepText.Lines(Story, _step, columns, ink, _showsAll)];

    private void GoOn(int lines)
    {
        if (lines > 0) _top += lines;
        else if (_step + 1 < Story.Steps.Count) (_step, _top) = (_step + 1, 0);
        else GoTo(_story + 1, 0);
    }

    private void GoBack(int lines)
    {
        if (lines > 0) _top -= lines;
        else if (_step > 0) (_step, _top) = (_step - 1, 0);
        else GoTo(_story - 1, int.MaxValue);
    }

    /// <summary>Goes to a step of another story, if there is one.</summary>
    private void GoTo(int story, int step)
    {
        if (story < 0 || story >= entries.Count) return;
        _story = story;
        (_step, _top) = (Math.Min(step, Story.Steps.Count - 1), 0);
    }

    private string Status(int columns, bool hasMore)
    {
        bool isEnd = !hasMore && _story == entries.Count - 1 && _step == Story.Steps.Count - 1;
        string place = $" {Story.Name} {_step + 1}/{Story.Steps.Count}  ";
        string space = hasMore ? "space more" : isEnd ? "the end" : "space next";
        return StepText.Cut($"{place}{space}  b back  n next story  q quit  a {(_showsAll ? "fewer" : "all")} pictures  ↑↓ scroll",
            columns - 1).PadRight(columns - 1);
    }
}
