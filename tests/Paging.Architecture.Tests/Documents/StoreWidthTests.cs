using Microsoft.CodeAnalysis;
using Paging.Analyzers;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The analyzer of the package Paging warns where a store is as wide as an int that nobody wrote; the samples have none.</summary>
public sealed class StoreWidthTests
{
    [Theory]
    [InlineData("mmu.Write(at, 1);", "Write")]
    [InlineData("mmu.Write(at, -1);", "Write")]
    [InlineData("mmu.Write(at, narrow + 1);", "Write")]
    [InlineData("mmu.Write(at, narrow | (narrow << 8));", "Write")]
    [InlineData("mmu.Write(at, narrow > 3 ? 0 : 1);", "Write")]
    [InlineData("_ = mmu.TryWrite(at, 1);", "TryWrite")]
    [InlineData("_ = mmu.TryWrite(at, 1, out MemoryFault fault);", "TryWrite")]
    [InlineData("_ = mmu.TryWriteHit(at, 1);", "TryWriteHit")]
    [InlineData("_ = mmu.Exchange(at, 0x10);", "Exchange")]
    [InlineData("maybe?.Write(at, 1);", "Write")]
    [InlineData("mmu.Write<byte>(at, 1);", null)]
    [InlineData("mmu.Write<int>(at, 1);", null)]
    [InlineData("mmu.Write(at, 1u);", null)]
    [InlineData("mmu.Write(at, (byte)1);", null)]
    [InlineData("mmu.Write(at, (int)narrow);", null)]
    [InlineData("mmu.Write(at, word);", null)]
    [InlineData("mmu.Write(at, word + 1);", null)]
    [InlineData("mmu.Write(at, narrow);", null)]
    [InlineData("mmu.Write(at, 'x');", null)]
    [InlineData("_ = mmu.TryExchange(at, 1, out int old, out MemoryFault fault);", null)]
    [InlineData("_ = mmu.CompareExchange(at, 1, 0);", null)]
    [InlineData("_ = mmu.Read<int>(at);", null)]
    public async Task AnInferredWidthIsAWarning(string statement, string? method)
    {
        string source = $$"""
            using Paging.Core;
            using Paging.Native;
            static class Program
            {
                static void Main() { }
                static void Use(Mmu mmu, Mmu? maybe, VirtualAddress at, byte narrow, int word) { {{statement}} }
            }
            """;
        IEnumerable<Diagnostic> found = await AnalyzedCode.Find(new StoreWidthAnalyzer(), source);
        Assert.Equal(method is null ? [] : [$"'{method}' stores the 4 bytes of an int: name the type, as in {method}<int>"],
            found.Select(static one => one.GetMessage(null)), StringComparer.Ordinal);
        Assert.All(found, static one => Assert.Equal((StoreWidthAnalyzer.Id, DiagnosticSeverity.Warning), (one.Id, one.Severity)));
    }

    [Fact]
    public async Task TheSamplesNameTheirWidths() => Assert.Empty(await AnalyzedCode.FindInSamples(new StoreWidthAnalyzer()));
}
