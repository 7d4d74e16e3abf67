using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Paging.Fuzz.Changes;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>A fault that does not compile is never tried: the target would say so only on the day that it chooses that canary.</summary>
public sealed class CanaryCompilationTests
{
    private static readonly CSharpParseOptions Syntax = new(LanguageVersion.Preview);

    [Trait("Category", "Slow")]
    [Fact]
    public void EachCanaryCompiles() =>
        Assert.All(CanaryFile.ReadAll(SourceChangeTests.Repository)
            .GroupBy(static canary => canary.Assembly, StringComparer.Ordinal), CompileAll);

    private static void CompileAll(IGrouping<string, Canary> canaries)
    {
        string folder = SourceMembers.FolderOf(SourceChangeTests.Repository, canaries.Key);
        SourceMembers members = new(folder);
        Dictionary<string, SyntaxTree> trees = TreesOf(folder);
        CSharpCompilation sound = CSharpCompilation.Create(canaries.Key, trees.Values, References(canaries.Key),
            new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        Dictionary<string, string[]> known = new(StringComparer.Ordinal);    // of sound files, which lack what generators would add
        Assert.All(canaries, canary =>
        {
            (string path, string text) = members.Apply(canary.Change);
            SyntaxTree old = trees[path], changed = CSharpSyntaxTree.ParseText(text, Syntax, path);
            if (!known.TryGetValue(path, out string[]? before)) known.Add(path, before = Errors(sound, old));
            Assert.Empty(Errors(sound.ReplaceSyntaxTree(old, changed), changed).Except(before, StringComparer.Ordinal));
        });
    }

    private static string[] Errors(CSharpCompilation compilation, SyntaxTree tree) =>
        [.. compilation.GetSemanticModel(tree).GetDiagnostics().Where(static found => found.Severity == DiagnosticSeverity.Error)
            .Select(static found => $"{found.Id}: {found.GetMessage(null)}")];

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
}
