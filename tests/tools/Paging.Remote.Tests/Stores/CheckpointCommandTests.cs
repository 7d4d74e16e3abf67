using System.Diagnostics;
using Paging.Tests;

namespace Paging.Remote.Tests;

/// <summary><c>paging run</c> with <c>--checkpoint</c>, <c>--resume</c> and their kin, as one types it.</summary>
[Trait("Category", "Slow")]
public sealed class CheckpointCommandTests : IDisposable
{
    // On a fast machine it reads when it is saved, on a slow one it counts: it never ends before, as long as its input is open.
    private const string Script =
        "i=0; while [ $i -lt 6000 ]; do i=$((i + 1)); [ $i -eq 1000 ] && read x; echo $i $((i * i)); done; (exit 3); echo $?";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly string _command = Path.Combine(AppContext.BaseDirectory, "paging.dll");

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-checkpoint-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AProgramGoesOnFromAFile()
    {
        Ending whole = Run("run", Busybox(), "sh", "-c", Script);
        Ending first = RunUntilSaved("run", "--to-file", "saved", "--checkpoint-after", "1", Busybox(), "sh", "-c", Script);
        Assert.True(first.Code == 0 && first.Errors.StartsWith("paging run: saved (", StringComparison.Ordinal), first.Errors);
        Ending second = Run("run", "--from-file", "saved");
        Assert.Equal((whole.Code, whole.Output), (second.Code, first.Output + second.Output));
        Assert.False(File.Exists(Path.Combine(_directory, "saved.unfinished")));
    }

    [Fact]
    public void AProgramGoesOnFromAStoreAndASecondCheckpointSendsLittle()
    {
        using RedisProcess redis = new("--save", "", "--appendonly", "no");
        string store = redis.Url + "/counting";
        Ending whole = Run("run", Busybox(), "sh", "-c", Script);
        Ending first = RunUntilSaved("run", "--checkpoint", store, "--checkpoint-after", "1", Busybox(), "sh", "-c", Script);
        Assert.StartsWith("paging run: saved (", first.Errors, StringComparison.Ordinal);
        Ending second = RunUntilSaved("run", "--resume", store, "--checkpoint", store, "--checkpoint-after", "0.3");
        Assert.True(BytesOf(second.Errors) < BytesOf(first.Errors), first.Errors + second.Errors);
        Ending third = Run("run", "--resume", store);
        Assert.Equal((whole.Code, whole.Output), (third.Code, first.Output + second.Output + third.Output));
    }

    [Fact]
    public void AProgramMovesWhileItRuns()
    {
        using RedisProcess redis = new("--save", "", "--appendonly", "no");
        string store = redis.Url + "/moving";
        Ending whole = Run("run", Busybox(), "sh", "-c", Script);
        using Process target = Start("run", "--resume", store, "--wait", "60");
        Ending first = RunUntilSaved("run", "--checkpoint", store, "--checkpoint-after", "0.5", "--live", Busybox(), "sh", "-c", Script);
        Assert.Contains("stopped for", first.Errors, StringComparison.Ordinal);
        Ending second = End(target);
        Assert.Equal((whole.Code, whole.Output), (second.Code, first.Output + second.Output));
    }

    [Fact]
    public void ASignalSavesAndUnsavableObjectsAreNamedFirst()
    {
        Ending ending = SaveOnceBegun("echo begun; sleep 1000 & read x; echo $x; kill $!");
        Assert.StartsWith("paging run: saved (", ending.Errors, StringComparison.Ordinal);
        using Process again = Start("run", "--from-file", "saved");
        again.StandardInput.WriteLine("answer");
        Ending resumed = End(again);
        Assert.Equal((0, "answer\n"), (resumed.Code, resumed.Output));
    }

