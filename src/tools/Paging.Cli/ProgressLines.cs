namespace Paging.Cli;

/// <summary>Shows progress as lines on standard error where there is no terminal, as in a log.</summary>
internal static class ProgressLines
{
    /// <summary>Runs to the end, and writes a line whenever some time has passed.</summary>
    /// <param name="work">The work; its exceptions are thrown at the end.</param>
    /// <param name="line">Makes the line; called by another thread.</param>
    /// <param name="output">The output of the work.</param>
    /// <param name="step">The time between two lines.</param>
    public static void Run(Action work, Func<string> line, ScriptOutput output, TimeSpan step)
    {
        using Timer timer = new(_ => output.WriteError(line()), state: null, step, step);
        work();
    }
}
