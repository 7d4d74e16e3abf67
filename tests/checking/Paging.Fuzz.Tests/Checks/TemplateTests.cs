using System.Diagnostics;
using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>
/// The templates of docs/FUZZING.md, as a new user takes them: packed into a local feed, restored from it, and run. The fuzz template finds
/// its planted bug, which is the sample, and passes without it; the bench template runs.
/// </summary>
[Trait("Category", "Slow")]
public sealed class TemplateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paging-").FullName;

    private string Feed => Path.Combine(_folder, "feed");

    private string Packages => Path.Combine(_folder, "packages");

    [Fact]
    public void TheTemplatesRunFromALocalFeed()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("tools/pack-templates.sh is a script for Linux.");
        string version = File.ReadAllText(Path.Combine(Root(), "Directory.Build.props")).Split("<Version>")[1].Split('<')[0];
        string old = Path.Combine(Packages, "paging.testing", version, "old");    // as if this version had been packed and used before
        _ = Directory.CreateDirectory(Path.GetDirectoryName(old)!);
        File.WriteAllText(old, "");
        Succeeds(Run(Root(), "sh", "tools/pack-templates.sh", Feed, "--no-build"));
        Assert.False(File.Exists(old));
        string package = Directory.GetFiles(Feed, "Paging.Templates.*.nupkg").Single();
        Succeeds(New("install", package));

        string mine = Create("paging-fuzz", "Mine");
        (int code, string output) = Run(mine, "dotnet", "test");
        Assert.NotEqual(0, code);
        Assert.Contains("FileBackingCheck", output, StringComparison.Ordinal);
        Assert.Contains(", expected 00", output, StringComparison.Ordinal);
        if (!Soak.IsWhole) return;    // each further run restores and builds a project

        string backing = Path.Combine(mine, "Backing.cs"), source = File.ReadAllText(backing);
        File.WriteAllText(backing, source.Replace("// The bug. It is gone with: ", "", StringComparison.Ordinal));
        Succeeds(Run(mine, "dotnet", "test"));

        (code, output) = Run(Create("paging-bench", "Speed"), "dotnet", "run", "-c", "Release", "--", "--dry");
        Assert.True(code == 0 && output.Contains("executed benchmarks: 2", StringComparison.Ordinal), output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Create(string template, string name)
    {
        string folder = Path.Combine(_folder, name);
        Succeeds(New(template, "-o", folder));
        foreach (string file in Directory.EnumerateFiles(folder))
            Assert.DoesNotContain(_folder, File.ReadAllText(file), StringComparison.Ordinal);    // a project can be passed on
        return folder;
    }

    private (int Code, string Output) New(params string[] arguments) =>
        Run(_folder, "dotnet", ["new", .. arguments, "--debug:custom-hive", Path.Combine(_folder, "hive")]);

    private static void Succeeds((int Code, string Output) run) => Assert.True(run.Code == 0, run.Output);

    /// <summary>Packages go to a folder of the test's own: those packed here have the version of any others.</summary>
    private (int Code, string Output) Run(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string usual = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        start.Environment["NUGET_PACKAGES"] = Packages;
        start.Environment["NUGET_FALLBACK_PACKAGES"] = usual;
        start.Environment["PagingFeed"] = Feed;
        foreach (string inherited in (string[])["MSBUILD_EXE_PATH", "MSBuildSDKsPath", "TESTINGPLATFORM_UI_LANGUAGE"])
            start.Environment.Remove(inherited);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Paging.sln"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
