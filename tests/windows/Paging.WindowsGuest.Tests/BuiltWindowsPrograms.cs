using System.Collections.Concurrent;
using System.Diagnostics;
using Paging.WindowsGuest.Tests;

[assembly: AssemblyFixture(typeof(Paging.WindowsGuest.Tests.BuiltWindowsPrograms))]

namespace Paging.WindowsGuest.Tests;

/// <summary>
/// The programs of tests/windows/sources, each built once for all tests, when the first of them asks, and Wine with a configuration of its
/// own.
/// </summary>
public sealed class BuiltWindowsPrograms : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-windows-programs-").FullName;
    private readonly ConcurrentDictionary<string, Lazy<string>> _pathByName = new(StringComparer.Ordinal);
    private readonly Lazy<string?> _compilerRefusal;
    private string? _wineRefusal;
    private Dictionary<string, (int Status, string Output, string Errors)>? _underWine;

    public BuiltWindowsPrograms() => _compilerRefusal = new(TryCompiler);

    /// <summary>Where the sources lie.</summary>
    internal static string Sources => Path.Combine(RepositoryRoot(), "tests", "windows", "sources");

    /// <summary>Where a program is; skips where there is no compiler.</summary>
    /// <exception cref="InvalidOperationException">The compiler works, and the program does not compile.</exception>
    public string Find(string name)
    {
        if (_compilerRefusal.Value is { } refusal) Assert.Skip(refusal);
        return _pathByName.GetOrAdd(name, static (name, programs) => new(() => programs.Build(name)), this).Value;
    }

    /// <summary>Runs a program under Wine; skips where that does not work.</summary>
    public (int Status, string Output) UnderWine(string name)
    {
        string path = Find(name);
        _underWine ??= RunAllUnderWine();
        if (_wineRefusal is not null) Assert.Skip(_wineRefusal);
        (int status, string output, _) = _underWine[path];
        return (status, output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(_directory, recursive: true);
        }
        catch (IOException)
        {
            // Wine's server still writes its registry: the host clears its temporary directory
        }
    }

    /// <summary>All of them side by side: a session of Wine takes seconds to begin, and ends with its last program.</summary>
    private Dictionary<string, (int Status, string Output, string Errors)> RunAllUnderWine()
    {
        _wineRefusal = TryWine();
        if (_wineRefusal is not null) return [];
        return Directory.GetFiles(Sources, "*.c", SearchOption.AllDirectories).AsParallel().WithDegreeOfParallelism(4)
            .Select(source => Find(Path.GetFileNameWithoutExtension(source)))
            .Select(path => (path, Result: Run("wine", [path])))
            .ToDictionary(static one => one.path, static one => one.Result, StringComparer.Ordinal);
    }

    private string Build(string name)
    {
        (int status, _, string errors) = Run("bash", [Path.Combine(Sources, "build.sh"), _directory, name]);
        if (status != 0) throw new InvalidOperationException($"{name} of {Sources} does not compile:\n{errors}");
        return Path.Combine(_directory, name + ".exe");
    }

    private string? TryWine()
    {
        try
        {
            (int status, string output, string errors) = Run("wine", [Find("hello")]);
            bool works = status == 7 && string.Equals(output, "hello\n", StringComparison.Ordinal);
            return works ? null : $"Wine cannot run 32-bit programs here: {errors.Split('\n')[0]}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no wine here (Debian: wine32).";
        }
    }

    /// <summary>Why no program for 32-bit Windows can be built here; null where one can.</summary>
    private string? TryCompiler()
    {
        string source = Path.Combine(_directory, "empty.c"), program = Path.Combine(_directory, "empty.out");
        File.WriteAllText(source, "#include <stdio.h>\n#include <windows.h>\nint main(void) { return puts(\"\") < 0; }\n");
        try
        {
            (int status, _, string errors) = Run("i686-w64-mingw32-gcc", ["-o", program, source]);
            return status == 0 ? null : $"i686-w64-mingw32-gcc does not work here: {errors.Split('\n')[0]}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no i686-w64-mingw32-gcc here (Debian: gcc-mingw-w64-i686).";
        }
        finally
        {
            File.Delete(source);
            File.Delete(program);
        }
    }

    private (int Status, string Output, string Errors) Run(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = _directory,
        };
        start.Environment["WINEPREFIX"] = Path.Combine(_directory, "wine");
        start.Environment["WINEDEBUG"] = "-all";
        start.Environment["WINEDLLOVERRIDES"] = "mscoree,mshtml=";
        start.Environment["DISPLAY"] = "";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(Patience)) process.Kill(entireProcessTree: true);
        return (process.ExitCode, output, errors.Result);
    }

    private static string RepositoryRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Paging.sln"))) directory = Path.GetDirectoryName(directory);
        return directory ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
