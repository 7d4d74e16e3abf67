using System.Diagnostics;
using Paging.Bench.Harness;
using Paging.Guest;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;

namespace Paging.Bench.Operations.Guest;

/// <summary>What does a guest's process cost, on the host's processor and emulated? The kernel runs the program natively.</summary>
/// <remarks>
/// Left out, with the reason, where a processor cannot be used; the native program, where the host starts no 32-bit programs. A machine's
/// start is not timed, the native program's is.
/// </remarks>
internal static class GuestProcessRaces
{
    private const int ProcessCount = 128;

    public static IEnumerable<RaceDefinition> All
    {
        get
        {
            string? noHost = DirectProcessor.IsAvailable(out string reason) ? null : reason.TrimEnd('.');
            string? noEmulator = GuestProcessor.IsAvailable(out string why) ? null : why.TrimEnd('.');
            return
            [
                Define("fork-exit", "fork, exit and waitpid", executes: false, GuestExecution.Direct, noHost),
                Define("fork-exec-exit", "fork, execve, exit and waitpid", executes: true, GuestExecution.Direct, noHost),
                Define("fork-exit-emulated", "fork, exit and waitpid", executes: false, GuestExecution.Emulated, noEmulator),
                Define("fork-exec-exit-emulated", "fork, execve, exit and waitpid", executes: true, GuestExecution.Emulated, noEmulator),
            ];
        }
    }

    private static RaceDefinition Define(string size, string unit, bool executes, GuestExecution execution, string? missing) =>
        new("guest-process", size, unit, scale => Start(scale, executes, execution)) { HostBytes = 128L << 20, Missing = missing };

    private static Race Start(Scale scale, bool executes, GuestExecution execution)
    {
        ProgramDirectory directory = new();
        List<Contender> contenders = [new OnTheEngine(directory, executes, execution)];
        if (DirectProcessor.IsAvailable(out _)) contenders.Add(new OnTheHost(directory, executes));
        return new(scale.Pick(ProcessCount, tiny: 4), warmCount: 4, [.. contenders], directory);
    }

    private sealed class OnTheEngine(ProgramDirectory directory, bool executes, GuestExecution execution)
        : Contender(Role.Engine, "a guest's processes")
    {
        private GuestKernel? _kernel;
        private int _status;

        public override long AllocatedBytesMax => long.MaxValue;    // a process is some objects

        /// <summary>Its start is not timed, so fewer processes do than the host needs, whose start is.</summary>
        public override int CountMax => 32;

        public override void Prepare(int count)
        {
            directory.Write("spawn", SpawningProgram.Spawning(count, executes ? "/exiting" : null));
            _kernel = new(new()
            {
                Engine = new() { RamBytes = 64 << 20 },
                Root = directory.Path,
                WorkingDirectory = "/",
                Execution = execution,
                Pace = GuestPace.Host,
                StandardStreams = [-1, -1, -1],
            });
            BrokenBenchmarkException.ThrowUnlessEqual("the error of the start", 0, (int)_kernel.Start("/spawn", [], []));
        }

        public override void Run(int count) => _status = _kernel!.Run().ShellStatus;

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("the status", 0, _status);
            long forks = _kernel!.CallCounts.Single(static call => string.Equals(call.Name, "fork", StringComparison.Ordinal)).Count;
            _kernel.Dispose();
            BrokenBenchmarkException.ThrowUnlessEqual("forks", count, forks);
        }
    }

    private sealed class OnTheHost(ProgramDirectory directory, bool executes) : Contender(Role.Kernel, "the same program, natively")
    {
        public override void Prepare(int count) =>
            directory.Write("native", SpawningProgram.Spawning(count, executes ? Path.Combine(directory.Path, "exiting") : null));

        public override void Run(int count)
        {
            using Process process = Process.Start(Path.Combine(directory.Path, "native"));
            process.WaitForExit();
            BrokenBenchmarkException.ThrowUnlessEqual("the status", 0, process.ExitCode);
        }
    }

    /// <summary>A directory for programs, which is removed.</summary>
    private sealed class ProgramDirectory : IDisposable
    {
        public ProgramDirectory() => Write("exiting", SpawningProgram.Exiting());

        public string Path { get; } = Directory.CreateTempSubdirectory("paging-bench-").FullName;

        public void Write(string name, byte[] program)
        {
            string path = System.IO.Path.Combine(Path, name);
            File.WriteAllBytes(path, program);
            if (OperatingSystem.IsWindows()) return;    // the host's processor is not used there
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