    [Fact]
    public void TheHintNamesTheRoot()
    {
        Ending first = RunUntilSaved("run", "--root", ".", "--to-file", "saved", "--checkpoint-after", "1", Busybox(), "sh", "-c", Script);
        Assert.EndsWith("goes on with: paging run --root . --from-file saved\n", first.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void AProgramThatEndsBeforeItsCheckpointIsNamed()
    {
        Ending ending = Run("run", "--to-file", "saved", "--checkpoint-after", "1000", Busybox(), "sh", "-c", "exit 3");
        Assert.Equal((3, "paging run: not saved: the run ended before the time of --checkpoint-after\n"), (ending.Code, ending.Errors));
        Assert.False(File.Exists(Path.Combine(_directory, "saved")));
    }

    [Fact]
    public void AFailedSaveIsReportedOnceInTheHostsWords()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "no"));
        using Process running = Start("run", "--to-file", "no/x", Busybox(), "sh", "-c", "rmdir no && echo begun; read x");
        Assert.Equal("begun", running.StandardOutput.ReadLine());
        SendSave(running);
        string? line = running.StandardError.ReadLine();
        running.StandardInput.WriteLine("answer");
        Assert.Equal(("paging run: not saved: no/x: no such file or directory", new Ending(0, "", "")), (line, End(running)));
    }

    /// <summary>Otherwise the program would run in vain for as long as it takes until it is saved.</summary>
    [Theory]
    [InlineData("no/x", "cannot be written: no such file or directory")]
    [InlineData("busybox/x", "cannot be written: no such file or directory")]
    [InlineData(".", "not a file")]
    [InlineData("dangling", "cannot be written: no such file or directory")]
    [InlineData("sealed/x", "cannot be written: permission denied")]
    [InlineData("", "cannot be written: not a name of a file")]
    public void AFileThatCannotBeSavedIsRefusedBeforeTheProgramStarts(string path, string reason)
    {
        File.CreateSymbolicLink(Path.Combine(_directory, "dangling"), "no/x");
        string closed = Directory.CreateDirectory(Path.Combine(_directory, "sealed")).FullName;
        if (path.StartsWith("sealed", StringComparison.Ordinal))
        {
            Assert.SkipWhen(Environment.IsPrivilegedProcess, "permissions do not bind this user");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Ending ending = Run("run", "--to-file", path, "--checkpoint-after", "1000", Busybox(), "echo", "started");
        Assert.Equal((2, ""), (ending.Code, ending.Output));
        Assert.StartsWith($"paging run: --to-file {path}: {reason}", ending.Errors, StringComparison.Ordinal);
        Assert.Equal(1, ending.Errors.Count(static letter => letter == '\n'));
    }

    [Fact]
    public void TheTestOfAPlaceLeavesNothingThere()
    {
        File.WriteAllText(Path.Combine(_directory, "old.unfinished"), "of another run");
        foreach (string name in (string[])["saved", "old"])
            Assert.Equal(3, Run("run", "--to-file", name, "--checkpoint-after", "1000", Busybox(), "sh", "-c", "exit 3").Code);
        Assert.Equal("of another run", File.ReadAllText(Path.Combine(_directory, "old.unfinished")));
        Assert.Equal(2, Directory.GetFileSystemEntries(_directory).Length);    // with busybox
    }

    [Theory]
    [InlineData("")]
    [InlineData("--trace accesses")]
    public void AFileThatCannotBeMadeAgainIsNamed(string option)
    {
        SaveOnceBegun("exec 3>long; rm long; truncate -s 2M /proc/self/fd/3; echo begun; read x");
        using Process limited = StartProgram("sh", "-c", $"ulimit -f 2000; exec dotnet '{_command}' run --from-file saved {option}");
        Ending ending = End(limited);
        Assert.Equal((2, "paging run: saved: /long (deleted) cannot be made so long: EFBIG.\n"), (ending.Code, ending.Errors));
    }

    [Theory]
    [InlineData("--resume")]
    [InlineData("--from-file", "nothing")]
    [InlineData("--from-file", "nothing", "program")]
    [InlineData("--resume", "redis://127.0.0.1:1")]
    [InlineData("--checkpoint-after", "1", "program")]
    [InlineData("--to-file", "x", "--live", "program")]
    [InlineData("--wait", "1", "program")]
    [InlineData("--to-file", "x")]
    [InlineData("--to-file", "x", "--checkpoint", "redis://h/n", "program")]
    public void AnImpossibleRequestIsOneLine(params string[] words)
    {
        Ending ending = Run(["run", .. words]);
        Assert.Equal((2, ""), (ending.Code, ending.Output));
        Assert.Equal(1, ending.Errors.Count(static letter => letter == '\n'));
    }

    /// <summary>A checkpoint is moved to its place, which would make a file of it.</summary>
    [Fact]
    public void APipeOrADeviceIsNotReplaced()
    {
        string pipe = Path.Combine(_directory, "pipe");
        using (Process made = Process.Start("mkfifo", pipe)) made.WaitForExit();
        Ending ending = Run("run", "--to-file", "pipe", "--checkpoint-after", "0", Busybox(), "sleep", "9");
        Assert.Equal((2, "paging run: --to-file pipe: not a file (see paging run --help)\n"), (ending.Code, ending.Errors));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void ALinkStaysOne()
    {
        File.WriteAllText(Path.Combine(_directory, "target"), "");
        File.CreateSymbolicLink(Path.Combine(_directory, "link"), "target");
        RunUntilSaved("run", "--to-file", "link", "--checkpoint-after", "0", Busybox(), "sleep", "9");
        Assert.Equal("target", new FileInfo(Path.Combine(_directory, "link")).LinkTarget);
        Assert.NotEqual(0, new FileInfo(Path.Combine(_directory, "target")).Length);
    }

    private static void SendSave(Process running) =>
        ServerPrograms.Run("kill", "-USR1", running.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static long BytesOf(string line)
    {
        string[] words = line.Split(' ');
        return long.Parse(words[Array.IndexOf(words, "bytes") - 1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private string Busybox()
    {
        RequiredProcessor.Check();
        string source = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        if (!File.Exists(source)) Assert.Skip("There is no bin/busybox for i386 below PAGING_I386: tools/get-i386.sh fetches it.");
        string copy = Path.Combine(_directory, "busybox");
        if (!File.Exists(copy)) File.Copy(source, copy);
        return "/busybox";
    }

    private Ending Run(params string[] words)
    {
        using Process process = Start(words);
        return End(process);
    }

    /// <summary>Its input stays open until it has ended.</summary>
    private Ending RunUntilSaved(params string[] words)
    {
        using Process process = Start(words);
        using Timer limit = Limit(process);
        return ReadToEnd(process);
    }

    /// <summary>Saves a script that waits for input. Its input stays open: at its end the script would go on before it is saved.</summary>
    private Ending SaveOnceBegun(string script)
    {
        using Process process = Start("run", "--to-file", "saved", Busybox(), "sh", "-c", script);
        using Timer limit = Limit(process);
        Assert.Equal("begun", process.StandardOutput.ReadLine());
        SendSave(process);
        return ReadToEnd(process);
    }

    private static Timer Limit(Process process) => new(_ => process.Kill(), null, _patience, Timeout.InfiniteTimeSpan);

    private static Ending End(Process process)
    {
        process.StandardInput.Close();
        return ReadToEnd(process);
    }

    private static Ending ReadToEnd(Process process)
    {
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    private Process Start(params string[] words) => StartProgram("dotnet", [_command, .. words]);

    private Process StartProgram(string program, params string[] words)
    {
        ProcessStartInfo start = new(program, words)
        {
            WorkingDirectory = _directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";    // otherwise .NET does not start below a limit of file sizes
        return Process.Start(start)!;
    }

    private sealed record Ending(int Code, string Output, string Errors);
}
