using System.Diagnostics;

namespace Paging.WindowsGuest.Tests;

/// <summary><c>paging run</c> of programs of Windows: what their users type.</summary>
public sealed class RunCommandTests(BuiltWindowsPrograms programs)
{
    [Fact]
    public void AnyProgramWithACLibraryRunsAndItsExitCodeIsTheShells()
    {
        (int status, string output) = Run("run", programs.Find("plain"));
        Assert.Equal((3, "plain: 42 and text\r\n"), (status, output));
    }

    [Theory]
    [InlineData(true, "large above=00000001 last=bffeffff\n")]
    [InlineData(false, "large above=00000000 last=7ffeffff\n")]
    public void TheBootOption3GbGivesAProgramThatMayHaveItAThirdGigabyte(bool isGiven, string expected)
    {
        (int status, string output) = isGiven ? Run("run", "--3gb", programs.Find("large")) : Run("run", programs.Find("large"));
        Assert.Equal((0, expected), (status, output));
    }

    private static (int Status, string Output) Run(params string[] words)
    {
        GuestProgramRun.RequireProcessor();
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "paging.dll"), .. words])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
