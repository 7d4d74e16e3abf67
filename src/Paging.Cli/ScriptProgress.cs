using Spectre.Console;

namespace Paging.Cli;

/// <summary>Runs a script and, when that takes long and somebody watches, draws a bar on standard error.</summary>
internal static class ScriptProgress
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs to the end; the work has a thread of its own, so that the bar moves within a long file, too.</summary>
    public static void Run(ScriptRun run, ScriptOutput output, TextWriter errors)
    {
        Task work = Task.Run(run.RunAll);
        if (!IsDoneWithin(work, Patience))
        {
            IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(errors) });
            output.SetLive(console);
            console.Progress().AutoClear(enabled: true).HideCompleted(enabled: true).Start(context => Draw(context, run, work));
            output.SetLive(null);
        }
        work.GetAwaiter().GetResult();
    }

    private static void Draw(ProgressContext context, ScriptRun run, Task work)
    {
        ProgressTask bar = context.AddTask("scenarios", maxValue: 1);
        while (!IsDoneWithin(work, Step)) bar.Value = run.DoneFraction;
        bar.Value = 1;
    }

    /// <summary>Waits without throwing what the work threw; that comes out at the end.</summary>
    private static bool IsDoneWithin(Task work, TimeSpan time) => Task.WaitAny([work], time) == 0;
}
