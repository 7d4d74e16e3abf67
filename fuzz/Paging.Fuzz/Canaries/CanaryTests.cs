namespace Paging.Fuzz;

/// <summary>Tests that catch a canary where no fuzz target reaches its assembly: <c>Remote/SlotReuseTests</c>.</summary>
/// <param name="Project">The project of the tests.</param>
/// <param name="Class">The class.</param>
internal sealed record CanaryTests(string Project, string Class)
{
    /// <summary>The tests that a word of a list names; null if it is the name of a target.</summary>
    public static CanaryTests? Of(string word) =>
        word.Split('/') is [string project, string type] ? new($"Paging.{project}.Tests", type) : null;

    /// <summary>The folder of the project in a repository.</summary>
    /// <exception cref="InvalidOperationException">There is no such project.</exception>
    public string FolderIn(string repository) => Path.GetDirectoryName(
        Directory.EnumerateFiles(Path.Combine(repository, "tests"), Project + ".csproj", SearchOption.AllDirectories).Single())!;

    /// <summary>The folder in which a build puts the tests.</summary>
    public string BuiltIn(string repository) => Path.Combine(FolderIn(repository), "bin", "Release", "net10.0");
}
