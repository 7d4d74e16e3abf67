using System.Globalization;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.WindowsChecking.Dialect;

namespace Paging.Fuzz;

/// <summary>Every recording with one feature used beside it: what is merely open changes no result.</summary>
/// <remarks>
/// With <c>--seconds 0</c> all pairs of a recording and a companion; else as many as there is time for, in an order of the seed.
/// <c>--only NAME</c> takes the companions whose names begin with it.
/// </remarks>
internal sealed class BesideTarget : IFuzzTarget
{
    private static readonly string[] Folders =
    [
        "tests/checking/Paging.Scenarios.Tests/scenarios", "tests/checking/Paging.Scenarios.Tests/exact",
        "tests/checking/Paging.Scenarios.Tests/huge", "fuzz/regressions", "docs/tour", "tests/windows/Paging.Windows.Tests/scenarios",
        "tests/windows/Paging.Windows.Tests/documented", "../shared/scenarios", "../shared/exact", "../shared/huge", "../shared/windows",
        "../shared/found", "../shared/found/turn4", "../shared/found/turn5",
    ];
    private const string Shared = "../shared/scenarios";

    public string Name => "beside";

    public string Description => "every recording with a feature used beside it: a snapshot, a log, threads, a policy, …";

    public int Run(FuzzOptions options, TextWriter output)
    {
        if (CanaryFile.FindRepository(Environment.CurrentDirectory) is not { } repository)
        {
            output.WriteLine($"{Name}: skipped: the recordings are in the repository, and it is not here");
            return ExitCode.Clean;
        }

        Companion[] companions = [.. Companions.All.Where(companion =>
            companion.Name.StartsWith(options.CanaryName, StringComparison.OrdinalIgnoreCase))];
        BesideTable table = new(companions);
        BesideRun run = new([.. ReadAll(repository)], companions, options, table);
        run.Execute();
        table.Print(output, options.PrintsCoverage);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Name}: {run.RecordingCount} recordings, {companions.Length} companions, {run.PairCount:N0} of {run.PairCountMax:N0} pairs"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.CallCount:N0} operations in {run.Elapsed.TotalSeconds:F1} s"));
        int found = table.UnnamedCount;
        bool isWhole = options.CanaryName.Length == 0 && run.PairCount == run.PairCountMax
            && Directory.Exists(Path.Combine(repository, Shared));
        foreach (NamedDifference named in isWhole ? table.Unneeded : [])
        {
            output.WriteLine($"no recording needs this name any more: {string.Join(", ", named.Companions)}: {named.Reason}");
            found++;
        }

        output.WriteLine(found == 0 ? "nothing found" : $"{found} found");
        return found == 0 ? ExitCode.Clean : ExitCode.Found;
    }

    /// <summary>The recordings of the repository and of the folder beside it, each content once.</summary>
    private static IEnumerable<ScenarioDocument> ReadAll(string repository)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string folder in Folders)
        {
            string place = Path.Combine(repository, folder);
            if (!Directory.Exists(place)) continue;
            foreach (string path in Directory.GetFiles(place, "*.scn").Order(StringComparer.Ordinal))
                if (seen.Add(File.ReadAllText(path))) yield return ScenarioParser.ParseFile(path, WindowsDialect.Instance);
        }
    }
}
