using System.Diagnostics;
using Paging.Core;

namespace Paging.Guest.Tests;

/// <summary>The programs of tests/programs, built once for all tests.</summary>
public sealed class BuiltPrograms : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-programs-").FullName;
    private readonly string? _refusal;

    /// <summary>Builds them, or finds out why not.</summary>
    public BuiltPrograms()
    {
        if (!OperatingSystem.IsLinux())
        {
            _refusal = "The host is no Linux.";
            return;
        }

        string script = Path.Combine(RepositoryRoot(), "tests", "programs", "build.sh");
        using System.Diagnostics.Process build =
            System.Diagnostics.Process.Start(new ProcessStartInfo("bash", [script, _directory])
            {
                RedirectStandardError = true,
                UseShellExecute = false
            })!;
        string errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0) _refusal = $"gcc -m32 -static does not work here: {errors.Split('\n')[0]}";
    }

    /// <summary>Where a program is; skips where they could not be built.</summary>
    public string Find(string name)
    {
        if (_refusal is not null) Assert.Skip(_refusal);
        return Path.Combine(_directory, name);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Where the repository lies.</summary>
    internal static string RepositoryRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Paging.sln"))) directory = Path.GetDirectoryName(directory);
        return directory ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
