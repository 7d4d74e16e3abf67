using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
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
        ImmutableArray<Diagnostic> found = await AnalyzedCode.Find(new DroppedErrorAnalyzer(), source);
        Assert.Equal(warning is null ? [] : [$"The {warning} is dropped: check it, or assign it to _"],
            found.Select(static one => one.GetMessage(null)), StringComparer.Ordinal);
        Assert.All(found, static one => Assert.Equal((DroppedErrorAnalyzer.Id, DiagnosticSeverity.Warning), (one.Id, one.Severity)));
    }

    [Fact]
    public async Task TheSamplesDropNoError() => Assert.Empty(await AnalyzedCode.FindInSamples(new DroppedErrorAnalyzer()));
}
