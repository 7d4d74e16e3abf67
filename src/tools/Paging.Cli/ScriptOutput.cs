using Spectre.Console;
using Spectre.Console.Rendering;

namespace Paging.Cli;

/// <summary>The output of a command. While a progress bar is on the terminal, lines appear above it.</summary>
/// <remarks>Called by the working and the drawing thread; a lock keeps lines whole.</remarks>
internal sealed class ScriptOutput(TextWriter output, TextWriter errors, bool isOutputTerminal)
{
    private readonly Lock _lock = new();
    private IAnsiConsole? _live;    // the console with the bar, while there is one

    /// <summary>A line of the result, or several.</summary>
    public void WriteLine(string line)
    {
        lock (_lock)
        {
            if (_live is not null && isOutputTerminal) _live.Write(new RawLines(line));
            else output.Write(line + '\n');
        }
    }

    /// <summary>A line about something that could not be read or done.</summary>
    public void WriteError(string line)
    {
        lock (_lock)
        {
            if (_live is not null)
            {
                _live.Write(new RawLines(line));
                return;
            }
            output.Flush();    // keeps the order if both go to the same file
            errors.Write(line + '\n');
            errors.Flush();
        }
    }

    /// <summary>Sets the console of the bar; null when the bar disappears.</summary>
    public void SetLive(IAnsiConsole? console)
    {
        lock (_lock) _live = console;
    }

    /// <summary>Text that the console neither wraps nor parses as markup.</summary>
    private sealed class RawLines(string text) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => new(0, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            foreach (string line in text.Split('\n'))
            {
                yield return new Segment(line);
                yield return Segment.LineBreak;
            }
        }
    }
}
