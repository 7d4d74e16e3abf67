using Paging.ReferenceModel;
using Paging.WindowsChecking.Model;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.WindowsChecking.Dialect;

namespace Paging.Fuzz;

/// <summary>Every recording of the repository on the reference models. Those that disagree are named, one a line.</summary>
/// <remarks><see cref="RulesTarget"/> runs it with a rule switched off, and reads the names.</remarks>
internal sealed class RecordingsTarget : IFuzzTarget
{
    /// <summary>Begins the line of each recording that disagrees.</summary>
    public const string Mark = "disagrees: ";

    private static readonly string[] OfLinux =
        ["checking/Paging.Scenarios.Tests/scenarios", "checking/Paging.Scenarios.Tests/exact", "checking/Paging.Scenarios.Tests/huge"];

    // of the documented ones those about rules: the others show what only the engine has, such as a commit limit
    private static readonly (string Folder, string Files)[] OfWindows =
        [("windows/Paging.Windows.Tests/scenarios", "*.scn"), ("windows/Paging.Windows.Tests/documented", "rules-*.scn")];

    public string Name => "recordings";

    public string Description => "every recording of Linux and Windows on the reference models";

    public int Run(FuzzOptions options, TextWriter output)
    {
        if (CanaryFile.FindRepository(Environment.CurrentDirectory) is not { } repository)
        {
            output.WriteLine($"{Name}: skipped: the recordings are in the repository, and it is not here");
            return ExitCode.Clean;
        }

        int count = 0, failed = 0;
        foreach ((string path, bool isWindows) in FilesOf(repository))
        {
            count++;
            if (isWindows ? AgreesOnWindows(path) : AgreesOnLinux(path)) continue;
            failed++;
            output.WriteLine(Mark + Path.GetFileNameWithoutExtension(path));
        }

        output.WriteLine($"{Name}: {count} recordings, {failed} disagree");
        return failed == 0 ? ExitCode.Clean : ExitCode.Found;
    }

    private static IEnumerable<(string Path, bool IsWindows)> FilesOf(string repository) =>
        OfLinux.SelectMany(folder => In(repository, folder, "*.scn", isWindows: false))
            .Concat(OfWindows.SelectMany(place => In(repository, place.Folder, place.Files, isWindows: true)));

    private static IEnumerable<(string Path, bool IsWindows)> In(string repository, string folder, string files, bool isWindows) =>
        Directory.GetFiles(Path.Combine(repository, "tests", folder), files).Order(StringComparer.Ordinal)
            .Select(path => (path, isWindows));

    private static bool AgreesOnLinux(string path)
    {
        try
        {
            using ReferenceMachine machine = new();
            ScenarioOutcome outcome = ScenarioRunner.Run(ScenarioParser.ParseFile(path), machine);
            return outcome.Differences.IsEmpty && outcome.Unsupported is null;
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return false;
        }
    }

    private static bool AgreesOnWindows(string path)
    {
        try
        {
            using WindowsReferenceMachine machine = new();
            return !WindowsScenarioRunner.Run(WindowsParser.ParseFile(path), machine, ScenarioRunOptions.Default).Differences.Any();
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return false;
        }
    }
}
