using System.Runtime.CompilerServices;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Tests;

/// <summary>The recorded scenarios, copied beside the tests.</summary>
internal static class Recordings
{
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "scenarios");

    /// <summary>File names without their directory, in ordinal order: data of theories.</summary>
    public static TheoryData<string> Names => [.. Files.Select(static path => Path.GetFileName(path))];

    public static string[] Files { get; } = [.. System.IO.Directory.GetFiles(Directory, "*.scn").Order(StringComparer.Ordinal)];

    /// <summary>The recordings for section 9 of the dialect.</summary>
    public static TheoryData<string> ExactNames =>
    [
        .. System.IO.Directory.GetFiles(ExactDirectory, "*.scn")
           .Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
    ];

    /// <summary>The recordings of docs/DIALECT-HUGE.md.</summary>
    public static TheoryData<string> HugeNames =>
    [
        .. System.IO.Directory.GetFiles(HugeDirectory, "*.scn")
           .Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
    ];

    private static string HugeDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "huge");

    public static ScenarioDocument ParseHuge(string name) => ScenarioParser.ParseFile(Path.Combine(HugeDirectory, name));

    private static string ExactDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "exact");

    public static ScenarioDocument ParseExact(string name) => ScenarioParser.ParseFile(Path.Combine(ExactDirectory, name));

    public static ScenarioDocument Parse(string name) => ScenarioParser.ParseFile(Path.Combine(Directory, name));

    public static IEnumerable<ScenarioLine> AllCalls() =>
        Files.SelectMany(static path => ScenarioParser.ParseFile(path).Lines).Where(static line => line.Kind == ScenarioLineKind.Call);

    [ModuleInitializer]
    internal static void MustBeThere()
    {
        if (ExactNames.Count < 13) throw new InvalidOperationException($"Only {ExactNames.Count} recordings in {ExactDirectory}.");
        if (HugeNames.Count < 72) throw new InvalidOperationException($"Only {HugeNames.Count} recordings in {HugeDirectory}.");
        if (Files.Length < 180) throw new InvalidOperationException($"Only {Files.Length} recordings in {Directory}.");
    }
}
