using Paging.Guest.Tests;
using Paging.Tests;

[assembly: AssemblyFixture(typeof(BuiltPrograms))]

namespace Paging.Guest.Tests;

/// <summary>The programs of tests/programs/sources.</summary>
public sealed class BuiltPrograms() : BuiltSources(Path.Combine(RepositoryRoot(), "tests", "programs", "sources"), extension: "")
{
    /// <summary>Why no program for i386 can be built here; null where one can.</summary>
    internal static Lazy<string?> CompilerRefusal { get; } = new(static () => !OperatingSystem.IsLinux() ? "The host is no Linux."
        : TryCompiler("gcc", ["-m32", "-static", "-pthread"], "gcc-multilib", "pthread.h", "stdio.h"));

    /// <inheritdoc/>
    protected override string? Refusal => CompilerRefusal.Value;

    /// <summary>Compiles one program; skips where there is no compiler.</summary>
    /// <exception cref="InvalidOperationException">The compiler works, and the program does not compile.</exception>
    internal static void Compile(string source, string program)
    {
        if (CompilerRefusal.Value is { } refusal) Assert.Skip(refusal);
        RunOrThrow("gcc", "-m32", "-static", "-O1", "-pthread", "-o", program, source);
    }
}
