namespace Paging.Cli.Replay;

/// <summary>Runs a replay. Draws a progress bar on standard error if it takes long and that is a terminal.</summary>
internal static class ReplaySession
{
    /// <summary>Runs to the end.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(ReplayOptions options, TextWriter output, TextWriter errors, Terminals terminals, Func<Stream>? input)
    {
        ScriptOutput lines = new(output, errors, terminals.HasFlag(Terminals.Output));
        ReplayRun run = new(options, lines, input ?? StandardStreams.OpenInput);
        ProgressBar.Run(run.RunAll, "traces", () => run.DoneFraction, lines, errors, terminals.HasFlag(Terminals.Errors));
        output.Flush();
        errors.Flush();
        if (run.HasUnusable) return ExitCode.Unusable;
        return run.HasDifference ? ExitCode.Difference : ExitCode.Agreement;
    }
}
