using System.Collections.Immutable;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>Writes a script with its results as a scenario: what <c>paging script</c> and the regression tests run.</summary>
internal static class RegressionFile
{
    /// <summary>Writes the file, and its directory if need be.</summary>
    public static void Write(string path, ScenarioHeader header, ReplayOutcome outcome, string comment)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory) Directory.CreateDirectory(directory);
        using StreamWriter writer = new(path) { NewLine = "\n" };
        ScenarioPrinter.Write(writer, ToDocument(path, header, outcome, comment));
    }

    /// <summary>The scenario: a comment, the header, each call with the oracle's result.</summary>
    public static ScenarioDocument ToDocument(string path, ScenarioHeader header, ReplayOutcome outcome, string comment)
    {
        ScenarioDocument bare = ScenarioDocument.Of(path, header, outcome.Calls, comment);
        int call = 0;
        ImmutableArray<ScenarioLine> lines = [.. bare.Lines.Select(line => line.Kind == ScenarioLineKind.Call ? line with { Recorded = outcome.Results[call++] } : line)];
        return bare with { Lines = lines };
    }
}
