using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The public surface is a decision: PublicSurface.txt, beside this file, lists it, so that a change shows in a diff.</summary>
public sealed class ApiTests
{
    private const string Document = "tests/Paging.Architecture.Tests/Documents/PublicSurface.txt";
    private const string WriteVariable = "PAGING_WRITE_API";

    [Fact]
    public void TheListNamesEveryPublicMember()
    {
        string actual = PublicSurface.Describe();
        string path = Path.Combine(Repository.Root, Document);
        if (Environment.GetEnvironmentVariable(WriteVariable) is "1") File.WriteAllText(path, actual);
        string[] written = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] built = actual.TrimEnd('\n').Split('\n');
        IEnumerable<string> changes = built.Except(written, StringComparer.Ordinal).Select(static line => "+ " + line)
            .Concat(written.Except(built, StringComparer.Ordinal).Select(static line => "- " + line)).Take(20);
        Assert.True(built.AsSpan().SequenceEqual(written), $"""
            {Document} and the public surface differ:
            {string.Join('\n', changes)}
            If the change is meant: {WriteVariable}=1 dotnet test -c Release --project tests/Paging.Architecture.Tests --filter ApiTests
            """);
    }
}
