using Spectre.Console;

namespace Paging.Cli;

/// <summary>Runs a replay and, when that takes long and somebody watches, draws a bar on standard error.</summary>
internal static class ReplaySession
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs to the end.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(ReplayOptions options, TextWriter output, TextWriter errors, Terminals terminals, Func<Stream>? input)
    {
        ScriptOutput lines = new(output, errors, terminals.HasFlag(Terminals.Output));
        ReplayRun run = new(options, lines, input ?? Console.OpenStandardInput);
        if (terminals.HasFlag(Terminals.Errors)) RunWithBar(run, lines, errors);
        else run.RunAll();
        output.Flush();
        errors.Flush();
        if (run.HasUnusable) return ExitCode.Unusable;
        return run.HasDifference ? ExitCode.Difference : ExitCode.Agreement;
    }

    private static void RunWithBar(ReplayRun run, ScriptOutput lines, TextWriter errors)
    {
        Task work = Task.Run(run.RunAll);
        if (!IsDoneWithin(work, Patience))
        {
            IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(errors) });
            lines.SetLive(console);
            console.Progress().AutoClear(enabled: true).HideCompleted(enabled: true).Start(context => Draw(context, run, work));
            lines.SetLive(null);
        }
        work.GetAwaiter().GetResult();
    }

    private static void Draw(ProgressContext context, ReplayRun run, Task work)
    {
        ProgressTask bar = context.AddTask("traces", maxValue: 1);
        while (!IsDoneWithin(work, Step)) bar.Value = run.DoneFraction;
        bar.Value = 1;
    }

    /// <summary>Waits without throwing what the work threw; that comes out at the end.</summary>
    private static bool IsDoneWithin(Task work, TimeSpan time) => Task.WaitAny([work], time) == 0;
}
