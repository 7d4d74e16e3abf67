using System.Text.Json;

namespace Paging.Fuzz;

/// <summary>
/// Compiles an assembly of the workshop again and again without MSBuild in between: its arguments are asked for once, then the compiler
/// runs alone.
/// </summary>
/// <remarks>
/// A build of one assembly takes MSBuild several seconds, the compiler's server less than one; with one build a canary that decides what CI
/// can afford.
/// </remarks>
/// <param name="root">Where the sources are.</param>
/// <param name="start">Runs a program in a directory: exit code and output.</param>
internal sealed class CanaryCompiler(string root, Func<string, string, string, (int? ExitCode, string Output)> start)
{
    private const string Fast =
        "-p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -p:GenerateDocumentationFile=false -p:EnforceCodeStyleInBuild=false";
    private const string KeepServerSeconds = "20";

    private readonly Dictionary<string, string> _responses = new(StringComparer.Ordinal);
    private string _compiler = "";

    /// <summary>Builds a project and its dependencies, as they are. Null when they build.</summary>
    public string? BuildSound(string project)
    {
        (int? exitCode, string output) = start("dotnet", $"build {project} -c Release --nologo -v q --nodereuse:false {Fast}", root);
        return exitCode == 0 ? null : $"{project} does not build: {FirstError(output)}";
    }

    /// <summary>Compiles a project from its present sources, against its dependencies as built. Null when it compiles.</summary>
    public string? Compile(string project, string assembly, string destination)
    {
        if (!_responses.TryGetValue(project, out string? response))
        {
            if (AskForArguments(project, assembly, out response) is { } error) return error;
            _responses.Add(project, response);
        }

        // of this name: internals are visible to names
        string output = Path.Combine(Path.GetDirectoryName(response)!, assembly + ".dll");
        string arguments = $"{_compiler} -shared -keepalive:{KeepServerSeconds} -noconfig @{response} -out:{output}";
        (int? exitCode, string text) = start("dotnet", arguments, Path.Combine(root, project));
        if (exitCode != 0) return $"it does not compile: {FirstError(text)}";
        File.Copy(output, destination, overwrite: true);
        return null;
    }

    /// <summary>MSBuild prints the compiler's arguments without compiling, if there is something to compile and it is asked to.</summary>
    private string? AskForArguments(string project, string assembly, out string response)
    {
        string directory = Path.Combine(root, project);
        response = Path.Combine(directory, "obj", "canary", assembly + ".rsp");
        string built = Path.Combine(directory, "obj", "Release", "net10.0", assembly + ".dll");
        File.Move(built, built + ".sound", overwrite: true);
        const string Ask = "-t:PrepareResources -t:Compile -getItem:CscCommandLineArgs -getProperty:RoslynTargetsPath " +
            "-p:ProvideCommandLineArgs=true -p:SkipCompilerExecution=true";
        (int? exitCode, string output) =
            start("dotnet", $"build {project} -c Release --no-dependencies --no-restore --nodereuse:false {Ask} {Fast}", root);
        File.Move(built + ".sound", built, overwrite: true);
        if (exitCode != 0) return $"MSBuild does not print how to compile {project}: {FirstError(output)}";

        using JsonDocument document = JsonDocument.Parse(output);
        string roslyn = document.RootElement.GetProperty("Properties").GetProperty("RoslynTargetsPath").GetString()!;
        _compiler = Path.Combine(Path.GetFullPath(roslyn), "bincore", "csc.dll");
        string[] items = [.. document.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray()
            .Select(static item => item.GetProperty("Identity").GetString()!)];
        if (items.Length == 0) return $"MSBuild has nothing to compile in {project}";
        Directory.CreateDirectory(Path.GetDirectoryName(response)!);
        File.WriteAllLines(response, items.Where(static item =>
            !item.StartsWith("/refout", StringComparison.Ordinal) && !item.StartsWith("/noconfig", StringComparison.Ordinal))
            .Select(Quote));
        return null;
    }

    /// <summary>In the form of a response file: of an option only the value is quoted, or the compiler takes it for a file.</summary>
    private static string Quote(string item)
    {
        if (!item.Contains(' ', StringComparison.Ordinal)) return item;
        int value = item.StartsWith('/') ? item.IndexOf(':', StringComparison.Ordinal) + 1 : 0;
        return $"{item[..value]}\"{item[value..]}\"";
    }

    private static string FirstError(string output) =>
        output.Split('\n').FirstOrDefault(static line => line.Contains("error", StringComparison.Ordinal)) ?? output;
}
