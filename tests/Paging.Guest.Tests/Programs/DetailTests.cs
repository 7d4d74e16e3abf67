using System.Diagnostics;

namespace Paging.Guest.Tests;

/// <summary>Single rules of many system calls, in programs that end quickly: the same words as on the host.</summary>
public sealed class DetailTests
{
    [Theory]
    [InlineData("details")]
    [InlineData("rules")]
    [InlineData("edges")]
    [InlineData("suites")]
    [InlineData("exact")]
    [InlineData("lengths")]
    public void EveryDetailIsAsOnTheHost(string name)
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 16 << 20 } };
        run.AssertSame(Built(run, name), name);
    }

    [Fact]
    public void TimesThatAProgramHasSetAreLeftOnTheHost()
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 16 << 20 } };
        run.AsGuest(run.Install(Built(run, "edges"), "edges"));
        string kept = Assert.Single(Directory.GetFiles(run.Root, "kept", SearchOption.AllDirectories));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_000_000_000).AddTicks(9_876_543), File.GetLastWriteTimeUtc(kept));
    }

    private static string Built(GuestRun run, string name)
    {
        Machine.RequireProcessor();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The host is no Linux.");
        string program = Path.Combine(run.Root, "built");
        string source = Path.Combine(BuiltPrograms.RepositoryRoot(), "tests", "programs", name + ".c");
        using Process build = Process.Start(new ProcessStartInfo("gcc", ["-m32", "-static", "-O1", "-pthread", "-o", program, source])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        string errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        Assert.SkipUnless(build.ExitCode == 0, $"gcc -m32 -static does not work here: {errors.Split('\n')[0]}");
        return program;
    }
}
