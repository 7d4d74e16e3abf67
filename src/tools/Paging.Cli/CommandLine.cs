using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using Paging.Cli.Conform;
using Paging.Cli.Doctor;
using Paging.Cli.Exercises;
using Paging.Cli.Fuzz;
using Paging.Cli.Manual;
using Paging.Cli.Programs;
using Paging.Cli.Replay;
using Paging.Cli.Reports;
using Paging.Cli.Run;
using Paging.Cli.Store;
using Paging.Cli.Tlb;
using Paging.Cli.Tour;
using Paging.Cli.View;
using Paging.Cli.Walk;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.Cli;

/// <summary>The <c>paging</c> command: takes arguments, writes text, returns an exit code.</summary>
public static class CommandLine
{
    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments; without any, the list of commands is printed.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="errors">Standard error.</param>
    /// <param name="createMachine">Makes a machine for each scenario.</param>
    /// <param name="terminals">The outputs that are terminals.</param>
    /// <param name="input">Opens standard input; null for the process's own.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(
        string[] args, TextWriter output, TextWriter errors, Func<EngineMachineOptions, IScenarioMachine> createMachine,
            Terminals terminals = Terminals.None,
        Func<Stream>? input = null)
    {
        try
        {
            RootCommand root = BuildRoot(
                options => Script(options, output, errors, createMachine, terminals),
                new ReplayCommand().Build(options => ReplayRun.Execute(options, output, errors, terminals, input)),
                new TlbCommand().Build(options => TlbRun.Execute(options, output, errors, terminals, input)),
                RecordCommand.Build(output, errors),
                ExecCommand.Build(output, errors),
                LayoutCommand.Build(output, errors),
                RunCommand.Build(output, errors),
                new FuzzCommand(output, errors).Build(),
                DoctorCommand.Build(output, TerminalInk.Of(terminals)),
                TourCommand.Build(output, errors, terminals),
                ExerciseCommand.Build(output, errors, TerminalInk.Of(terminals)),
                ViewCommand.Build(output, errors),
                new WalkCommand(output, errors).Build(),
                StoreCommand.Build(output, errors),
                ConformOptions.Build(options => ConformSession.Run(options, output, errors, terminals)),
                AdapterCommand.Build(input, output, errors));
            foreach (Command report in WindowsReports.Build(output, errors)) root.Subcommands.Add(report);
            root.Subcommands.Add(CompletionCommand.Build(output));
            root.Subcommands.Add(ManualPage.BuildCommand(root, output));
            CompletionCommand.AddValues(root);
            if (args.Length == 0)
            {
                output.Write(ShortHelp.Text);
                output.Flush();
                return ExitCode.Agreement;
            }

            string[] asked = ReportArguments.Separate(RunArguments.Separate(args));
            ParseResult parsed = root.Parse(asked, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (ParseRefusal.Of(parsed, asked) is { } complaint) return Refusal.Report(errors, complaint);
            int code = parsed.Invoke(new InvocationConfiguration
            {
                Output = output,
                Error = errors,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null
            });
            output.Flush();    // a full disk must be reported here
            return code;
        }
        // Output only: errors of other files and of standard input are reported by their commands. EBADF is an UnauthorizedAccessException.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!IsBrokenPipe(exception)) errors.Write($"paging: cannot write the output: {UserFiles.ReasonOf(exception)}\n");
            return ExitCode.Unusable;
        }
        catch (OutOfMemoryException)
        {
            errors.Write("paging: this machine has not enough memory for that (see --ram)\n");
            return ExitCode.Unusable;
        }
    }

    private static int Script(
        ScriptOptions options, TextWriter output, TextWriter errors, Func<EngineMachineOptions, IScenarioMachine> createMachine,
            Terminals terminals)
    {
        ScriptOutput lines = new(output, errors, terminals.HasFlag(Terminals.Output));
        ScriptRun run = new(options, lines, output, createMachine);
        run.Find();
        bool isBarPossible = terminals.HasFlag(Terminals.Errors) && !(options.Print && terminals.HasFlag(Terminals.Output));
        ProgressBar.Run(run.RunAll, "scenarios", () => run.DoneFraction, lines, errors, isBarPossible);
        if (run.ScenarioCount > 0)
        {
            TextWriter summary = options.Print ? errors : output;
            output.Flush();
            if (options.Report) summary.Write(ScriptReport.Render(run.Tally, run.Machines));
            TerminalInk ink = options.Print ? default : TerminalInk.Of(terminals);
            summary.Write((run.ExitCode == ExitCode.Agreement ? ink.Good(run.Summary) : ink.Bad(run.Summary)) + '\n');
        }
        if (options.ReportFile is { } file && !UserFiles.TryWrite(file, run.RenderPictures(), out string? refusal))
            return Refusal.Report(errors, refusal!);
        output.Flush();
        errors.Flush();
        return run.ExitCode;
    }

    /// <summary>True if the reader of a pipe has exited early, as <c>head</c> does, which is not an error.</summary>
    private static bool IsBrokenPipe(Exception exception) =>
        // ERROR_BROKEN_PIPE, ERROR_NO_DATA; EPIPE
        OperatingSystem.IsWindows() ? (exception.HResult & 0xFFFF) is 109 or 232 : exception.HResult == 32;

    private static RootCommand BuildRoot(Func<ScriptOptions, int> script, params ReadOnlySpan<Command> others)
    {
        RootCommand root =
            new("Linux's memory management in user space: run scenarios, traces and i386 programs on an x86-32 paging engine.")
        {
            ScriptOptions.Build(script),
        };
        foreach (Command other in others) root.Subcommands.Add(other);
        root.Directives.Clear();
        root.Directives.Add(new SuggestDirective());
        foreach (Option option in root.Options)
        {
            if (option is HelpOption help)
            {
                help.Action = new HelpWithExamples((HelpAction)help.Action!);
                foreach (string alias in (string[])["/h", "/?", "-?"]) help.Aliases.Remove(alias);
            }

            if (option is VersionOption version) version.Action = new VersionAction();
        }
        return root;
    }
}
