using System.Diagnostics;
using Paging.Cli;

namespace Paging.Scripting.Tests;

/// <summary>The command below limits that it cannot work with: one line, never a signal.</summary>
public sealed class LimitTests
{
    /// <remarks>
    /// .NET itself ends under a limit of file sizes, unless it writes code where it executes it (DOTNET_EnableWriteXorExecute): what is
    /// tried is what is left to this command.
    /// </remarks>
    [Theory]
    [InlineData("-n 40", "run /nonexistent", "paging: too few files may be open (ulimit -n): at least 128 are needed")]
    [InlineData("-v 1800000", "script /nonexistent", "paging: too little memory may be mapped (ulimit -v): at least 2 GiB are needed")]
    [InlineData("-v 4000000", "view -- /nonexistent",
        "paging view: too little memory may be mapped (ulimit -v): at least 5 GiB are needed for a program")]
    [InlineData("-f 2000", "run --processor host --root / /nonexistent",
        "paging run: no file may be longer than 1024000 bytes (ulimit -f), and --processor host keeps RAM in a file: a smaller --ram, "
            + "or --processor emulated, will do")]
    public async Task ALimitThatIsTooLowIsALine(string limit, string arguments, string line)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a shell");
        string command = typeof(CommandLine).Assembly.Location;
        ProcessStartInfo start = new("/bin/sh", ["-c", $"ulimit {limit}; exec dotnet '{command}' {arguments}"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using Process shell = Process.Start(start)!;
        string errors = await shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((line, 2), (errors.TrimEnd('\n'), shell.ExitCode));
    }

    /// <summary>Files of the command itself have the user's mask; files of a program have the program's.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public async Task AReportHasTheUsersMaskAndAFileOfTheProgramItsOwn()
    {
        string busybox = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(busybox), "There is no busybox for i386: tools/get-i386.sh fetches it");
        DirectoryInfo root = Directory.CreateTempSubdirectory("paging-mask-");
        File.Copy(busybox, Path.Combine(root.FullName, "busybox"));
        string command = typeof(CommandLine).Assembly.Location, report = Path.Combine(root.FullName, "report.html");
        string program = "/busybox sh -c 'umask 0; echo > /made'";
        string run = $"umask 077; exec dotnet '{command}' run --report {report} --root {root.FullName} {program}";
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", run]) { UseShellExecute = false })!;
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, shell.ExitCode);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(report));
            Assert.Equal(0, (int)(~File.GetUnixFileMode(Path.Combine(root.FullName, "made")) & (UnixFileMode)0x1B6));    // 0666
        }

        root.Delete(recursive: true);
    }
}
