using Paging.Fuzz.Changes;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>Every change that a list names has its place in the sources of today.</summary>
public sealed class SourceChangeTests : IDisposable
{
    internal static readonly string Repository = CanaryFile.FindRepository(AppContext.BaseDirectory)
        ?? throw new InvalidOperationException("The tests run inside the repository.");

    private static readonly Dictionary<string, SourceMembers> ReadBefore = new(StringComparer.Ordinal);    // the tests here run in turn
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("paging-changes-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Trait("Category", "Medium")]
    [Fact]
    public void EachCanaryAppliesExactlyOnce() => Assert.All(CanaryFile.ReadAll(Repository), AppliesOnce);

    [Trait("Category", "Medium")]
    [Fact]
    public void EachSwitchOfARuleAppliesExactlyOnce() => Assert.All(RuleBook.Switches(Repository), rule =>
    {
        Assert.Contains(rule.Assembly, RuleBook.Models, StringComparer.Ordinal);
        AppliesOnce(rule);
    });

    /// <summary>A mutant that changes no result may occur in a member several times; none may name code that is gone.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void EachEquivalentMutantIsOfCodeThatIsThere() =>
        Assert.All(Directory.GetFiles(Path.Combine(Repository, "tools", "Mutants"), "*.equivalent"), path =>
            Assert.All(ChangeList.Read(path, File.ReadAllLines(path)), entry =>
                Assert.All(entry.Changes, change => Assert.NotEmpty(MembersOf(entry.Assembly).PlacesOf(change)))));

    [Theory]
    [InlineData("T.M  a && b ==> a", "return a;")]    // other spacing, a comment between
    [InlineData("T.M  && b ==> dropped", "return a  ;")]
    [InlineData("T  class T ==> class U", "class U")]
    public void OnlyTokensCount(string change, string changed)
    {
        SourceMembers members = Parse("class T { bool M(bool a, bool b) { return a  &&    // why\n b; } int N() => 1; }");
        Assert.Contains(changed, members.Apply(SourceChange.Parse(change)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("T.N  1 ==> 2", "T.N has not exactly one place")]
    [InlineData("T.M  1 ==> 2", "there is no T.M")]
    [InlineData("T.N  1 + 1 ==> 2 +", "the code with")]
    [InlineData("T.N  3 ==> 2", "T.N has not exactly one place")]
    public void AChangeWithoutAPlaceOfItsOwnIsRefused(string change, string message)
    {
        SourceMembers members = Parse("class T { int N() => 1 + 1; }");
        FormatException refusal = Assert.Throws<FormatException>(() => members.Apply(SourceChange.Parse(change)));
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    private SourceMembers Parse(string source)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "t.cs"), source);
        return new(_folder.FullName);
    }

    private static void AppliesOnce(Canary canary)
    {
        (string path, string text) = MembersOf(canary.Assembly).Apply(canary.Change);
        Assert.NotEqual(File.ReadAllText(path), text, StringComparer.Ordinal);
        Assert.All(canary.Targets, static target =>
        {
            if (CanaryTests.Of(target) is { } tests)
                Assert.Single(Directory.GetFiles(tests.FolderIn(Repository), tests.Class + ".cs", SearchOption.AllDirectories));
            else Assert.True(TargetTable.Exists(target), target);
        });
    }

    private static SourceMembers MembersOf(string assembly)
    {
        if (!ReadBefore.TryGetValue(assembly, out SourceMembers? members))
            ReadBefore.Add(assembly, members = new(SourceMembers.FolderOf(Repository, assembly)));
        return members;
    }
}
