using System.CommandLine;
using Paging.HostKernel;
using Paging.Scripting.Running;

namespace Paging.Cli;

/// <summary><c>paging record FILE</c>: writes the scenario with the results of this host's kernel.</summary>
internal static class RecordCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        Argument<string> file = new("FILE") { Description = "Scenario; its results are replaced." };
        Option<string> target = new("--output", "-o") { Description = "Output file [default: standard output].", HelpName = "FILE" };
        Command command = new("record",
            "Execute a scenario on this host's Linux kernel, in a real 32-bit process, and write it with the kernel's results.") { file,
            target };
        command.SetAction(result => Run(result.GetRequiredValue(file), result.GetValue(target), output, errors));
        return command;
    }

    private static int Run(string path, string? target, TextWriter output, TextWriter errors)
    {
        if (ScenarioArguments.Read(path, out string? error) is not { } document) return Refusal.Report(errors, error!);
        if (document.Header.Lowest is not null)
            return Refusal.Report(errors, $"{path}: the header has lowest, and the host's kernel has no other bounds than its own");
        if (!HostKernelProbe.TryProbe(out string reason)) return Refusal.Report(errors, $"paging record: this host cannot: {reason}");

        using StringWriter recording = new() { NewLine = "\n" };
        ScenarioOutcome outcome;
        try
        {
            using HostKernelMachine machine = new();
            outcome = ScenarioRunner.Record(document, machine, recording);
        }
        catch (Exception exception) when (exception is PlatformNotSupportedException or InvalidOperationException)
        {
            return Refusal.Report(errors, $"{path}: {exception.Message}");
        }

        if (target is null)
        {
            output.Write(recording);
            output.Flush();
        }
        else if (!UserFiles.TryWrite(target, recording.ToString(), out string? refusal))
        {
            return Refusal.Report(errors, refusal!);
        }

        if (outcome.Unsupported is not { } unsupported) return ExitCode.Agreement;
        errors.Write($"{path}:{unsupported.Line}: {unsupported.Call}\n  unsupported: {unsupported.Reason}\n");
        return ExitCode.Difference;
    }
}
