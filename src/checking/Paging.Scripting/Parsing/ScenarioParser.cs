using System.Collections.Immutable;
using System.Text;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>Reads scenarios (docs/DIALECT.md) from bytes that may be hostile.</summary>
/// <remarks>
/// Reads a line at a time and stops at the first that is wrong. <see cref="ScenarioFormatException"/> is the only way in which
/// contents fail; a stream's own exceptions pass through.
/// </remarks>
public static class ScenarioParser
{
    /// <summary>The longest block of rows, in characters.</summary>
    private const int BlockLengthMax = 1 << 24;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="others">Dialects beside that of Linux.</param>
    public static ScenarioDocument ParseFile(string path, params ReadOnlySpan<ScenarioDialect> others)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        return Parse(stream, path, others);
    }

    /// <summary>Reads a text.</summary>
    public static ScenarioDocument ParseText(string text, string fileName = "scenario", params ReadOnlySpan<ScenarioDialect> others)
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(text));
        return Parse(stream, fileName, others);
    }

    /// <summary>Reads a single call with or without a result of one line, as it would stand in a scenario.</summary>
    public static ScenarioCall ParseCall(string line)
    {
        ScenarioPlace place = new("call", 1);
        ScenarioCall call = CallParser.Parse(line, ScenarioDialect.Linux, place, out bool opensBlock).Call;
        return opensBlock ? throw place.Error("the block is not closed by '}'") : call;
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The bytes; read forwards, left open.</param>
    /// <param name="fileName">The name in messages.</param>
    /// <param name="others">Dialects beside that of Linux.</param>
    public static ScenarioDocument Parse(Stream stream, string fileName, params ReadOnlySpan<ScenarioDialect> others)
    {
        ScenarioLineReader reader = new(stream, fileName);
        ImmutableArray<ScenarioLine>.Builder lines = ImmutableArray.CreateBuilder<ScenarioLine>();
        ScenarioDialect dialect = ScenarioDialect.Linux;
        ScenarioStart? start = null;
        while (reader.ReadLine() is { } text)
        {
            ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
            ScenarioPlace place = reader.Place;
            if (trimmed.IsEmpty) lines.Add(ScenarioLine.ForText(ScenarioLineKind.Blank, place.Line, text));
            else if (trimmed[0] == '#') lines.Add(ScenarioLine.ForText(ScenarioLineKind.Comment, place.Line, text));
            else if (start is null)
            {
                foreach (ScenarioDialect other in others)
                    if (other.IsHeader(trimmed)) dialect = other;
                if (!dialect.IsHeader(trimmed))
                    throw place.Error($"the process(…) header expected before anything else, found {ScenarioPlace.Excerpt(trimmed)}");
                start = dialect.ParseHeader(trimmed, place);
                lines.Add(ScenarioLine.ForText(ScenarioLineKind.Header, place.Line, text));
            }
            else lines.Add(ParseCall(text, dialect, reader));
        }
        return start is null
            ? throw (reader.Place with { Line = Math.Max(1, reader.Place.Line) }).Error("no process(…) header: the file has no scenario")
            : new(fileName, start, lines.DrainToImmutable()) { Dialect = dialect };
    }

    private static ScenarioLine ParseCall(string text, ScenarioDialect dialect, ScenarioLineReader reader)
    {
        ScenarioPlace place = reader.Place;
        ScenarioLine line = CallParser.Parse(text, dialect, place, out bool opensBlock);
        return opensBlock ? line with { Recorded = ScriptResult.Block(ReadRows(dialect, reader, place)) } : line;
    }

    private static string ReadRows(ScenarioDialect dialect, ScenarioLineReader reader, ScenarioPlace start)
    {
        StringBuilder rows = new();
        while (reader.ReadLine() is { } text)
        {
            ReadOnlySpan<char> row = text.AsSpan().Trim();
            if (row is "}") return rows.ToString();
            if (!dialect.IsRow(row)) throw reader.Place.Error("neither a row nor the " +
                $"'}}' of the block begun in line {start.Line}: {ScenarioPlace.Excerpt(row)}");
            if (rows.Length + row.Length > BlockLengthMax) throw start.Error($"block too long (over {BlockLengthMax:N0} characters)");
            if (rows.Length > 0) rows.Append('\n');
            rows.Append(row);
        }
        throw start.Error("the block is not closed by '}': the file ends inside it");
    }
}
