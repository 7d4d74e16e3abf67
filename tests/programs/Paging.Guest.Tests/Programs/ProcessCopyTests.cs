using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Paging.Core;
using Paging.Guest.Host;
using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Guest.Tests;

/// <summary>A process that is held where it uses its input, and copies of it (<c>tests/programs/sources/fuzzed.c</c>).</summary>
public sealed class ProcessCopyTests(BuiltPrograms programs) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("paging-copies-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(GuestExecution.Emulated)]
    [InlineData(GuestExecution.Direct)]
    public void EachCopyGoesOnFromTheInputAndEndsByItself(GuestExecution execution)
    {
        using Held held = Hold("input", execution);
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(new(GuestEnd.Exited, 2), held.Run("ok"));
            Assert.Equal(new(GuestEnd.Killed, 11), held.Run("!"));
            Assert.Equal(new(GuestEnd.Killed, 6), held.Run("a"));
            Assert.Equal(new(GuestEnd.Exited, 4), held.Run("e-"));
            Assert.Equal(new(GuestEnd.Exited, 3), held.Run("e-x"));
            Assert.Equal(1, held.Kernel.Engine.ProcessCount);
        }

        string line = held.Output().Split('\n')[0];
        Assert.StartsWith("2 ", line, StringComparison.Ordinal);
        Assert.Equal(string.Concat(Enumerable.Repeat(line + "\n", 3)), held.Output());    // the same count, the same process
        Assert.Empty(held.Kernel.Engine.Audit().Findings);
    }

    [Fact]
    public void StandardInputIsAnInputToo()
    {
        using Held held = Hold(null);
        Assert.Equal(new(GuestEnd.Exited, 5), held.Run("12345"));
        Assert.Equal(new(GuestEnd.Killed, 11), held.Run("!"));
        Assert.Equal(new(GuestEnd.Exited, 1), held.Run("1"));
    }

    /// <summary>It is the file that counts, by whatever name the program opens it.</summary>
    [Theory]
    [InlineData("input", "/input")]
    [InlineData("input", "./..//proc/self/root/./input")]
    [InlineData("input", "link")]
    [InlineData("input", "other name")]
    [InlineData(null, "/dev/stdin")]
    [InlineData(null, "/dev/fd/0")]
    [InlineData(null, "/proc/self/fd/0")]
    [InlineData(null, "/proc/thread-self/fd/0")]
    public void TheInputIsAFileNotAName(string? input, string name)
    {
        File.WriteAllText(Path.Combine(_root, "input"), "");
        File.CreateSymbolicLink(Path.Combine(_root, "link"), "input");
        using (Process link = Process.Start("ln", [Path.Combine(_root, "input"), Path.Combine(_root, "other name")])) link.WaitForExit();
        using Held held = Hold(input, name: name);
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(new(GuestEnd.Exited, 5), held.Run("12345"));
            Assert.Equal(new(GuestEnd.Killed, 11), held.Run("!"));
        }
    }

    /// <summary>Linux: proc_fd_link. A file that is opened again has a position of its own, and the rights of the stream.</summary>
    [Theory]
    [InlineData(GuestExecution.Emulated)]
    [InlineData(GuestExecution.Direct)]
    public void AStandardStreamThatIsOpenedAgainHasItsOwnPosition(GuestExecution execution)
    {
        using GuestRun run = new()
        {
            Input = "abcdef",
            Execution = execution,
            Pace = execution == GuestExecution.Direct ? GuestPace.Host : GuestPace.Code,
        };
        Outcome guest = run.AsGuest(run.Install(programs.Find("reopened"), "reopened"));
        Assert.Equal("ab abc cd de ef, to write: Permission denied\n", guest.Output);
    }

    [Fact]
    public void ProcessesStartedByACopyEndWithIt()
    {
        using Held held = Hold("input");
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(new(GuestEnd.Exited, 1), held.Run("f"));
            Assert.Equal(1, held.Kernel.Engine.ProcessCount);
        }
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("l", GuestEnd.Stopped)]
    [InlineData("w", GuestEnd.AllWait)]
    public void ACopyThatDoesNotEndCanBeStopped(string input, GuestEnd end)
    {
        using Held held = Hold("input");
        TimeSpan period = end == GuestEnd.Stopped ? TimeSpan.FromMilliseconds(50) : Timeout.InfiniteTimeSpan;
        using Timer timer = new(_ => held.Kernel.RequestStop(), null, period, period);
        Assert.Equal(end, held.Run(input).End);
        timer.Change(Timeout.Infinite, Timeout.Infinite);
        held.Kernel.RequestStop();
        Assert.Equal(GuestEnd.Stopped, held.Kernel.Run().End);    // takes what has come too late
        Assert.Equal(new(GuestEnd.Exited, 2), held.Run("ok"));
    }

    [Fact]
    public void ACopyCannotEndTheProcessThatIsHeld()
    {
        using Held held = Hold("input");
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(new(GuestEnd.Exited, 1), held.Run("k"));
            Assert.Equal(new(GuestEnd.Exited, 2), held.Run("ok"));
        }
    }

    [Fact]
    public void AProgramThatDoesNotUseItsInputRunsToItsEnd()
    {
        using Held held = Make("input", GuestExecution.Emulated, coverage: null);
        File.WriteAllText(Path.Combine(_root, "input"), "ok");
        Assert.Equal(new GuestOutcome(GuestEnd.Exited, 2), held.Kernel.RunToInput("another"));
        Assert.Throws<InvalidOperationException>(() => held.Kernel.RunCopy());
    }

    [Fact]
    public void TheSameInputTakesTheSameEdgesAndAnotherOneOthers()
    {
        byte[] map = new byte[1 << 16];
        using EdgeCoverage coverage = new(map);
        using Held held = Hold("input", GuestExecution.Emulated, coverage);
        byte[] Edges(string input)
        {
            Array.Clear(map);
            held.Run(input);
            return [.. map];
        }

        Assert.DoesNotContain(Edges("e--"), static count => count != 0);    // nothing is covered yet
        coverage.Cover(new(default, PageCount.UserHalf));
        byte[] first = Edges("e--"), other = Edges("e-x"), again = Edges("e--"), longer = Edges("e---");
        Assert.Contains(first, static count => count != 0);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.NotEqual(first, longer);    // the same edges, one of them once more
        Assert.Equal(first.Select(static count => count != 0), longer.Select(static count => count != 0));
    }

    [Fact]
    public void TheHostsProcessorCountsNoEdges()
    {
        using EdgeCoverage coverage = new(new byte[1 << 8]);
        Assert.Throws<ArgumentException>(() =>
            new GuestKernel(new() { Root = _root, Execution = GuestExecution.Direct, Pace = GuestPace.Host, Coverage = coverage }));
    }

    private Held Hold(string? input, GuestExecution execution = GuestExecution.Emulated, EdgeCoverage? coverage = null, string? name = null)
    {
        Held held = Make(input, execution, coverage, name);
        Assert.Null(held.Kernel.RunToInput(input));
        return held;
    }

    private Held Make(string? input, GuestExecution execution, EdgeCoverage? coverage, string? name = null)
    {
        RequiredProcessor.Check(isDirect: execution == GuestExecution.Direct);
        File.Copy(programs.Find("fuzzed"), Path.Combine(_root, "fuzzed"), overwrite: true);
        return new(_root, input, execution, coverage, name ?? input);
    }

    /// <summary>A machine with the program, and the files that it reads and writes.</summary>
    private sealed class Held : IDisposable
    {
        private readonly string _input, _output;
        private readonly SafeFileHandle _inputFile, _outputFile;

        public Held(string root, string? input, GuestExecution execution, EdgeCoverage? coverage, string? name)
        {
            (_input, _output) = (Path.Combine(root, input ?? ".stdin"), Path.Combine(root, ".output"));
            File.WriteAllText(_input, "");
            _inputFile = File.OpenHandle(_input);
            _outputFile = File.OpenHandle(_output, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            int output = (int)_outputFile.DangerousGetHandle();
            Kernel = new(new()
            {
                Engine = new() { RamBytes = 32 << 20 },
                Root = root,
                WorkingDirectory = "/",
                Execution = execution,
                Pace = execution == GuestExecution.Direct ? GuestPace.Host : GuestPace.Code,
                IsRandomized = false,
                Coverage = coverage,
                StandardStreams = [(int)_inputFile.DangerousGetHandle(), output, output],
            });
            Assert.Equal(Errno.None, Kernel.Start("/fuzzed", name is null ? [] : [name], []));
        }

        public GuestKernel Kernel { get; }

        public string Output() => File.ReadAllText(_output);

        /// <summary>Writes an input, and runs a copy with it.</summary>
        public GuestOutcome Run(string input)
        {
            File.WriteAllText(_input, input);
            HostCalls.Seek((int)_inputFile.DangerousGetHandle(), 0, 0);
            return Kernel.RunCopy();
        }

        public void Dispose()
        {
            Kernel.Dispose();
            _inputFile.Dispose();
            _outputFile.Dispose();
        }
    }
}
