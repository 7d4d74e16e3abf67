using System.Diagnostics;

namespace Paging.WindowsGuest.Tests;

/// <summary><c>paging run</c> of programs of Windows, from its users' side.</summary>
public sealed class RunCommandTests(BuiltWindowsPrograms programs)
{
    [Trait("Category", "Medium")]
    [Fact]
    public void AnyProgramWithACLibraryRunsAndItsExitCodeIsTheShells()
    {
        (int status, string output) = Run("run", programs.Find("plain"));
        Assert.Equal((3, "plain: 42 and text\r\n"), (status, output));
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(true, "large above=00000001 last=bffeffff\n")]
    [InlineData(false, "large above=00000000 last=7ffeffff\n")]
    public void TheBootOption3GbGivesAProgramThatMayHaveItAThirdGigabyte(bool isGiven, string expected)
    {
        (int status, string output) = isGiven ? Run("run", "--3gb", programs.Find("large")) : Run("run", programs.Find("large"));
        Assert.Equal((0, expected), (status, output));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AFunctionThatIsNotHereFailsTheRunAndLosesNoOutput()
    {
        (int status, string output, string errors) = RunWithErrors("run", programs.Find("absent"));
        Assert.Equal((1, "before"), (status, output));
        Assert.Equal("paging run: msvcrt.dll._beep: function is not here\n", errors, ignoreCase: true);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AnUnhandledExceptionNamesItsInstructionAndAddress()
    {
        (int status, _, string errors) = RunWithErrors("run", programs.Find("crash"));
        Assert.Equal(5, status);    // the low byte of STATUS_ACCESS_VIOLATION
        Assert.Matches(@"^paging run: unhandled exception 0xc0000005 at [0-9a-f]{8} \(mov dword \[10h\],7\): write to 00000010\n$", errors);
    }

    /// <summary>Otherwise a program that writes without end would never end: under <c>| head -1</c>, for example.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void APipeWithoutAReaderEndsTheRun()
    {
        GuestProgramRun.RequireProcessor();
        string program = programs.Find("plain"), command = Path.Combine(AppContext.BaseDirectory, "paging.dll");
        const string line = "mkfifo \"$0\" && exec 3<>\"$0\" 4>\"$0\" 3<&- && exec \"$@\" >&4";
        using Process process = Process.Start("bash", ["-c", line, program + ".fifo", "dotnet", command, "run", program]);
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
    }

    private static (int Status, string Output) Run(params string[] words)
    {
        (int status, string output, _) = RunWithErrors(words);
        return (status, output);
    }

    private static (int Status, string Output, string Errors) RunWithErrors(params string[] words)
    {
        GuestProgramRun.RequireProcessor();
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "paging.dll"), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }
}
