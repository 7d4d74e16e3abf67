using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>The dialect of docs/DIALECT.md and docs/DIALECT-HUGE.md.</summary>
internal sealed class LinuxDialect() : ScenarioDialect(ScriptCalls.All)
{
    public override bool IsHeader(ReadOnlySpan<char> line) => HeaderParser.IsHeader(line);

    public override ScenarioStart ParseHeader(ReadOnlySpan<char> line, ScenarioPlace place) => HeaderParser.Parse(line, place);

    public override ScriptResult ParseResult(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place) =>
        ResultParser.Parse(text, signature, place);

    public override bool IsRow(ReadOnlySpan<char> row) => ResultParser.IsRow(row);
}
