using System.Collections.Immutable;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>A scenario: where process 0 begins, and the lines in order.</summary>
/// <param name="FileName">The file as it was named to the parser; messages begin with it.</param>
/// <param name="Start">The state in which process 0 begins.</param>
/// <param name="Lines">Every line of the file; rows of blocks are part of their call's.</param>
public sealed record ScenarioDocument(string FileName, ScenarioStart Start, ImmutableArray<ScenarioLine> Lines)
{
    /// <summary>The language that it is written in.</summary>
    public ScenarioDialect Dialect { get; init; } = ScenarioDialect.Linux;

    /// <summary>The address space at the start of a scenario of Linux.</summary>
    /// <exception cref="InvalidCastException">The scenario has another dialect.</exception>
    public ScenarioHeader Header => (ScenarioHeader)Start;

    /// <summary>The number of lines that are calls.</summary>
    public int CallCount => Lines.Count(static line => line.Kind == ScenarioLineKind.Call);

    /// <summary>Writes every line, each call as it was written and with its recorded result.</summary>
    public void Write(TextWriter writer)
    {
        foreach (ScenarioLine line in Lines) line.Write(writer, line.Recorded);
    }

    /// <summary>A call asks about huge pages, so that their size matters.</summary>
    public bool AsksForHugePages => Lines.Any(static line => line.Kind == ScenarioLineKind.Call
        && line.Call.Name is CallName.Prctl or CallName.SetPool or (>= CallName.Pool and <= CallName.Smaps));

    /// <summary>A scenario of calls without results, as a generator makes it, in canonical form.</summary>
    public static ScenarioDocument Of(string fileName, ScenarioStart header, IEnumerable<ScenarioCall> calls, string? comment = null)
    {
        ImmutableArray<ScenarioLine>.Builder lines = ImmutableArray.CreateBuilder<ScenarioLine>();
        if (comment is not null)
            foreach (string line in comment.Split('\n'))
                lines.Add(ScenarioLine.ForText(ScenarioLineKind.Comment, lines.Count + 1, "# " + line));
        lines.Add(ScenarioLine.ForText(ScenarioLineKind.Header, lines.Count + 1, header.ToString()));
        foreach (ScenarioCall call in calls)
            lines.Add(ScenarioLine.ForCall(lines.Count + 1, ScenarioPrinter.Print(in call), call, default));
        return new(fileName, header, lines.ToImmutable());
    }
}
