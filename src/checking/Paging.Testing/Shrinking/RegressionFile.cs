using System.Collections.Immutable;
using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Lockstep;

namespace Paging.Testing.Shrinking;

/// <summary>Writes a script with its results as a scenario: what <c>paging script</c> and the regression tests run.</summary>
internal static class RegressionFile
{
    private const string AreaCountNote = "max_map_count ", FaultAroundNote = "fault_around_pages ", TablesNote = "tables ";
    private const string OvercommitNote = "overcommit_memory ", OvercommitRatioNote = "overcommit_ratio ";
    private static readonly EngineOptions Usual = new();

    /// <summary>Writes the file, and its directory if need be.</summary>
    public static void Write(string path, ScenarioHeader header, ReplayOutcome outcome, string comment)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory) Directory.CreateDirectory(directory);
        using StreamWriter writer = new(path) { NewLine = "\n" };
        ToDocument(path, header, outcome, comment).Write(writer);
    }

    /// <summary>A comment with settings of the machines that the dialect cannot express; empty for the usual ones.</summary>
    public static string NoteOn(EngineOptions engine)
    {
        string note = engine.MaxMapCount == Usual.MaxMapCount ? "" : $"\n{AreaCountNote}{engine.MaxMapCount}";
        if (engine.FaultAroundPages != Usual.FaultAroundPages) note += $"\n{FaultAroundNote}{engine.FaultAroundPages}";
        if (engine.Tables != Usual.Tables) note += $"\n{TablesNote}{(int)engine.Tables}";
        return engine.Overcommit == OvercommitMode.Always ? note
            : $"{note}\n{OvercommitNote}{(int)engine.Overcommit}\n{OvercommitRatioNote}{engine.OvercommitRatio}";
    }

    /// <summary>The machines that a comment asks for.</summary>
    public static LockstepOptions MachinesOf(ScenarioDocument document, LockstepOptions usual)
    {
        EngineOptions engine = usual.Engine;
        if (NumberAfter(document, AreaCountNote) is { } areas) engine = engine with { MaxMapCount = areas };
        if (NumberAfter(document, FaultAroundNote) is { } around) engine = engine with { FaultAroundPages = around };
        if (NumberAfter(document, TablesNote) is { } tables) engine = engine with { Tables = (TableFormat)tables };
        if (NumberAfter(document, OvercommitNote) is { } mode) engine = engine with { Overcommit = (OvercommitMode)mode };
        if (NumberAfter(document, OvercommitRatioNote) is { } ratio) engine = engine with { OvercommitRatio = ratio };
        return engine == usual.Engine ? usual : usual with { Engine = engine };
    }

    private static int? NumberAfter(ScenarioDocument document, string note)
    {
        string? line = document.Lines.Select(static line => line.Text)
            .FirstOrDefault(text => text.StartsWith("# " + note, StringComparison.Ordinal));
        return line is null ? null : int.Parse(line.AsSpan(note.Length + 2), CultureInfo.InvariantCulture);
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
