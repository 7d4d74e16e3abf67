using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>The kind of a line of a scenario.</summary>
public enum ScenarioLineKind : byte
{
    /// <summary>Nothing, or only spaces.</summary>
    Blank,
    /// <summary><c># …</c>.</summary>
    Comment,
    /// <summary>The <c>process(…)</c> line.</summary>
    Header,
    /// <summary>A call, with the rows of its result if that is a block.</summary>
    Call,
}

/// <summary>A line of a scenario; a call together with its result, which may take several lines of the file.</summary>
/// <param name="Kind">The kind of line.</param>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Text">The line as it was written; of a call only up to its closing parenthesis.</param>
/// <param name="Call">The call, if it is one.</param>
/// <param name="Recorded">The result written after the call; <see cref="CallResultKind.None"/> when there is none.</param>
public sealed record ScenarioLine(ScenarioLineKind Kind, int Number, string Text, ScenarioCall Call, ScriptResult Recorded)
{
    /// <summary>Writes the line; a call with the result given instead of the recorded one.</summary>
    public void Write(TextWriter writer, in ScriptResult result)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Text);
        if (Kind == ScenarioLineKind.Call && result.Kind != CallResultKind.None)
        {
            writer.Write(" = ");
            writer.Write(ScenarioPrinter.Print(in result));
        }

        writer.Write('\n');
    }

    /// <summary>A line that is a call.</summary>
    public static ScenarioLine ForCall(int number, string text, in ScenarioCall call, in ScriptResult recorded) =>
        new(ScenarioLineKind.Call, number, text, call, recorded);

    /// <summary>A line that is not a call.</summary>
    public static ScenarioLine ForText(ScenarioLineKind kind, int number, string text) => new(kind, number, text, default, default);
}
