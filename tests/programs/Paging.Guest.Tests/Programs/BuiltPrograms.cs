using System.Collections.Concurrent;
using System.Diagnostics;
using Paging.Guest.Tests;

[assembly: AssemblyFixture(typeof(BuiltPrograms))]

namespace Paging.Guest.Tests;

/// <summary>The programs of tests/programs/sources, each built once for all tests, when the first of them asks.</summary>
public sealed class BuiltPrograms : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-programs-").FullName;
    private readonly ConcurrentDictionary<string, Lazy<string>> _pathByName = new(StringComparer.Ordinal);

    /// <summary>Why no program for i386 can be built here; null where one can.</summary>
    internal static Lazy<string?> CompilerRefusal { get; } = new(TryCompiler);

    /// <summary>Where a program is; skips where there is no compiler.</summary>
    /// <exception cref="InvalidOperationException">The compiler works, and the program does not compile.</exception>
    public string Find(string name)
    {
        if (CompilerRefusal.Value is { } refusal) Assert.Skip(refusal);
        return _pathByName.GetOrAdd(name, name => new(() => Build(name))).Value;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Compiles one program; skips where there is no compiler.</summary>
    /// <exception cref="InvalidOperationException">The compiler works, and the program does not compile.</exception>
    internal static void Compile(string source, string program)
    {
        if (CompilerRefusal.Value is { } refusal) Assert.Skip(refusal);
        RunOrThrow("gcc", ["-m32", "-static", "-O1", "-pthread", "-o", program, source]);
    }

    private string Build(string name)
    {
        RunOrThrow("bash", [Path.Combine(RepositoryRoot(), "tests", "programs", "sources", "build.sh"), _directory, name]);
        return Path.Combine(_directory, name);
    }

    private static string? TryCompiler()
    {
        if (!OperatingSystem.IsLinux()) return "The host is no Linux.";
        string directory = Directory.CreateTempSubdirectory("paging-compiler-").FullName;
        try
        {
            string source = Path.Combine(directory, "empty.c");
            File.WriteAllText(source, "#include <pthread.h>\n#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n");
            RunOrThrow("gcc", ["-m32", "-static", "-pthread", "-o", Path.Combine(directory, "empty"), source]);
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no gcc here.";
        }
        catch (InvalidOperationException failure)
        {
            return $"gcc -m32 -static does not work here: {failure.Message.Split('\n')[0]}";
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void RunOrThrow(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, UseShellExecute = false };
        using System.Diagnostics.Process build = System.Diagnostics.Process.Start(start)!;
        string errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0) throw new InvalidOperationException(errors);
    }

    /// <summary>The root of the repository.</summary>
    internal static string RepositoryRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Paging.sln"))) directory = Path.GetDirectoryName(directory);
        return directory ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
