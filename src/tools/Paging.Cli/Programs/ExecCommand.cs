using System.CommandLine;
using System.Globalization;
using Paging.Reports;

namespace Paging.Cli.Programs;

/// <summary>
/// <c>paging exec FILE</c>: loads a program as execve(2) does, and prints /proc/PID/maps and the textbook's picture of it.
/// </summary>
internal static class ExecCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        ProgramOptions program = new();
        Option<bool> maps = CommandOption.Flag("--maps", "Print only /proc/PID/maps.");
        Option<bool> smaps = CommandOption.Flag("--smaps", "Print only /proc/PID/smaps.");
        Argument<string[]> arguments = new("ARG")
        {
            Description = "Arguments of the program; they are put on its stack. Put -- before those that begin with -.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Command command = new("exec", "Load an i386 ELF program into a new address space, and show its memory map and layout.");
        program.AddTo(command);
        command.Arguments.Add(arguments);
        command.Options.Add(maps);
        command.Options.Add(smaps);
        command.SetAction(result =>
        {
            using LoadedProgram? loaded = program.Load(result, result.GetValue(arguments) ?? [], out string? refusal);
            if (loaded is null) return Refusal.Report(errors, refusal!);
            output.Write(TextOf(loaded, result.GetValue(maps), result.GetValue(smaps)));
            output.Flush();
            return ExitCode.Agreement;
        });
        return command;
    }

    private static string TextOf(LoadedProgram loaded, bool maps, bool smaps)
    {
        string text = "";
        if (maps) text += loaded.Process.Memory.FormatMaps();
        if (smaps) text += loaded.Process.Memory.FormatSmaps();
        if (maps || smaps) return text;
        string registers = string.Create(CultureInfo.InvariantCulture,
            $"starts at {loaded.Program.Entry} with its stack pointer at {loaded.Program.StackPointer}; " +
            $"the heap begins at {loaded.Program.HeapStart}\n");
        return loaded.Process.Memory.FormatMaps() + '\n' + LayoutCommand.ToText(loaded.Draw()) + '\n' + registers;
    }
}
