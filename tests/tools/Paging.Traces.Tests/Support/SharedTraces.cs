namespace Paging.Traces.Tests;

/// <summary>The traces beside the repository. They are other people's, so a clone does not have them.</summary>
internal static class SharedTraces
{
    public const string Reason = "../shared/traces is not there: the traces are third-party data and no part of the repository";

    public static string Directory { get; } = Find();

    public static bool Exist => File.Exists(GoldensFile);

    public static string GoldensFile => Path.Combine(Directory, "goldens.csv");

    /// <summary>The file of a trace; null for one that is a string in the README.</summary>
    public static string? FileOf(string trace) =>
        System.IO.Directory.EnumerateFiles(Directory, $"{trace}.*.gz", SearchOption.AllDirectories).SingleOrDefault();

    private static string Find()
    {
        DirectoryInfo? repository = new(AppContext.BaseDirectory);
        while (repository is not null && !File.Exists(Path.Combine(repository.FullName, "Paging.sln"))) repository = repository.Parent;
        return repository is null ? "" : Path.GetFullPath(Path.Combine(repository.FullName, "..", "shared", "traces"));
    }
}
