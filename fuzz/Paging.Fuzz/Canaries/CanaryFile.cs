using Paging.Fuzz.Changes;

namespace Paging.Fuzz;

/// <summary>Reads lists of canaries: a <see cref="ChangeList"/> with one change in each entry, whose title is <c>NAME: WHAT</c>.</summary>
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
    /// <exception cref="FormatException">A file is not such a list; the message names the line.</exception>
    public static List<Canary> ReadAll(string repository) =>
        [.. Directory.GetFiles(Path.Combine(repository, Place), "*.canary").Order(StringComparer.Ordinal)
            .SelectMany(static path => Read(path, File.ReadAllLines(path)))];

    /// <summary>The canaries of one list.</summary>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="lines">Its lines.</param>
    /// <exception cref="FormatException">The lines are no such list.</exception>
    public static IEnumerable<Canary> Read(string path, IReadOnlyList<string> lines) => ChangeList.Read(path, lines).Select(Of);

    /// <summary>The canary that an entry describes.</summary>
    /// <exception cref="FormatException">The entry has no name, no assembly, no target, or not exactly one change.</exception>
    public static Canary Of(ChangeList.Entry entry) =>
        entry.Title.Split(": ", 2) is [string name, string what]
        && entry is { Assembly.Length: > 0, Targets.Count: > 0, Changes: [var change] }
            ? new(name, what, entry.Assembly, entry.Targets, change)
            : throw new FormatException($"{entry.Place}: expected 'NAME: WHAT' and one change, below 'in ASSEMBLY' and 'by TARGET'");
}
