using System.Diagnostics;
using Paging.Cli;

namespace Paging.Scripting.Tests;

/// <summary>The command as a process of its own, with streams that are closed, full or of the wrong kind: never a stack trace.</summary>
public sealed class StandardStreamTests
{
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("--help >/dev/full", 2, "paging: cannot write the output: no space left on device")]
    [InlineData("--help >&-", 2, "paging: cannot write the output: Bad file descriptor")]
    [InlineData("scrip 2>&-", 2, "")]
    [InlineData("scrip 2</dev/null", 2, "")]
    [InlineData("run /nonexistent <&- >&- 2>&-", 2, "")]
    [InlineData("adapter <&-", 0, "")]
    [InlineData("adapter </", 2, "paging adapter: standard input cannot be read: Is a directory")]
    [InlineData("scrip", 2, "paging: unknown command 'scrip', did you mean 'script'? (see paging --help)")]
    public async Task TheCommandEndsWithItsCodeAndAtMostALine(string arguments, int code, string line)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a shell, /dev/full and /proc");
        string command = typeof(CommandLine).Assembly.Location;
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec dotnet '{command}' {arguments}"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Task<string> output = shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((line, code), (errors.TrimEnd('\n'), shell.ExitCode));
        Assert.Equal("", await output);
    }
}
