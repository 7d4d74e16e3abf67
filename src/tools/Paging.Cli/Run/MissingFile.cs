using Paging.Cli.Programs;

namespace Paging.Cli.Run;

/// <summary>Finds the missing file when a program could not be started: the program or its interpreter.</summary>
internal static class MissingFile
{
    /// <summary>Describes the missing file, and the option that may help.</summary>
    public static string Describe(RunRequest request)
    {
        string root = request.HasRoot ? $"--root {request.Root}" : "the root (the current directory)";
        if (Find(request) is { } program && ForeignImage.InterpreterOf(program) is { } interpreter
            && !File.Exists(Path.Join(request.Root, interpreter)))
        {
            string elsewhere = File.Exists(interpreter) ? "--root / has it" : "this host has none either";
            return $"its interpreter {interpreter} is missing below {root}; {elsewhere}";
        }

        return request.MayUseHostProgram ? $"no such program, neither below {root} nor on the host"
            : $"no such program below {root}; --host-program takes one from the host";
    }

    private static string? Find(RunRequest request)
    {
        string name = request.Words[0], below = Path.Join(request.Root, request.Directory, name), fromTop = Path.Join(request.Root, name);
        string[] places = request.MayUseHostProgram ? [below, fromTop, name] : [below, fromTop];
        return places.FirstOrDefault(File.Exists);
    }
}
