using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Code of a user of the engine, which an analyzer of the package Paging reads.</summary>
internal static class AnalyzedCode
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>A program without sources. Those of all tests are added to it, so that its 200 references are read once.</summary>
    public static CSharpCompilation Empty { get; } = CSharpCompilation.Create("user", syntaxTrees: null,
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(static path => MetadataReference.CreateFromFile(path)),
        new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));

    /// <summary>The warnings about the sources of a program, which compile.</summary>
    public static async Task<ImmutableArray<Diagnostic>> Find(DiagnosticAnalyzer analyzer, params string[] sources)
    {
        CSharpCompilation compilation =
            Empty.AddSyntaxTrees(sources.Select(static source => CSharpSyntaxTree.ParseText(source, new(LanguageVersion.Preview))));
        Assert.Empty(compilation.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(static one => one.Severity == DiagnosticSeverity.Error).Select(static one => one.ToString()));
        return await compilation.WithAnalyzers([analyzer]).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The warnings about the samples.</summary>
    public static async Task<IEnumerable<string>> FindInSamples(DiagnosticAnalyzer analyzer)
    {
        string folder = Path.Combine(Repository.Root, "samples/Paging.Samples");
        string[] sources = [.. Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText)];
        Assert.NotEmpty(sources);
        return (await Find(analyzer, [Usings, .. sources])).Select(static one => one.ToString());
    }
}
