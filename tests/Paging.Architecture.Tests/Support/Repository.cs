namespace Paging.Architecture.Tests;

/// <summary>The sources, seen from where the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The projects under src.</summary>
    public static IEnumerable<string> Projects =>
        Directory.EnumerateDirectories(Path.Combine(Root, "src")).Where(static path => Directory.EnumerateFiles(path, "*.csproj").Any())
            .Select(static path => Path.GetFileName(path));

    /// <summary>The source files of a folder, what builds leave behind apart; with forward slashes, from the root.</summary>
    public static IEnumerable<string> SourcesUnder(params string[] folders)
    {
        string start = Path.Combine([Root, .. folders]);
        return Directory.EnumerateFiles(start, "*.cs", SearchOption.AllDirectories)
            .Select(static path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Find(string start)
    {
        for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Paging.sln"))) return directory.FullName;
        }

        throw new InvalidOperationException($"No Paging.sln above {start}.");
    }
}
