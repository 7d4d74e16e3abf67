using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Paging.Analyzers;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The analyzer of the package Paging warns where an error is dropped; the samples drop none.</summary>
public sealed class DroppedErrorTests
{
    [Theory]
    [InlineData("memory.Unmap(default, 4096);", "Errno of 'Unmap'")]
    [InlineData("Action later = () => memory.Unmap(default, 4096);", "Errno of 'Unmap'")]
    [InlineData("process?.Memory.Unmap(default, 4096);", "Errno of 'Unmap'")]
    [InlineData("for (int i = 0; i < 2; i++) snapshot.Restore();", "Errno of 'Restore'")]
    [InlineData("windows.VirtualFree(default, 0, default);", "Win32Error of 'VirtualFree'")]
    [InlineData("_ = memory.Unmap(default, 4096);", null)]
    [InlineData("Errno error = memory.Unmap(default, 4096); if (error != Errno.None) return;", null)]
    [InlineData("Func<Errno> later = () => memory.Unmap(default, 4096);", null)]
    [InlineData("memory.Mmu.Write(default, 1u);", null)]
    [InlineData("Errno last; last = memory.Unmap(default, 4096);", null)]
    public async Task ADroppedErrorIsAWarning(string statement, string? warning)
    {
        string source = $$"""
            using System;
            using Paging.Core;
            using Paging.Native;
            static class Program
            {
                static void Main() { }
                static void Use(UserProcess? process, AddressSpace memory, Snapshot snapshot, Paging.Windows.VirtualMemory windows)
                { {{statement}} }
            }
            """;
        ImmutableArray<Diagnostic> found = await Analyze([source]);
        Assert.Equal(warning is null ? [] : [$"The {warning} is dropped: check it, or assign it to _"],
            found.Select(static one => one.GetMessage(null)), StringComparer.Ordinal);
        Assert.All(found, static one => Assert.Equal((DroppedErrorAnalyzer.Id, DiagnosticSeverity.Warning), (one.Id, one.Severity)));
    }

    [Fact]
    public async Task TheSamplesDropNoError()
    {
        string folder = Path.Combine(Repository.Root, "samples/Paging.Samples");
        string[] sources = [.. Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText)];
        Assert.NotEmpty(sources);
        Assert.Empty((await Analyze([Usings, .. sources])).Select(static one => one.ToString()));
    }

    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static async Task<ImmutableArray<Diagnostic>> Analyze(IEnumerable<string> sources)
    {
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        CSharpCompilation compilation = CSharpCompilation.Create("user",
            sources.Select(static source => CSharpSyntaxTree.ParseText(source, new(LanguageVersion.Preview))),
            platform.Split(Path.PathSeparator).Select(static path => MetadataReference.CreateFromFile(path)),
            new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));
        Assert.Empty(compilation.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(static one => one.Severity == DiagnosticSeverity.Error).Select(static one => one.ToString()));
        return await compilation.WithAnalyzers([new DroppedErrorAnalyzer()])
            .GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
    }
}
