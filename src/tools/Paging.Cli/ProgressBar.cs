using Spectre.Console;

namespace Paging.Cli;

/// <summary>Shows a progress bar on standard error, for work that takes longer than a second on a terminal.</summary>
internal static class ProgressBar
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs to the end. The work has a thread of its own, so that the bar also moves within a long file.</summary>
    /// <param name="work">The work; its exceptions are thrown at the end.</param>
    /// <param name="title">The title of the bar.</param>
    /// <param name="doneFraction">The fraction done, 0 to 1; read from another thread.</param>
    /// <param name="lines">The output of the work, shown above the bar.</param>
    /// <param name="errors">The stream with the bar.</param>
    /// <param name="isPossible">False if there is no terminal for it: the work is done at once.</param>
    public static void Run(Action work, string title, Func<double> doneFraction, ScriptOutput lines, TextWriter errors, bool isPossible)
    {
        if (!isPossible)
        {
            work();
            return;
        }

        Task task = Task.Run(work);
        if (!IsDoneWithin(task, Patience))
        {
            IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(errors) });
            lines.SetLive(console);
            console.Progress().AutoClear(enabled: true).HideCompleted(enabled: true).Start(context =>
            {
                ProgressTask bar = context.AddTask(title, maxValue: 1);
                while (!IsDoneWithin(task, Step)) bar.Value = doneFraction();
                bar.Value = 1;
            });
            lines.SetLive(null);
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>Waits without rethrowing an exception of the work.</summary>
    private static bool IsDoneWithin(Task task, TimeSpan time) => Task.WaitAny([task], time) == 0;
}
