namespace Paging.Fuzz.Changes;

/// <summary>One change of a source: in a member, a piece of code and its replacement.</summary>
/// <param name="Member">Type and member, <c>AreaSet.TryJoin</c>; all overloads and all parts of a partial type count as one member.</param>
/// <param name="Find">The code to find. Only its tokens count: line breaks, indentation and comments do not.</param>
/// <param name="Replacement">The code to put there; empty to drop what was found.</param>
internal sealed record SourceChange(string Member, string Find, string Replacement)
{
    /// <summary>Stands between the two pieces of code.</summary>
    public const string Arrow = "==>";

    /// <summary>Stands for an empty replacement.</summary>
    public const string Dropped = "dropped";

    /// <summary>The replacement as a list has it.</summary>
    public string Written => Replacement.Length == 0 ? Dropped : Replacement;

    /// <summary>Reads <c>Type.Member  FIND ==> REPLACEMENT</c>.</summary>
    /// <exception cref="FormatException">The text has not this form.</exception>
    public static SourceChange Parse(string text)
    {
        int arrow = text.IndexOf($" {Arrow} ", StringComparison.Ordinal), member = text.IndexOf("  ", StringComparison.Ordinal);
        if (member <= 0 || arrow <= member)
            throw new FormatException($"expected 'Type.Member  CODE {Arrow} CODE', found '{text}'");
        string replacement = text[(arrow + Arrow.Length + 2)..].Trim();
        return new(text[..member], text[member..arrow].Trim(), replacement is Dropped ? "" : replacement);
    }
}
