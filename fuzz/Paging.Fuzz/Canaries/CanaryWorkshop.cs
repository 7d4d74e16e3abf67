using System.Diagnostics;
using Paging.Fuzz.Changes;

namespace Paging.Fuzz;

/// <summary>A copy of the engine's sources and of this program, in which faults are built in one at a time.</summary>
/// <remarks>Only the assembly with the fault is compiled again, and put beside the fuzzer's unchanged ones.</remarks>
internal sealed class CanaryWorkshop : IDisposable
{
    private static readonly string[] Shared = ["Directory.Build.props", "Directory.Packages.props", "global.json", "CHANGELOG.md", "src"];

    private readonly Dictionary<string, SourceMembers> _members = new(StringComparer.Ordinal);
    private readonly string _repository, _root;
    private readonly CanaryCompiler _compiler;
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-canary-").FullName;

    /// <summary>Copies the sources of the repository.</summary>
    public CanaryWorkshop(string repository)
    {
        (_repository, _root) = (repository, Path.Combine(_directory, "repository"));
        foreach (string item in Shared) Copy(Path.Combine(repository, item), Path.Combine(_root, item));
        _compiler = new(_root, (program, arguments, directory) => Start(program, arguments, directory, TimeSpan.FromMinutes(10)));
    }

    private string ProgramDirectory => Path.Combine(_directory, "program");

    /// <summary>Within the repository, whose documents and recordings some tests read.</summary>
    private string TestDirectory => Path.Combine(_repository, "artifacts", Path.GetFileName(_directory));

    /// <summary>Builds the sources as they are, once: later builds refer to these assemblies. Null when they build.</summary>
    /// <param name="roots">The projects to build, with their dependencies.</param>
    public string? BuildSound(IEnumerable<string> roots) =>
        roots.Select(root => _compiler.BuildSound(FolderOf(root))).FirstOrDefault(static error => error is not null);

    /// <summary>Builds a fault in, and a program around it. Null when it builds.</summary>
    public string? Build(Canary canary)
    {
        string folder = FolderOf(canary.Assembly);
        if (!_members.TryGetValue(folder, out SourceMembers? members)) _members.Add(folder, members = new(folder));
        string path, changed;
        try
        {
            (path, changed) = members.Apply(canary.Change);
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }

        string sound = File.ReadAllText(path);
        File.WriteAllText(path, changed);
        try
        {
            PrepareProgram();
            return _compiler.Compile(folder, canary.Assembly, Path.Combine(ProgramDirectory, canary.Assembly + ".dll"));
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

    /// <summary>Runs a class of the repository's tests, as they were built last, with one assembly of the program.</summary>
    /// <param name="target">The tests, as <see cref="CanaryTests"/> names them.</param>
    /// <param name="assembly">The assembly with the fault; null: none has one.</param>
    /// <param name="patience">The longest time.</param>
    /// <returns>As <see cref="Run"/>; <see cref="ExitCode.Unusable"/> if the tests are not built.</returns>
    public (int? ExitCode, string Output) RunTests(CanaryTests target, string? assembly, TimeSpan patience)
    {
        string built = target.BuiltIn(_repository), copy = Path.Combine(TestDirectory, target.Project);
        if (!File.Exists(Path.Combine(built, target.Project + ".dll")))
            return (ExitCode.Unusable, $"{target.Project} is not built: dotnet build Paging.sln -c Release");
        Copy(built, copy);
        if (assembly is not null) Copy(Path.Combine(ProgramDirectory, assembly + ".dll"), Path.Combine(copy, assembly + ".dll"));
        return Start("dotnet", $"{Path.Combine(copy, target.Project + ".dll")} -noLogo -noColor -class *.{target.Class}", _root, patience);
    }

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        if (Directory.Exists(TestDirectory)) Directory.Delete(TestDirectory, recursive: true);
    }

    private string FolderOf(string assembly) => SourceMembers.FolderOf(_root, assembly);

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
