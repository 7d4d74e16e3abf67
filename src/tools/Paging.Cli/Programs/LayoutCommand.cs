using System.CommandLine;
using Paging.Pictures;
using Paging.Pictures.Characters;

namespace Paging.Cli.Programs;

/// <summary><c>paging layout FILE</c>: the segments of a program in its address space, in the terminal or as SVG.</summary>
internal static class LayoutCommand
{
    private const int Columns = 79;

    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        ProgramOptions program = new();
        Option<string> svg = CommandOption.OutputFile("--svg", "OUT", "Write the picture to a file as SVG; - is standard output.");
        Command command = new("layout", "Draw the layout of an i386 ELF program: stack, mappings, heap, BSS, data, text.");
        program.AddTo(command);
        command.Options.Add(svg);
        command.SetAction(result =>
        {
            using LoadedProgram? loaded = program.Load(result, [], out string? refusal);
            if (loaded is null) return Refusal.Report(errors, refusal!);
            Figure figure = loaded.Draw();
            string? target = result.GetValue(svg);
            string text = target is null ? ToText(figure) : figure.ToFile();
            if (target is not (null or "-"))
                return UserFiles.TryWrite(target, text, out refusal) ? ExitCode.Agreement : Refusal.Report(errors, refusal!);
            output.Write(text);
            output.Flush();
            return ExitCode.Agreement;
        });
        return command;
    }

    /// <summary>The picture in characters, as files and pipes get it.</summary>
    public static string ToText(Figure figure) => string.Concat(CharacterFigure.Draw(figure, Columns)
        .Select(static line => string.Concat(line.Select(static run => run.Text)) + '\n'));
}
