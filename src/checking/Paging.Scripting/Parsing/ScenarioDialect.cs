using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>A language of scenarios: its header, its calls, and the form of their results.</summary>
/// <param name="calls">All calls, in the order of their codes.</param>
public abstract class ScenarioDialect(ImmutableArray<CallSignature> calls)
{
    private readonly FrozenDictionary<string, CallSignature>.AlternateLookup<ReadOnlySpan<char>> _bySpelling =
        calls.ToFrozenDictionary(static signature => signature.Spelling, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The dialect of docs/DIALECT.md.</summary>
    public static ScenarioDialect Linux { get; } = new LinuxDialect();

    /// <summary>True for a trimmed line that is meant to be a header of this dialect.</summary>
    public abstract bool IsHeader(ReadOnlySpan<char> line);

    /// <summary>Reads a trimmed line for which <see cref="IsHeader"/> holds.</summary>
    public abstract ScenarioStart ParseHeader(ReadOnlySpan<char> line, ScenarioPlace place);

    /// <summary>Reads a result of one line.</summary>
    public abstract ScriptResult ParseResult(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place);

    /// <summary>True for a row of a block.</summary>
    public abstract bool IsRow(ReadOnlySpan<char> row);

    /// <summary>Finds a call by its name in a scenario.</summary>
    public bool TryFind(ReadOnlySpan<char> spelling, [NotNullWhen(true)] out CallSignature? signature) =>
        _bySpelling.TryGetValue(spelling, out signature);

    /// <summary>Reads a result in one of the forms that all dialects have.</summary>
    protected static ScriptResult ParseShared(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place) =>
        ResultParser.Parse(text, signature, place);
}
