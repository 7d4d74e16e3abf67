namespace Paging.Architecture.Tests;

/// <summary>The sources, seen from where the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static readonly Dictionary<string, string> Folders =
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(static path => Path.GetFileNameWithoutExtension(path), static path => Relative(Path.GetDirectoryName(path)!),
                StringComparer.Ordinal);

    /// <summary>The projects under src, in all groups.</summary>
    public static IEnumerable<string> Projects => Folders.Keys;

    /// <summary>The folder of a project under src, with forward slashes, from the root: <c>src/programs/Paging.Guest</c>.</summary>
    public static string FolderOf(string project) => Folders[project];

    /// <summary>The group of a project: the folder between src and the project's own. Empty for the engine.</summary>
    public static string GroupOf(string project) => FolderOf(project).Split('/') is [_, var group, _] ? group : "";

    /// <summary>The source files of a folder, without the output of builds; with forward slashes, from the root.</summary>
    public static IEnumerable<string> SourcesUnder(params string[] folders)
    {
        string start = Path.Combine([Root, .. folders]);
        return Directory.EnumerateFiles(start, "*.cs", SearchOption.AllDirectories)
            .Select(Relative)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string Find(string start)
    {
        for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Paging.sln"))) return directory.FullName;
        }

        throw new InvalidOperationException($"No Paging.sln above {start}.");
    }
}
