namespace Paging.Cli;

/// <summary>What cannot be done, and why.</summary>
internal static class Refusal
{
    /// <summary>One line on standard error, and the exit code of what cannot be used.</summary>
    public static int Tell(TextWriter errors, string line)
    {
        errors.Write(line.ReplaceLineEndings(" ") + '\n');
        errors.Flush();
        return ExitCode.Unusable;
    }
}
