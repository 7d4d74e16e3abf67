using System.Diagnostics;

namespace Paging.Fuzz;

/// <summary>A copy of the engine's sources and of this program, in which faults are built in one at a time.</summary>
/// <remarks>Only the assembly with the fault is built again, and put beside the fuzzer's unchanged ones.</remarks>
internal sealed class CanaryWorkshop : IDisposable
{
    private static readonly string[] Shared = ["Directory.Build.props", "Directory.Packages.props", "global.json", "src"];

    private readonly string _root;
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-canary-").FullName;

    /// <summary>Copies the sources of the repository.</summary>
    public CanaryWorkshop(string repository)
    {
        _root = Path.Combine(_directory, "repository");
        foreach (string item in Shared) Copy(Path.Combine(repository, item), Path.Combine(_root, item));
    }

    private string ProgramDirectory => Path.Combine(_directory, "program");

    /// <summary>Builds the sources as they are, once: later builds refer to these assemblies. Null when they build.</summary>
    public string? BuildSound() => Build("src/Paging.Scripting", "");

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
            if (Build(canary.Project, "--no-dependencies --no-restore") is { } error) return error;
            PrepareProgram();
            string built = Path.Combine(_root, canary.Project, "bin", "Release", "net10.0", canary.Assembly + ".dll");
            File.Copy(built, Path.Combine(ProgramDirectory, canary.Assembly + ".dll"), overwrite: true);
            return null;
        }
        finally
        {
            File.WriteAllText(path, sound);
        }
    }

    /// <summary>Copies this program as it is.</summary>
    public void PrepareProgram() => Copy(AppContext.BaseDirectory, ProgramDirectory);

    /// <summary>Runs the program.</summary>
    /// <returns>Its exit code and output; an exit code of null when it had to be stopped.</returns>
    public (int? ExitCode, string Output) Run(string arguments, TimeSpan patience) =>
        Start("dotnet", $"{Path.Combine(ProgramDirectory, "Paging.Fuzz.dll")} {arguments} --out {Path.Combine(_directory, "out")}", patience);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string? Build(string project, string arguments)
    {
        const string Fast = "-p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -p:GenerateDocumentationFile=false -p:EnforceCodeStyleInBuild=false";
        (int? exitCode, string output) = Start("dotnet", $"build {project} -c Release --nologo -v q --nodereuse:false {Fast} {arguments}", TimeSpan.FromMinutes(10));
        return exitCode == 0 ? null : $"it does not build: {output.Split('\n').FirstOrDefault(static line => line.Contains("error", StringComparison.Ordinal)) ?? output}";
    }

    private (int? ExitCode, string Output) Start(string program, string arguments, TimeSpan patience)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = _root, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
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
        foreach (string file in Directory.GetFiles(source)) File.Copy(file, Path.Combine(destination, Path.GetFileName(file)), overwrite: true);
        foreach (string child in Directory.GetDirectories(source))
            if (Path.GetFileName(child) is not ("bin" or "obj")) Copy(child, Path.Combine(destination, Path.GetFileName(child)));
    }
}
