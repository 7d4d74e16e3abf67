using System.Globalization;
using Paging.Cli;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary><c>paging run</c> and <c>paging view</c> of programs that cannot be started: one line names the missing file.</summary>
public sealed class RunRefusalTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("paging-run").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>For example Debian's dynamic busybox in a directory without a C library.</summary>
    [Fact]
    public void AMissingInterpreterIsNamed()
    {
        File.Copy(Images.PathOf("gonzo-pie"), Path.Combine(_root, "program"));
        Assert.Equal($"paging run: /program: its interpreter /lib/interpreter.so is missing below --root {_root}; "
            + "this host has none either\n", Refusal("run", "--root", _root, "/program"));
        string script = Path.Combine(_root, "script");
        File.WriteAllText(script, "#!/bin/sh -e\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal($"paging run: /script: its interpreter /bin/sh is missing below --root {_root}; --root / has it\n",
            Refusal("run", "--root", _root, "/script"));
    }

    [Fact]
    public void AMissingProgramIsReportedAndNotItsInterpreter()
    {
        Assert.Equal($"paging run: /nothing: no such program below --root {_root}; --host-program takes one from the host\n",
            Refusal("run", "--root", _root, "/nothing"));
        Assert.Equal($"paging run: /nothing: no such program, neither below --root {_root} nor on the host\n",
            Refusal("run", "--root", _root, "--host-program", "/nothing"));
        Assert.Equal("paging run: /nothing: no such program, neither below the root (the current directory) nor on the host\n",
            Refusal("run", "/nothing"));
    }

    [Fact]
    public void AMissingProgramIsRefusedBeforeGdbIsWaitedFor()
    {
        RequiredProcessor.Check();
        Assert.Equal($"paging run: /nothing: no such program below --root {_root}; --host-program takes one from the host\n",
            Refusal("run", "--gdb", "0", "--root", _root, "/nothing"));
    }

    [Fact]
    public void AnEmptyNameIsAMissingProgram()
    {
        Assert.Equal("paging run: '': no such program, neither below the root (the current directory) nor on the host\n",
            Refusal("run", ""));
        Assert.Equal($"paging run: '': no such program, neither below --root {_root} nor on the host\n",
            Refusal("run", "--root", _root, "--host-program", ""));
    }

    [Fact]
    public void ViewReportsAMissingProgramInTheSameWords()
    {
        RequiredProcessor.Check();
        Assert.Equal("paging view: '': no such program, neither below the root (the current directory) nor on the host\n",
            Refusal("view", "--", ""));
        Assert.Equal($"paging view: /nothing: no such program below --root {_root}\n", Refusal("view", "--root", _root, "--", "/nothing"));
    }

    [Fact]
    public void ALinkWithoutATargetIsAMissingProgram()
    {
        File.CreateSymbolicLink(Path.Combine(_root, "circle"), "circle");
        File.CreateSymbolicLink(Path.Combine(_root, "nowhere"), "/nothing");
        Assert.Equal("paging run: /circle: its symbolic links lead in a circle\n", Refusal("run", "--root", _root, "/circle"));
        Assert.Equal($"paging run: /nowhere: no such program below --root {_root}; --host-program takes one from the host\n",
            Refusal("run", "--root", _root, "/nowhere"));
        foreach (string name in (string[])["circle", "circle/x", "nowhere"])
            Assert.Equal($"paging run: {_root}/{name}: no such program, neither below the root (the current directory) nor on the host\n",
                Refusal("run", $"{_root}/{name}"));
    }

    [Fact]
    public void AProgramIsWrittenAsAPage()
    {
        RequiredProcessor.Check();
        string program = Path.Combine(_root, "program"), page = Path.Combine(_root, "page.html");
        File.Copy(Images.PathOf("gonzo"), program);
        using StringWriter output = new(), errors = new();
        string[] words = ["view", "--out", page, "--", program];
        int code = CommandLine.Run(words, output, errors, static _ => throw new InvalidOperationException());
        Assert.Equal((ExitCode.Agreement, ""), (code, errors.ToString()));
        Assert.Contains("<svg", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void RecordingIsForDebuggers() => Assert.Equal("paging run: --record is for a debugger: it needs --gdb PORT\n",
        Refusal("run", "--record", "--root", _root, "/program"));

    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    [InlineData("1024")]
    [InlineData("all")]
    public void PagesAroundAFaultAreAPowerOfTwo(string given) => Assert.Equal(
        $"paging run: --fault-around is a power of two from 1 to 512, not '{given}' (see paging run --help)\n",
        Refusal("run", "--fault-around", given, "/program"));

    [Fact]
    public void AWiderWindowSavesFaults()
    {
        string busybox = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        Assert.SkipUnless(File.Exists(busybox), "There is no busybox for i386: tools/get-i386.sh fetches it, or set PAGING_I386.");
        RequiredProcessor.Check();
        int one = MinorFaults("1"), many = MinorFaults("512");
        Assert.True(many < one / 2, $"{many} faults, and {one} with a page each");

        int MinorFaults(string pages)
        {
            using StringWriter output = new(), errors = new();
            string[] words = ["run", "--processor", "emulated", "--fault-around", pages, "--stats", busybox, "true"];
            int code = CommandLine.Run(words, output, errors, static _ => throw new InvalidOperationException());
            Assert.Equal(0, code);
            string line = errors.ToString().Split('\n').First(static one => one.StartsWith("minor faults", StringComparison.Ordinal));
            return int.Parse(line.Split(' ')[^1], NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The shell that waits for this command sees status 134 or 139 and prints nothing, so the command does.</summary>
    [Theory]
    [InlineData("ABRT", 134, "paging run: killed by signal 6 (Aborted)\n")]
    [InlineData("SEGV", 139, "paging run: killed by signal 11 (Segmentation fault)\n")]
    [InlineData("PIPE", 141, "")]
    public void ASignalThatEndsTheProgramIsNamed(string signal, int status, string line)
    {
        string busybox = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        Assert.SkipUnless(File.Exists(busybox), "There is no busybox for i386: tools/get-i386.sh fetches it, or set PAGING_I386.");
        RequiredProcessor.Check();
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(["run", "--processor", "emulated", busybox, "sh", "-c", $"kill -{signal} $$"], output, errors,
            static _ => throw new InvalidOperationException());
        Assert.Equal((status, line), (code, errors.ToString()));
    }

    private static string Refusal(params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "programs run on Linux hosts only");
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(arguments, output, errors, static _ => throw new InvalidOperationException());
        Assert.Equal((ExitCode.Unusable, ""), (code, output.ToString()));
        return errors.ToString();
    }
}
