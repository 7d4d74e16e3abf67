using Paging.ReferenceModel;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Model;

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
        foreach (string path in FilesOf(repository))
        {
            count++;
            if (Agrees(path)) continue;
            failed++;
            output.WriteLine(Mark + Path.GetFileNameWithoutExtension(path));
        }

        output.WriteLine($"{Name}: {count} recordings, {failed} disagree");
        return failed == 0 ? ExitCode.Clean : ExitCode.Found;
    }

    private static IEnumerable<string> FilesOf(string repository) => OfLinux.Select(static folder => (Folder: folder, Files: "*.scn"))
        .Concat(OfWindows).SelectMany(place => Directory.GetFiles(Path.Combine(repository, "tests", place.Folder), place.Files)
            .Order(StringComparer.Ordinal));

    private static bool Agrees(string path)
    {
        try
        {
            ScenarioDocument document = ScenarioParser.ParseFile(path, WindowsDialect.Instance);
            using IScriptMachine machine = document.Dialect is WindowsDialect ? new WindowsReferenceMachine() : new ReferenceMachine();
            return ScenarioRunner.Run(document, machine).IsAgreement;
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return false;
        }
    }
}
