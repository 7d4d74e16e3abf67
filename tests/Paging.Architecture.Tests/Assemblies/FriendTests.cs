using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Which product assemblies see the internals of another one: docs/decisions/0039.</summary>
public sealed partial class FriendTests
{
    private static readonly string[] InsideTheEngine =
    [
        "Paging.Native → Paging.Core", "Paging.Contracts → Paging.Core", "Paging.Native → Paging.Windows",
        "Paging.Contracts → Paging.Windows", "Paging.Core → Paging.Windows",
    ];

    [Fact]
    public void NoGroupBesideTheEngineSeesInternals()
    {
        HashSet<string> products = [.. Repository.Projects, "paging"];
        IEnumerable<string> friends = Repository.Projects.SelectMany(project =>
            Friend().Matches(Repository.Read($"{Repository.FolderOf(project)}/{project}.csproj"))
                .Select(static match => match.Groups["name"].Value).Where(products.Contains)
                .Select(friend => $"{project} → {friend}"));
        Assert.Equal(InsideTheEngine.Order(StringComparer.Ordinal), friends.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("InternalsVisibleTo Include=\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Friend();
}
