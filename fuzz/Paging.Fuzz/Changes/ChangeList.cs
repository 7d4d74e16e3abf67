namespace Paging.Fuzz.Changes;

/// <summary>Reads lists of changes: canaries, switches of rules, and mutants that change no result.</summary>
/// <remarks><code>
/// # a comment
/// in Paging.Core                    the assembly of the entries below
/// by everything processes           the targets that may notice them, tried in this order
/// merge-after-fork: an inherited history joins an area without one
///   AreaSet.MayInherit  !_roots.HasForkedHistory(neighbour)
///     ==> true
/// </code>
/// A line without indentation begins an entry, one with two spaces a change; more spaces continue the line above.
/// </remarks>
internal static class ChangeList
{
    /// <summary>One entry of a list.</summary>
    /// <param name="Title">Its first line.</param>
    /// <param name="Assembly">The assembly that its changes are in.</param>
    /// <param name="Targets">The targets that may notice it.</param>
    /// <param name="Changes">Its changes.</param>
    /// <param name="Place">File and line, for messages.</param>
    internal sealed record Entry(
        string Title, string Assembly, IReadOnlyList<string> Targets, IReadOnlyList<SourceChange> Changes, string Place);

    /// <summary>The entries of a list.</summary>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="lines">Its lines.</param>
    /// <exception cref="FormatException">The lines are no such list; the message names the line.</exception>
    public static IEnumerable<Entry> Read(string path, IReadOnlyList<string> lines)
    {
        string assembly = "";
        string[] targets = [];
        for (int at = 0; at < lines.Count;)
        {
            int first = at;
            string line = Line(lines, ref at);
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == ' ') throw new FormatException($"{path}:{at}: a change without an entry");
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["in", string name]) assembly = name;
            else if (words is ["by", .. string[] names]) targets = names;
            else yield return new(line, assembly, targets, Changes(path, lines, ref at), $"{path}:{first + 1}");
        }
    }

    private static List<SourceChange> Changes(string path, IReadOnlyList<string> lines, ref int at)
    {
        List<SourceChange> changes = [];
        while (at < lines.Count && lines[at].StartsWith("  ", StringComparison.Ordinal))
        {
            int first = at;
            string text = Line(lines, ref at).Trim();
            try
            {
                changes.Add(SourceChange.Parse(text));
            }
            catch (FormatException exception)
            {
                throw new FormatException($"{path}:{first + 1}: {exception.Message}", exception);
            }
        }

        return changes;
    }

    private static string Line(IReadOnlyList<string> lines, ref int at)
    {
        string line = lines[at++];
        while (at < lines.Count && lines[at].StartsWith("   ", StringComparison.Ordinal)) line += " " + lines[at++].Trim();
        return line;
    }
}
