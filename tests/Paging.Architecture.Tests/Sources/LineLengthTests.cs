using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>No line of a source, a document or a script is longer than 140 columns.</summary>
/// <remarks>
/// Rows of tables in Markdown are exempt, as they cannot be broken. Editors take the limit from .editorconfig.
/// </remarks>
public sealed class LineLengthTests
{
    private const int ColumnCountMax = 140;

    private static readonly string[] Folders = ["src", "tests", "fuzz", "bench", "docs", "tools", ".ci"];

    public static TheoryData<string> Kinds { get; } = [".cs", ".md", ".sh", ""];

    [Theory, MemberData(nameof(Kinds))]
    public void NoLineIsLongerThanTheScreenIsWide(string extension)
    {
        string[] files = [.. Files().Where(path => string.Equals(Path.GetExtension(path), extension, StringComparison.Ordinal))];
        Assert.NotEmpty(files);
        string[] tooLong = [.. files.SelectMany(path => TooLongIn(path, extension is ".md"))];
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }

    [Fact]
    public void EditorsHaveTheSameLimit() =>
        Assert.Contains($"max_line_length = {ColumnCountMax}\n", Repository.Read(".editorconfig"), StringComparison.Ordinal);

    private static IEnumerable<string> TooLongIn(string path, bool hasTables) =>
        Repository.Read(path).Split('\n').Index()
            .Where(line => line.Item.Length > ColumnCountMax && !(hasTables && line.Item.StartsWith('|')))
            .Select(line => $"{path}:{line.Index + 1}: {line.Item.Length} columns");

    /// <summary>Every file under git, without the output of builds; .ci holds scripts without an extension.</summary>
    private static IEnumerable<string> Files() =>
        Folders.Select(static folder => Path.Combine(Repository.Root, folder)).Where(Directory.Exists)
            .SelectMany(static folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Repository.Root, "*.md"))
            .Select(static path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Where(static path => Path.GetExtension(path).Length != 0 || path.StartsWith(".ci/", StringComparison.Ordinal));
}
