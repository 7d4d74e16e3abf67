using Spectre.Console;
using Spectre.Console.Rendering;

namespace Paging.Cli;

/// <summary>Where lines go. While a progress bar is on the terminal they go above it.</summary>
/// <remarks>Calls may come from the thread that works and the one that draws; one lock keeps lines whole.</remarks>
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
            output.Flush();    // so that the two keep their order where they go to one place
            errors.Write(line + '\n');
            errors.Flush();
        }
    }

    /// <summary>Says that a bar appears, or with null that it is gone.</summary>
    public void SetLive(IAnsiConsole? console)
    {
        lock (_lock) _live = console;
    }

    /// <summary>Text that the console must neither wrap nor read as markup.</summary>
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
