using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>A clone builds and tests everything with the solution alone.</summary>
public sealed class SolutionTests
{
    private static readonly string[] Folders = ["src", "tests", "bench", "fuzz"];

    [Fact]
    public void TheSolutionHoldsEveryProject()
    {
        string solution = Repository.Read("Paging.sln").Replace('\\', '/');
        IEnumerable<string> missing = Folders
            .Where(static folder => Directory.Exists(Path.Combine(Repository.Root, folder)))
            .SelectMany(static folder =>
                Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories))
            .Select(static path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !solution.Contains(path, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    /// <summary>A run of the tests does not build the benchmarks, which <c>.ci/run</c> builds itself.</summary>
    [Fact]
    public void TheSolutionDoesNotBuildTheBenchmarks()
    {
        string solution = Repository.Read("Paging.sln");
        string project = solution.Split('\n').Single(static line => line.Contains("\"Paging.Bench\"", StringComparison.Ordinal));
        string id = project[project.LastIndexOf('{')..(project.LastIndexOf('}') + 1)];
        Assert.Contains($"{id}.Release|Any CPU.ActiveCfg", solution, StringComparison.Ordinal);
        Assert.DoesNotContain($"{id}.Release|Any CPU.Build.0", solution, StringComparison.Ordinal);
    }

    [Fact]
    public void VersionsOfPackagesAreCentral()
    {
        IEnumerable<string> own = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.csproj", SearchOption.AllDirectories))
            .Where(static path => File.ReadAllLines(path)
                .Any(static line => line.Contains("<PackageReference", StringComparison.Ordinal)
                && line.Contains("Version=", StringComparison.Ordinal)))
            .Select(static path => Path.GetFileName(path));
        Assert.Empty(own);
    }
}
