using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Paging.Fuzz.Changes;
using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>A fault that does not compile is never tried: the target would say so only on the day that it chooses that canary.</summary>
/// <remarks>The sample is each fifth canary.</remarks>
public sealed class CanaryCompilationTests
{
    private static readonly CSharpParseOptions Syntax = new(LanguageVersion.Preview);

    [Trait("Category", "Slow")]
    [Fact]
    public void EachCanaryCompiles() =>
        Assert.All(Soak.Rows(CanaryFile.ReadAll(SourceChangeTests.Repository), 5)
            .GroupBy(static canary => canary.Assembly, StringComparer.Ordinal), CompileAll);

    private static void CompileAll(IGrouping<string, Canary> canaries)
    {
        string folder = SourceMembers.FolderOf(SourceChangeTests.Repository, canaries.Key);
        SourceMembers members = new(folder);
        Dictionary<string, SyntaxTree> trees = TreesOf(folder);
        CSharpCompilation sound = CSharpCompilation.Create(canaries.Key, trees.Values, References(canaries.Key),
            new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        ChangedSource[] all = [.. canaries.Select(canary => Apply(members, canary))];
        List<string> broken = [];
        foreach (ChangedSource[] together in Batches(all, trees))
        {
            CSharpCompilation changed = together.Aggregate(sound, (before, one) => before.ReplaceSyntaxTree(trees[one.Path], one.Tree));
            foreach (ChangedSource one in together)
            {
                SyntaxTree old = trees[one.Path];
                string[] errors = Errors(changed, one.Tree, old);
                // A file may lack what generators add, before and after the change.
                if (errors.Length != 0) errors = [.. errors.Except(Errors(sound, old), StringComparer.Ordinal)];
                broken.AddRange(errors.Select(error => $"{one.Canary}: {error}"));
            }
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    private static ChangedSource Apply(SourceMembers members, Canary canary)
    {
        (string path, string text) = members.Apply(canary.Change);
        return new(canary.Name, path, CSharpSyntaxTree.ParseText(text, Syntax, path));
    }

    /// <summary>
    /// Changes of bodies alone cannot be seen from another file, so those of several files are compiled together, one of each file. A
    /// change of a declaration is compiled alone.
    /// </summary>
    private static IEnumerable<ChangedSource[]> Batches(ChangedSource[] all, Dictionary<string, SyntaxTree> trees)
    {
        ILookup<bool, ChangedSource> byKind = all.ToLookup(one => SyntaxFactory.AreEquivalent(trees[one.Path], one.Tree, topLevel: true));
        return byKind[true].GroupBy(static one => one.Path, StringComparer.Ordinal).SelectMany(static ofFile => ofFile.Index())
            .GroupBy(static one => one.Index, static one => one.Item).Select(static batch => batch.ToArray())
            .Concat(byKind[false].Select(static one => new[] { one }));
    }

    /// <summary>The errors of a file; with the file before the change, only those of the members that differ.</summary>
    private static string[] Errors(CSharpCompilation compilation, SyntaxTree tree, SyntaxTree? before = null)
    {
        SemanticModel model = compilation.GetSemanticModel(tree);
        IEnumerable<Diagnostic> found = before is null || !SyntaxFactory.AreEquivalent(before, tree, topLevel: true)
            ? model.GetDiagnostics()
            : MembersThatDiffer(before, tree).SelectMany(member => model.GetDiagnostics(member.FullSpan));
        return [.. found.Where(static one => one.Severity == DiagnosticSeverity.Error)
            .Select(static one => $"{one.Id}: {one.GetMessage(null)}")];
    }

    /// <summary>The members of two files that differ in bodies alone, and so have the same members in the same order.</summary>
    private static IEnumerable<SyntaxNode> MembersThatDiffer(SyntaxTree before, SyntaxTree after)
    {
        SyntaxNode[] members = [.. MembersOf(after)];
        SyntaxNode[] differ = [.. MembersOf(before).Zip(members).Where(static pair => !pair.First.IsEquivalentTo(pair.Second))
            .Select(static pair => pair.Second)];
        Assert.NotEmpty(differ);
        return differ;
    }

    private static IEnumerable<SyntaxNode> MembersOf(SyntaxTree tree) => tree.GetRoot().DescendantNodes()
        .Where(static node => node is MemberDeclarationSyntax and not (BaseTypeDeclarationSyntax or BaseNamespaceDeclarationSyntax));

    /// <summary>The sources, and the imports that the build has generated.</summary>
    private static Dictionary<string, SyntaxTree> TreesOf(string folder)
    {
        string built = Path.Combine(folder, "obj");
        IEnumerable<string> sources = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.StartsWith(built, StringComparison.Ordinal));
        IEnumerable<string> imports =
            Directory.EnumerateFiles(Path.Combine(built, "Release"), "*.GlobalUsings.g.cs", SearchOption.AllDirectories);
        return sources.Concat(imports.Take(1)).ToDictionary(static path => path,
            static path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), Syntax, path), StringComparer.Ordinal);
    }

    private static IEnumerable<MetadataReference> References(string assembly) =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !string.Equals(Path.GetFileNameWithoutExtension(path), assembly, StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path));

    private sealed record ChangedSource(string Canary, string Path, SyntaxTree Tree);
}
