using System.CommandLine;

namespace Paging.Cli.Doctor;

/// <summary>
/// <c>paging doctor</c>: checks this host for the tools of <c>paging run</c> and of the tests, and shows how to get missing ones.
/// </summary>
internal static class DoctorCommand
{
    private const int NameWidth = 21;

    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TerminalInk ink)
    {
        Command command = new("doctor", "Check this host for the tools of paging run and of the tests, and show how to get missing ones.");
        command.SetAction(_ => Report(HostTools.All, output, ink));
        return command;
    }

    /// <summary>Writes a line for each tool; below a missing one, the features that need it and the command that gets it.</summary>
    /// <returns><see cref="ExitCode.Difference"/> if something is missing.</returns>
    internal static int Report(IReadOnlyList<HostTool> tools, TextWriter output, TerminalInk ink = default)
    {
        int missing = 0;
        foreach (HostTool tool in tools)
        {
            ToolFinding finding = tool.Probe();
            string detail = finding.Detail.ReplaceLineEndings("\n     ");
            output.Write($"{(finding.IsUsable ? ink.Good("yes") : ink.Bad("no "))}  {tool.Name.PadRight(NameWidth)}  {detail}\n");
            if (finding.IsUsable) continue;
            missing++;
            output.Write($"     for: {tool.Purpose}\n     get it: {ink.Code(tool.Command)}\n");
        }

        output.Write(missing == 0 ? "Everything is there.\n" : $"{missing} of {tools.Count} missing; all else works without.\n");
        output.Flush();
        return missing == 0 ? ExitCode.Agreement : ExitCode.Difference;
    }
}
