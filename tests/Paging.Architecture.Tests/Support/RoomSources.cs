using System.Text.RegularExpressions;

namespace Paging.Architecture.Tests;

/// <summary>
/// Reads the <c>using</c> lines of source files: they name what leaves no trace in an assembly, such as constants of another type.
/// </summary>
internal static partial class RoomSources
{
    /// <summary>
    /// Lines of files under a folder of the repository that enter a room above the file's own; and <c>using static</c> of a type there.
    /// </summary>
    /// <remarks>A namespace of several rooms counts as the lowest of them: the uses of its types are read from the assembly.</remarks>
    public static List<string> Upward(string folder, IReadOnlyList<Room> rooms)
    {
        List<string> found = [];
        foreach (string path in Repository.SourcesUnder(folder.Split('/')))
        {
            string text = Repository.Read(path);
            if (FileNamespace().Match(text) is not { Success: true } own) continue;
            int last = LastOf(own.Groups["name"].Value, rooms);
            foreach (Match line in Using().Matches(text))
            {
                string name = line.Groups["name"].Value;
                int first = FirstOf(name, rooms);
                if (first > last) found.Add($"{path}: {line.Value.Trim()}");
            }
        }

        return found;
    }

    private static int LastOf(string space, IReadOnlyList<Room> rooms)
    {
        for (int i = rooms.Count - 1; i >= 0; i--)
        {
            if (string.Equals(rooms[i].Namespace, space, StringComparison.Ordinal)) return i;
            if (rooms[i].Types.Any(type => string.Equals(Path.GetFileNameWithoutExtension(type), space, StringComparison.Ordinal)
                && type.Contains('.', StringComparison.Ordinal))) return i;
        }

        return -1;
    }

    /// <summary>The room of a namespace, or of a type in it (<c>using static</c>, an alias).</summary>
    private static int FirstOf(string name, IReadOnlyList<Room> rooms)
    {
        int dot = name.LastIndexOf('.');
        for (int i = 0; i < rooms.Count; i++)
        {
            if (string.Equals(rooms[i].Namespace, name, StringComparison.Ordinal)) return i;
        }

        return dot < 0 ? -1 : FirstOf(name[..dot], rooms);
    }

    [GeneratedRegex(@"^\s*(global\s+)?using\s+(static\s+)?(\w+\s*=\s*)?(?<name>[A-Za-z_][\w.]*)", RegexOptions.ExplicitCapture
        | RegexOptions.Multiline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Using();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+);", RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex FileNamespace();
}
