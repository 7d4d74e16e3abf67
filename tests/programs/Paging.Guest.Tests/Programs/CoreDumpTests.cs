using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Paging.Core;
using Paging.Tests;

namespace Paging.Guest.Tests;

/// <summary>A program that dies of a signal, here and on the host: debuggers find the same in both core files.</summary>
[Trait("Category", "Slow")]
public sealed partial class CoreDumpTests : IDisposable
{
    private const string Gdb = "/usr/bin/gdb", Readelf = "/usr/bin/eu-readelf";
    private static readonly string Source =
        Path.Combine(BuiltSources.RepositoryRoot(), "tests", "programs", "sources", "crashed.c");

    private static readonly ImmutableArray<string> Skipped = ["__kernel_vsyscall", "?? ()", "_dl_sysinfo_int80", "warning"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>gdb on the core file of the guest's kernel and on the one of the host's kernel, of one dynamic program.</summary>
    [Theory, InlineData(GuestExecution.Emulated), InlineData(GuestExecution.Direct)]
    public void GdbFindsTheSameInBothCores(GuestExecution execution)
    {
        string program = Build();
        string native = RunOnHost(program), guest = RunAsGuest(execution, program);
        string[] commands = ["bt", "info locals", "x/s text+5000", "x/s mapped+8192", "x/s shared", "x/s secret", "print value",
            "print $_siginfo.si_signo", "print $_siginfo._sifields._sigfault.si_addr", "info proc mappings", "info sharedlibrary",
            "thread apply 2 3 bt"];
        string[] expected = Normalized(AskGdb(program, native, commands)), found = Normalized(AskGdb(program, guest, commands));
        Assert.Contains(expected, static line => line.Contains("in middle (what=", StringComparison.Ordinal));
        Assert.Contains(expected, static line => line.Contains("wait_for_ever", StringComparison.Ordinal));
        Assert.Contains(expected, static line => line.Contains("\"in the third page\"", StringComparison.Ordinal));
        Assert.Equal(expected, found);
        // The kernel's own note of the extended state is too short for Debian's gdb on processors with AMX
        Assert.Contains("$1 = 1.5", AskGdb(program, guest, ["print $st0"]), StringComparison.Ordinal);
    }

    /// <summary>
    /// eu-readelf finds the same notes in the same order, but for vectors (NT_X86_XSTATE, its layout) and the vDSO's auxiliary words;
    /// file(1) the same program, user and platform.</summary>
    [Fact]
    public void ReadelfAndFileAgree()
    {
        if (!File.Exists(Readelf)) Assert.Skip("There is no eu-readelf here: apt-get install elfutils");
        string program = Build();
        string native = RunOnHost(program), guest = RunAsGuest(GuestRun.AnyExecution, program);
        Assert.Equal(NotesOf(native), NotesOf(guest));
        if (!File.Exists("/usr/bin/file")) return;
        Assert.Equal(Execute("file", "-b", native), Execute("file", "-b", guest));
    }

    private string Build()
    {
        if (!File.Exists(Gdb)) Assert.Skip("There is no gdb here: apt-get install gdb");
        if (BuiltPrograms.CompilerRefusal.Value is { } refusal) Assert.Skip(refusal);
        string program = Path.Combine(_directory.Path, "crashed");
        _ = Execute("gcc", "-m32", "-g", "-O1", "-pthread", "-o", program, Source);
        return program;
    }

    /// <summary>Returns the path of the core file of a run on the host.</summary>
    private string RunOnHost(string program)
    {
        RequiredProcessor.CheckHostRunsPrograms();
        if (File.ReadAllText("/proc/sys/kernel/core_pattern") is not "core\n") Assert.Skip("This host's core_pattern is not 'core'.");
        _ = Execute(program);
        string core = Directory.EnumerateFiles(_directory.Path, "core*").FirstOrDefault() ?? "";
        if (core.Length == 0) Assert.Skip("The hard limit of core files is 0 here.");
        string path = Path.Combine(_directory.Path, "native");
        File.Move(core, path, overwrite: true);
        return path;
    }

    /// <summary>Returns the path of the file "core" that the guest's kernel writes, which the embedder's equals.</summary>
    private string RunAsGuest(GuestExecution execution, string program)
    {
        RequiredProcessor.Check(isDirect: execution == GuestExecution.Direct);
        using MemoryStream own = new();
        using GuestKernel kernel = new(new()
        {
            Engine = new EngineOptions { RamBytes = 64 << 20 },
            Root = "/",
            WorkingDirectory = _directory.Path,
            Execution = execution,
            Pace = GuestRun.PaceOf(execution),
            OnCore = core => core.Write(own),
        });
        Assert.Equal(Errno.None, kernel.Start(program, [], ["LC_ALL=C"]));
        Assert.Equal(new GuestOutcome(GuestEnd.Killed, 11), kernel.Run());
        Assert.Empty(kernel.Engine.Audit().Findings);
        string path = Path.Combine(_directory.Path, "guest");
        File.Move(Path.Combine(_directory.Path, "core"), path);
        Assert.Equal(own.ToArray(), File.ReadAllBytes(path));
        if (OperatingSystem.IsLinux()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        return path;
    }

    private string AskGdb(string program, string core, string[] commands)
    {
        string[] all = ["set pagination off", "set debuginfod enabled off", .. commands];
        return Execute(Gdb, ["-nx", "-batch", .. all.SelectMany(static command => (string[])["-ex", command]), program, core]);
    }

    /// <summary>
    /// The lines without addresses and numbers of threads, which differ: the guest has another layout. Its threads make calls by int 0x80,
    /// as it has no vDSO, so the first frame of a thread in a call has another name.
    /// </summary>
    private static string[] Normalized(string said) =>
    [
        .. said.Split('\n')
            .Where(static line => !Skipped.Any(part => line.Contains(part, StringComparison.Ordinal)))
            .Select(static line => Spaces().Replace(Numbers().Replace(Addresses().Replace(line, "@"), "LWP #"), " ").Trim())
            .Where(static line => line.Length != 0),
    ];

    private string[] NotesOf(string core) =>
    [
        .. Execute(Readelf, "-n", core).Split('\n').Where(static line => NoteLine().IsMatch(line))
            .Where(static line => !line.Contains("X86_XSTATE", StringComparison.Ordinal)
                && !line.Contains("<unknown>", StringComparison.Ordinal) && !line.Contains("AUXV", StringComparison.Ordinal))
            .Select(static line => line.Trim()),
    ];

    private string Execute(string name, params string[] arguments)
    {
        ProcessStartInfo start = new(name, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = _directory.Path,
        };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return output.Result + errors.Result;
    }

    [GeneratedRegex("\\b0x[0-9a-f]{4,}\\b", RegexOptions.NonBacktracking)]
    private static partial Regex Addresses();

    [GeneratedRegex("LWP [0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Numbers();

    [GeneratedRegex("\\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();

    [GeneratedRegex("^  (?:CORE|LINUX) ", RegexOptions.NonBacktracking)]
    private static partial Regex NoteLine();
}
