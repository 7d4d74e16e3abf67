namespace Paging.Scripting.Parsing;

/// <summary>A line of a file, as error messages name it.</summary>
public readonly record struct ScenarioPlace(string FileName, int Line)
{
    private const int ExcerptLength = 40;

    /// <summary>The exception to throw: <c>throw place.Error("…")</c>.</summary>
    public ScenarioFormatException Error(string reason) => new(FileName, Line, reason);

    /// <summary>The line's text, in quotation marks and short enough for a message. Control characters never get this far.</summary>
    public static string Excerpt(ReadOnlySpan<char> text)
    {
        if (text.Length <= ExcerptLength) return $"'{text}'";
        int length = char.IsHighSurrogate(text[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength;
        return $"'{text[..length]}…'";
    }
}
