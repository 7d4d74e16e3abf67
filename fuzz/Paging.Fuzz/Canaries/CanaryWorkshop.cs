using System.Diagnostics;

namespace Paging.Fuzz;

/// <summary>A copy of the engine's sources and of this program, in which faults are built in one at a time.</summary>
/// <remarks>Only the assembly with the fault is compiled again, and put beside the fuzzer's unchanged ones.</remarks>
internal sealed class CanaryWorkshop : IDisposable
{
    private static readonly string[] Shared = ["Directory.Build.props", "Directory.Packages.props", "global.json", "src"];
    // with what they depend on: all that canaries live in
    private static readonly string[] Roots =
        ["src/windows/Paging.WindowsChecking", "src/Paging.Policies", "src/programs/Paging.Programs"];

    private readonly string _root;
    private readonly CanaryCompiler _compiler;
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-canary-").FullName;

    /// <summary>Copies the sources of the repository.</summary>
    public CanaryWorkshop(string repository)
    {
        _root = Path.Combine(_directory, "repository");
        foreach (string item in Shared) Copy(Path.Combine(repository, item), Path.Combine(_root, item));
        _compiler = new(_root, (program, arguments, directory) => Start(program, arguments, directory, TimeSpan.FromMinutes(10)));
    }

    private string ProgramDirectory => Path.Combine(_directory, "program");

    /// <summary>Builds the sources as they are, once: later builds refer to these assemblies. Null when they build.</summary>
    /// <param name="roots">What to build, with what it depends on; all that canaries live in if not given.</param>
    public string? BuildSound(string[]? roots = null) =>
        (roots ?? Roots).Select(_compiler.BuildSound).FirstOrDefault(static error => error is not null);

    /// <summary>Builds a fault in, and a program around it. Null when it builds.</summary>
    public string? Build(Canary canary)
    {
        string path = Path.Combine(_root, canary.File);
        if (!File.Exists(path)) return $"there is no {canary.File}";
        string sound = File.ReadAllText(path);
        int at = sound.IndexOf(canary.Find, StringComparison.Ordinal);
        if (canary.Find.Length == 0 || at < 0) return $"its text is not in {canary.File}";
        if (sound.IndexOf(canary.Find, at + 1, StringComparison.Ordinal) >= 0) return $"its text is in {canary.File} more than once";
        File.WriteAllText(path, string.Concat(sound.AsSpan(0, at), canary.Replace, sound.AsSpan(at + canary.Find.Length)));
        try
        {
            PrepareProgram();
            return _compiler.Compile(canary.Project, canary.Assembly, Path.Combine(ProgramDirectory, canary.Assembly + ".dll"));
        }
        finally
        {
            File.WriteAllText(path, sound);
        }
    }

    /// <summary>Copies this program as it is.</summary>
    public void PrepareProgram() => Copy(AppContext.BaseDirectory, ProgramDirectory);

    /// <summary>Runs the program, in the workshop unless a directory is given.</summary>
    /// <returns>Its exit code and output; an exit code of null when it had to be stopped.</returns>
    public (int? ExitCode, string Output) Run(string arguments, TimeSpan patience, string? directory = null) =>
        Start("dotnet", $"{Path.Combine(ProgramDirectory, "Paging.Fuzz.dll")} {arguments} --out {Path.Combine(_directory, "out")}",
            directory ?? _root, patience);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static (int? ExitCode, string Output) Start(string program, string arguments, string directory, TimeSpan patience)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        bool hasEnded = process.WaitForExit(patience);
        if (!hasEnded) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return (hasEnded ? process.ExitCode : null, output.Result + errors.Result);
    }

    private static void Copy(string source, string destination)
    {
        if (File.Exists(source))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
            File.Copy(source, destination, overwrite: true);
            return;
        }

        Directory.CreateDirectory(destination);
        foreach (string file in Directory.GetFiles(source))
            File.Copy(file, Path.Combine(destination, Path.GetFileName(file)), overwrite: true);
        foreach (string child in Directory.GetDirectories(source))
            if (Path.GetFileName(child) is not ("bin" or "obj")) Copy(child, Path.Combine(destination, Path.GetFileName(child)));
    }
}
