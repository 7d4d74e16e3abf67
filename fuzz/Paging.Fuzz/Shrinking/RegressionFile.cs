using System.Collections.Immutable;
using System.Globalization;
using Paging.Core;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>Writes a script with its results as a scenario: what <c>paging script</c> and the regression tests run.</summary>
internal static class RegressionFile
{
    private const string AreaCountNote = "max_map_count ";
    private static readonly EngineOptions Usual = new();

    /// <summary>Writes the file, and its directory if need be.</summary>
    public static void Write(string path, ScenarioHeader header, ReplayOutcome outcome, string comment)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory) Directory.CreateDirectory(directory);
        using StreamWriter writer = new(path) { NewLine = "\n" };
        ScenarioPrinter.Write(writer, ToDocument(path, header, outcome, comment));
    }

    /// <summary>What a comment says of the machines that no line of the dialect can; empty for the usual ones.</summary>
    public static string NoteOn(EngineOptions engine) =>
        engine.MaxMapCount == Usual.MaxMapCount ? "" : $"\n{AreaCountNote}{engine.MaxMapCount}";

    /// <summary>The machines that a comment asks for.</summary>
    public static LockstepOptions MachinesOf(ScenarioDocument document, LockstepOptions usual)
    {
        string? note = document.Lines.Select(static line => line.Text)
            .FirstOrDefault(static text => text.StartsWith("# " + AreaCountNote, StringComparison.Ordinal));
        return note is null
            ? usual : usual with
            {
                Engine = usual.Engine with
                {
                    MaxMapCount = int.Parse(note.AsSpan(AreaCountNote.Length + 2),
            CultureInfo.InvariantCulture)
                }
            };
    }

    /// <summary>The scenario: a comment, the header, each call with the oracle's result.</summary>
    public static ScenarioDocument ToDocument(string path, ScenarioHeader header, ReplayOutcome outcome, string comment)
    {
        ScenarioDocument bare = ScenarioDocument.Of(path, header, outcome.Calls, comment);
        int call = 0;
        ImmutableArray<ScenarioLine> lines =
            [.. bare.Lines.Select(line => line.Kind == ScenarioLineKind.Call ? line with { Recorded = outcome.Results[call++] } : line)];
        return bare with { Lines = lines };
    }
}
