using System.Diagnostics;
using Paging.Tests;
using Paging.WindowsGuest.Tests;

[assembly: AssemblyFixture(typeof(BuiltWindowsPrograms))]

namespace Paging.WindowsGuest.Tests;

/// <summary>The programs of tests/windows/sources, and Wine with a configuration of its own.</summary>
public sealed class BuiltWindowsPrograms() : BuiltSources(Sources, ".exe")
{
    private static readonly Lazy<string?> CompilerRefusal =
        new(static () => TryCompiler("i686-w64-mingw32-gcc", ["-DWIN32_LEAN_AND_MEAN"], "gcc-mingw-w64-i686", "stdio.h", "windows.h"));

    private string? _wineRefusal;
    private Dictionary<string, (int Status, string Output)>? _underWine;

    /// <summary>Where the sources lie.</summary>
    internal static string Sources => Path.Combine(RepositoryRoot(), "tests", "windows", "sources");

    /// <inheritdoc/>
    protected override string? Refusal => CompilerRefusal.Value;

    /// <summary>Runs a program under Wine; skips where that does not work.</summary>
    public (int Status, string Output) UnderWine(string name)
    {
        string path = Find(name);
        _underWine ??= RunAllUnderWine();
        if (_wineRefusal is not null) Assert.Skip(_wineRefusal);
        return _underWine[path];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        try
        {
            base.Dispose();
        }
        catch (IOException)
        {
            // Wine's server still writes its registry: the host clears its temporary directory
        }
    }

    /// <summary>All of them side by side: a session of Wine takes seconds to begin, and ends with its last program.</summary>
    private Dictionary<string, (int Status, string Output)> RunAllUnderWine()
    {
        _wineRefusal = TryWine();
        if (_wineRefusal is not null) return [];
        return Directory.GetFiles(Sources, "*.c", SearchOption.AllDirectories).AsParallel().WithDegreeOfParallelism(4)
            .Select(source => Find(Path.GetFileNameWithoutExtension(source)))
            .Select(path => (path, Result: Wine(path, out _)))
            .ToDictionary(static one => one.path, static one => one.Result, StringComparer.Ordinal);
    }

    private string? TryWine()
    {
        try
        {
            (int status, string output) = Wine(Find("hello"), out string errors);
            bool works = status == 7 && string.Equals(output, "hello\n", StringComparison.Ordinal);
            return works ? null : $"Wine cannot run 32-bit programs here: {errors.Split('\n')[0]}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no wine here (Debian: wine32).";
        }
    }

    private (int Status, string Output) Wine(string path, out string errors)
    {
        ProcessStartInfo start = new("wine", [path]) { WorkingDirectory = Home };
        start.Environment["WINEPREFIX"] = Path.Combine(Home, "wine");
        start.Environment["WINEDEBUG"] = "-all";
        start.Environment["WINEDLLOVERRIDES"] = "mscoree,mshtml=";
        start.Environment["DISPLAY"] = "";
        (string output, errors) = RunToEnd(start, out int status);
        return (status, output);
    }
}
