namespace Paging.Fuzz;

/// <summary>Reads lists of canaries.</summary>
/// <remarks><code>
/// # anything
/// canary merge-ignores-rights
/// what   neighbours become one although their rights differ
/// file   src/Paging.Core/Areas/AreaSet.cs
/// by     everything
/// find
///         the lines as they stand there
/// replace
///         other lines, or none
/// end
/// </code></remarks>
internal static class CanaryFile
{
    private static readonly string Place = Path.Combine("fuzz", "canaries");

    /// <summary>Finds the repository above a directory; null if there is none.</summary>
    public static string? FindRepository(string below)
    {
        for (DirectoryInfo? directory = new(below); directory is not null; directory = directory.Parent)
            if (Directory.Exists(Path.Combine(directory.FullName, Place)) && Directory.Exists(Path.Combine(directory.FullName, "src")))
                return directory.FullName;
        return null;
    }

    /// <summary>All canaries of a repository, list by list in the order of their names.</summary>
    /// <exception cref="FormatException">A file is not such a list; the message says where.</exception>
    public static List<Canary> ReadAll(string repository) =>
        [.. Directory.GetFiles(Path.Combine(repository, Place), "*.canary").Order(StringComparer.Ordinal)
            .SelectMany(static path => Read(path, File.ReadAllLines(path)))];

    /// <summary>The canaries of one list.</summary>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="lines">Its lines.</param>
    /// <param name="kind">The word that begins each of them.</param>
    /// <exception cref="FormatException">The lines are no such list.</exception>
    public static IEnumerable<Canary> Read(string path, IReadOnlyList<string> lines, string kind = "canary")
    {
        for (int at = 0; at < lines.Count;)
        {
            if (lines[at].Length == 0 || lines[at][0] == '#')
            {
                at++;
                continue;
            }

            string name = Field(path, lines, at++, kind), what = Field(path, lines, at++, "what"),
                file = Field(path, lines, at++, "file");
            string[] targets = Field(path, lines, at++, "by").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Field(path, lines, at++, "find");
            string find = Until("replace"), replace = Until("end");
            yield return new(name, what, file, targets, find, replace);

            string Until(string keyword)
            {
                int first = at;
                while (at < lines.Count && !string.Equals(lines[at], keyword, StringComparison.Ordinal)) at++;
                if (at == lines.Count) throw new FormatException($"{path}:{first + 1}: no line says '{keyword}'");
                return string.Join('\n', lines.Skip(first).Take(at++ - first));
            }
        }
    }

    private static string Field(string path, IReadOnlyList<string> lines, int at, string keyword)
    {
        string line = at < lines.Count ? lines[at] : "";
        return line.Split(' ', 2) is [string word, .. string[] rest] && string.Equals(word, keyword, StringComparison.Ordinal)
            ? string.Join(' ', rest).Trim()
            : throw new FormatException($"{path}:{at + 1}: expected '{keyword}', found '{line}'");
    }
}
