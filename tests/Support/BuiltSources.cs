using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace Paging.Tests;

/// <summary>The programs of a folder of sources. Each is built once for all tests, when the first of them needs it.</summary>
/// <param name="sources">The folder. It has a script, build.sh, that builds one program.</param>
/// <param name="extension">The end of the programs' file names.</param>
public abstract class BuiltSources(string sources, string extension) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<string>> _pathByName = new(StringComparer.Ordinal);

    /// <summary>The temporary directory of the programs.</summary>
    protected string Home { get; } = Directory.CreateTempSubdirectory("paging-programs-").FullName;

    /// <summary>The reason why no program can be built here, or null.</summary>
    protected abstract string? Refusal { get; }

    /// <summary>Returns the path of a program. Skips the test if there is no compiler.</summary>
    /// <exception cref="InvalidOperationException">The compiler works, and the program does not compile.</exception>
    public string Find(string name)
    {
        if (Refusal is { } refusal) Assert.Skip(refusal);
        return _pathByName.GetOrAdd(name, name => new(() => Build(name))).Value;
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(Home, recursive: true);
    }

    /// <summary>The root of the repository.</summary>
    internal static string RepositoryRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Paging.sln"))) directory = Path.GetDirectoryName(directory);
        return directory ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }

    /// <summary>Returns the reason why a compiler cannot build a program that includes these headers, or null.</summary>
    protected static string? TryCompiler(string compiler, string[] options, string package, params string[] headers)
    {
        string directory = Directory.CreateTempSubdirectory("paging-compiler-").FullName;
        try
        {
            string source = Path.Combine(directory, "empty.c");
            File.WriteAllText(source, string.Concat(headers.Select(static header => $"#include <{header}>\n"))
                + "int main(void) { return puts(\"\") < 0; }\n");
            string errors = RunToEnd(new(compiler, [.. options, "-o", Path.Combine(directory, "empty"), source]), out int status).Errors;
            if (status == 0) return null;
            string command = string.Join(' ', [compiler, .. options]);
            return $"{command} does not work here ({errors.Split('\n')[0]}): apt-get install {package}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"There is no {compiler} here: apt-get install {package}";
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Runs a program of the host.</summary>
    /// <exception cref="InvalidOperationException">It failed. The message is its standard error.</exception>
    protected static void RunOrThrow(string program, params string[] arguments)
    {
        string errors = RunToEnd(new(program, arguments), out int status).Errors;
        if (status != 0) throw new InvalidOperationException(errors);
    }

    /// <summary>Runs a program of the host, for two minutes at most.</summary>
    protected static (string Output, string Errors) RunToEnd(ProcessStartInfo start, out int status)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError, start.UseShellExecute) = (true, true, false);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2))) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        status = process.ExitCode;
        return (output.Result, errors.Result);
    }

    private string Build(string name)
    {
        RunOrThrow("bash", Path.Combine(sources, "build.sh"), Home, name);
        return Path.Combine(Home, name + extension);
    }
}
