using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Parsing;

namespace Paging.View;

/// <summary>
/// Executes the page's requests, and writes the parts that the page has to show. Parts that the page has already are not sent again.
/// </summary>
internal static class ViewAnswer
{
    private const int CallsAround = 60;

    /// <summary>Answers one request: the text of an object with <c>op</c> and its arguments.</summary>
    /// <exception cref="JsonException">The request is no such object.</exception>
    public static string To(ViewSession session, PictureCache pictures, string request)
    {
        JsonObject asked = JsonNode.Parse(request) as JsonObject ?? throw new JsonException("A request is an object.");
        JsonObject shown = asked["shown"] as JsonObject ?? [];
        session.Show(shown.ContainsKey("tree") ? LookParts.Trees : LookParts.None);
        string message = Do(session, asked, out int found);
        bool isMove = TextOf(asked, "op") is "go" or "continue" or "back" or "fault" or "repl";
        int process = isMove && session.Now.SpaceOf(session.CallerId) is { } caller ? caller.ProcessId : NumberOf(asked, "process");
        string mark = $"{session.Position}/{session.Steps.Count}/{session.Edits}";
        JsonObject answer = new()
        {
            ["message"] = message,
            ["why"] = string.Join('\n', session.Why),
            ["position"] = session.Position,
            ["count"] = session.Count,
            ["isWhole"] = session.IsComplete,
            ["callsMark"] = mark,
            ["breakpoints"] = new JsonArray([.. session.Breakpoints.Select(static breakpoint => JsonValue.Create(breakpoint.ToString()))]),
            ["processes"] = new JsonArray([.. session.Now.Spaces.Select(static space =>
                new JsonObject { ["id"] = space.ProcessId, ["number"] = space.Number, ["name"] = space.Name })]),
            ["process"] = session.SpaceShown(process)?.ProcessId ?? 0,
            ["areas"] = session.SpaceShown(process)?.Areas.Count ?? 0,
            ["rows"] = ViewPictures.AreaRows,
            ["figures"] = FiguresOf(session, pictures, shown, process, NumberOf(asked, "first")),
        };
        if (found != 0) answer["found"] = found;
        if (!string.Equals(TextOf(asked, "calls"), mark, StringComparison.Ordinal)) answer["calls"] = CallsOf(session);
        if (session.Program is { } program)
            answer["program"] = new JsonObject { ["threads"] = program.Threads, ["output"] = program.Output };
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) answer.WriteTo(json);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Executes a request. Returns the message for the user, and the step that was found; 0: none.</summary>
    private static string Do(ViewSession session, JsonObject root, out int found)
    {
        string text = TextOf(root, "text"), kind = TextOf(root, "kind");
        int to = NumberOf(root, "to");
        found = 0;
        try
        {
            switch (TextOf(root, "op"))
            {
                case "go": session.GoTo(to); return "";
                case "continue": return session.Continue();
                case "back": return session.ContinueBack();
                case "fault": return session.ContinueToFault();
                case "repl": return session.Evaluate(text);
                case "search": return ViewSearch.Answer(session, text);
                case "writer": return ViewSearch.AnswerLastWrite(session, text, NumberOf(root, "process"), out found);
                case "unbreak" when (uint)to < (uint)session.Breakpoints.Count: session.Breakpoints.RemoveAt(to); return "";
                case "break" when ViewBreakpoint.TryParse(kind, text, out ViewBreakpoint breakpoint): return Break(session, breakpoint);
                case "break": return $"'{text}' is not a valid {kind}";
                default: return "";
            }
        }
        catch (ScenarioFormatException exception)
        {
            return exception.Reason;
        }
    }

    private static string Break(ViewSession session, ViewBreakpoint breakpoint)
    {
        if (breakpoint.Frame is { } frame && frame.Value >= session.FrameCount)
            return $"there is no frame {frame.Value:x}: RAM ends before {session.FrameCount:x}";
        session.Breakpoints.Add(breakpoint);
        bool isUnknown = breakpoint.Kind == BreakpointKind.Call && session.IsComplete
            && !session.Steps.Any(step => string.Equals(step.Name, breakpoint.Text, StringComparison.OrdinalIgnoreCase));
        return isUnknown ? $"no call of this run is named '{breakpoint.Text}'" : "";
    }

    /// <summary>The calls around the position.</summary>
    private static JsonArray CallsOf(ViewSession session)
    {
        JsonArray calls = [];
        int end = Math.Min(session.Steps.Count, session.Position + CallsAround);
        for (int i = Math.Max(0, session.Position - CallsAround); i < end; i++)
        {
            JsonObject call = new() { ["number"] = i + 1, ["text"] = session.Steps[i].Text };
            if (i < session.Position && session.Steps[i].Result is { } result) call["result"] = result;
            calls.Add((JsonNode)call);
        }

        return calls;
    }

    /// <summary>The requested pictures. One that the page shows already is named with its mark alone.</summary>
    private static JsonObject FiguresOf(ViewSession session, PictureCache pictures, JsonObject shown, int process, int first)
    {
        JsonObject figures = [];
        foreach (string kind in ViewPictures.Kinds.Where(shown.ContainsKey))
        {
            ViewPicture picture = pictures.Get(kind, session, process, first) ?? ViewPicture.NoProcess;
            JsonObject figure = new() { ["mark"] = picture.Mark };
            if (!string.Equals(TextOf(shown, kind), picture.Mark, StringComparison.Ordinal))
                (figure["title"], figure["svg"]) = (picture.Title, picture.Element);
            figures[kind] = figure;
        }

        return figures;
    }

    private static string TextOf(JsonObject root, string name) =>
        root[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static int NumberOf(JsonObject root, string name) =>
        root[name] is JsonValue value && value.TryGetValue(out int number) ? number : 0;
}
