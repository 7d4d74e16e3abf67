namespace Paging.Cli;

/// <summary>Reports errors of the user.</summary>
internal static class Refusal
{
    /// <summary>Writes one line to standard error. Returns <see cref="ExitCode.Unusable"/>.</summary>
    public static int Report(TextWriter errors, string line)
    {
        errors.Write(line.ReplaceLineEndings(" ") + '\n');
        errors.Flush();
        return ExitCode.Unusable;
    }
}
