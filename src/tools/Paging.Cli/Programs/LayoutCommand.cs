using System.CommandLine;

namespace Paging.Cli.Programs;

/// <summary><c>paging layout FILE</c>: the segments of a program in its address space, in the terminal or as SVG.</summary>
internal static class LayoutCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        ProgramOptions program = new();
        Option<string> svg = CommandOption.Text("--svg", "OUT", "Write the picture to a file as SVG; - is standard output.");
        Command command = new("layout", "Draw the layout of an i386 ELF program: stack, mappings, heap, BSS, data, text.");
        program.AddTo(command);
        command.Options.Add(svg);
        command.SetAction(result =>
        {
            using LoadedProgram? loaded = program.Load(result, [], out string? refusal);
            if (loaded is null) return Refusal.Report(errors, refusal!);
            IReadOnlyList<LayoutBand> bands = LayoutDiagram.Of(loaded);
            string? target = result.GetValue(svg);
            string text = target is null ? LayoutText.Draw(bands) : LayoutSvg.Draw(bands, Path.GetFileName(loaded.Path));
            if (target is not (null or "-"))
                return UserFiles.TryWrite(target, text, out refusal) ? ExitCode.Agreement : Refusal.Report(errors, refusal!);
            output.Write(text);
            output.Flush();
            return ExitCode.Agreement;
        });
        return command;
    }
}
