using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Parsing;

namespace Paging.View;

/// <summary>
/// Executes the page's requests, and writes the parts that the page has to show. Parts that the page has already are not sent again.
/// </summary>
internal static class ViewAnswer
{
    private const int CallsAround = 60;

    /// <summary>Instead of the pictures of a process, when all have ended.</summary>
    private static readonly ViewPicture NoProcess = new("No process is left", "", "none");

    /// <summary>Answers one request: the text of an object with <c>op</c> and its arguments.</summary>
    /// <exception cref="JsonException">The request is no such object.</exception>
    public static string To(ViewSession session, PictureCache pictures, string request)
    {
        using JsonDocument asked = JsonDocument.Parse(request);
        JsonElement root = asked.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw new JsonException("A request is an object.");
        bool isNamed = root.TryGetProperty("shown", out JsonElement shown) && shown.ValueKind == JsonValueKind.Object;
        bool showsTree = isNamed && shown.TryGetProperty("tree", out _);
        session.Show(showsTree ? LookParts.Trees : LookParts.None);
        string message = Do(session, root, out int found);
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("message", message);
            if (found != 0) json.WriteNumber("found", found);
            json.WriteNumber("position", session.Position);
            json.WriteNumber("count", session.Count);
            json.WriteBoolean("isWhole", session.IsComplete);
            WriteCalls(json, session, TextOf(root, "calls"));
            WriteLists(json, session, NumberOf(root, "process"));
            WriteFigures(json, session, pictures, shown, root);
            WriteProgram(json, session.Program);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Executes a request. Returns the message for the user, and the step that was found; 0: none.</summary>
    private static string Do(ViewSession session, JsonElement root, out int found)
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
            return exception.Message;
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

    /// <summary>The calls around the position; not those that the page has.</summary>
    private static void WriteCalls(Utf8JsonWriter json, ViewSession session, string known)
    {
        string mark = $"{session.Position}/{session.Steps.Count}";
        json.WriteString("callsMark", mark);
        if (string.Equals(known, mark, StringComparison.Ordinal)) return;
        int first = Math.Max(0, session.Position - CallsAround), end = Math.Min(session.Steps.Count, session.Position + CallsAround);
        json.WriteStartArray("calls");
        for (int i = first; i < end; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("number", i + 1);
            json.WriteString("text", session.Steps[i].Text);
            if (i < session.Position && session.Steps[i].Result is { } result) json.WriteString("result", result);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLists(Utf8JsonWriter json, ViewSession session, int processId)
    {
        json.WriteStartArray("breakpoints");
        foreach (ViewBreakpoint breakpoint in session.Breakpoints) json.WriteStringValue(breakpoint.ToString());
        json.WriteEndArray();
        json.WriteStartArray("processes");
        foreach (SpaceView space in session.Now.Spaces)
        {
            json.WriteStartObject();
            json.WriteNumber("id", space.ProcessId);
            json.WriteString("name", space.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("areas", session.SpaceShown(processId)?.Areas.Count ?? 0);
        json.WriteNumber("rows", ViewPictures.AreaRows);
    }

    /// <summary>A picture that the page shows already is named with its mark alone.</summary>
    private static void WriteFigures(Utf8JsonWriter json, ViewSession session, PictureCache pictures, JsonElement shown, JsonElement root)
    {
        json.WriteStartObject("figures");
        if (shown.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty kind in shown.EnumerateObject())
            {
                if (!ViewPictures.Kinds.Contains(kind.Name, StringComparer.Ordinal)) continue;
                ViewPicture picture = pictures.Get(kind.Name, session, NumberOf(root, "process"), NumberOf(root, "first")) ?? NoProcess;
                json.WriteStartObject(kind.Name);
                json.WriteString("mark", picture.Mark);
                bool isKnown = kind.Value.ValueKind == JsonValueKind.String
                    && string.Equals(kind.Value.GetString(), picture.Mark, StringComparison.Ordinal);
                if (!isKnown)
                {
                    json.WriteString("title", picture.Title);
                    json.WriteString("svg", picture.Element);
                }

                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }

    private static void WriteProgram(Utf8JsonWriter json, ViewedProgramState? program)
    {
        if (program is null) return;
        json.WriteStartObject("program");
        json.WriteString("threads", program.Threads);
        json.WriteString("output", program.Output);
        json.WriteEndObject();
    }

    private static string TextOf(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";

    private static int NumberOf(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number : 0;
}
