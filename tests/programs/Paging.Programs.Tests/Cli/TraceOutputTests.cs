using System.Diagnostics;
using Paging.Cli;
using Paging.Guest.Tests;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary>Outputs of <c>paging run --trace</c> that take nothing, or not all of it.</summary>
public sealed class TraceOutputTests(BuiltPrograms programs)
{
    [Trait("Category", "Medium")]
    [Fact]
    public void AFullDiskIsNamed() => Assert.Equal((2, "paging run: --trace /dev/full: cannot be written: no space left on device\n"),
        Run("\"$@\" --trace /dev/full \"$0\"", Images.PathOf("gonzo")));

    /// <summary>The program itself never ends, and 124 is the status of the time limit.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void APipeWithoutAReaderEndsTheRun() => Assert.Equal((2, ""),
        Run("\"$@\" --time-limit 20 --trace - \"$0\" | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}", programs.Find("spin")));

    /// <summary>The run waits for a reader before the program starts, where signals still end it.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AFifoIsNotWrittenBeforeItHasAReader() => Assert.Equal((124, ""),
        Run("mkfifo \"$HOME/fifo\" && timeout 3 \"$@\" --trace \"$HOME/fifo\" \"$0\"", Images.PathOf("gonzo")));

    /// <summary>Runs a line of bash: $0 is the program, $@ is the command, and HOME an empty directory.</summary>
    private static (int Status, string Errors) Run(string line, string program)
    {
        RequiredProcessor.Check();
        string home = Directory.CreateTempSubdirectory("paging-trace").FullName;
        try
        {
            ProcessStartInfo start = new("bash", ["-c", line, program, "dotnet", typeof(CommandLine).Assembly.Location, "run"])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            };
            start.Environment["HOME"] = home;
            using Process shell = Process.Start(start)!;
            string errors = shell.StandardError.ReadToEnd();
            shell.WaitForExit();
            return (shell.ExitCode, errors);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
