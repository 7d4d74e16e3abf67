using Paging.Cli.Programs;
using Paging.Core;

namespace Paging.Cli.Run;

/// <summary>Describes why a program could not be started, and the missing file: the program or its interpreter.</summary>
/// <param name="Program">Its name, as the user gave it.</param>
/// <param name="Root">The host's directory that is its root; null: the current directory.</param>
/// <param name="Directory">Its working directory below the root; null for the default.</param>
/// <param name="MayUseHostProgram">True if the program may lie outside the root.</param>
internal readonly record struct StartRefusal(string Program, string? Root, string? Directory, bool MayUseHostProgram)
{
    private string RootOrCurrent => Root ?? ".";
    private string RootInWords => Root is null ? "the root (the current directory)" : $"--root {Root}";

    /// <summary>Returns the reason why a root cannot be used; null: the current directory, which has been removed.</summary>
    public static string MissingRoot(string? root) =>
        root is null ? "the current directory does not exist" : $"--root {root}: no such directory";

    /// <summary>Returns the program's name and the reason.</summary>
    /// <param name="error">The error of execve(2).</param>
    /// <param name="hint">The option that may help if the program is missing below the root; null: none.</param>
    public string Describe(Errno error, string? hint = null)
    {
        string name = Program.Length == 0 ? "''" : Program;
        string reason = error switch
        {
            Errno.ENOENT => DescribeMissing(hint),
            Errno.ENOEXEC => "not an i386 ELF program, and no script",
            Errno.EACCES => "not permitted, or not a file that can be executed",
            Errno.ELOOP => "its symbolic links lead in a circle",
            Errno.ENOMEM => "no memory for it (see --ram)",
            _ => error.ToString(),
        };
        return $"{name}: {reason}";
    }

    private string DescribeMissing(string? hint)
    {
        if (FindProgram() is { } program && InterpreterOf(program) is { } interpreter
            && !File.Exists(Path.Join(RootOrCurrent, interpreter)))
        {
            string elsewhere = File.Exists(interpreter) ? "--root / has it" : "this host has none either";
            return $"its interpreter {interpreter} is missing below {RootInWords}; {elsewhere}";
        }

        return MayUseHostProgram ? $"no such program, neither below {RootInWords} nor on the host"
            : $"no such program below {RootInWords}{(hint is null ? "" : "; " + hint)}";
    }

    private string? FindProgram()
    {
        string below = Path.Join(RootOrCurrent, Directory, Program), fromTop = Path.Join(RootOrCurrent, Program);
        string[] places = MayUseHostProgram ? [below, fromTop, Program] : [below, fromTop];
        return places.FirstOrDefault(File.Exists);
    }

    private static string? InterpreterOf(string program)
    {
        try
        {
            return ForeignImage.InterpreterOf(program);
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            return null;    // a link without a target: File.Exists is true for the link itself
        }
    }
}
