using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Processors;

namespace Paging.Guest.Tests;

/// <summary>The outcome of a program: its status as a shell shows it, and its output.</summary>
internal sealed record Outcome(int Status, string Output, string Errors);

/// <summary>One program, once on the host's own processor and once as a guest, each in a directory of its own.</summary>
internal sealed class GuestRun : IDisposable
{
    private const string Locale = "LC_ALL=C";
    private const int NativeRunCountMax = 5;
    private static readonly TimeSpan NativePatience = TimeSpan.FromMinutes(2);
    private static readonly ConcurrentDictionary<string, ConcurrentBag<Outcome>> OnHost = new(StringComparer.Ordinal);

    private readonly string _root;
    private readonly bool _isOwn;

    public GuestRun() : this(Directory.CreateTempSubdirectory("paging-guest-test-").FullName) => _isOwn = true;

    /// <summary>In a directory that its creator removes.</summary>
    public GuestRun(string root)
    {
        _root = root;
        Directory.CreateDirectory(Path.Combine(_root, "tmp"));
    }

    /// <summary>The file that the guest's standard output goes to.</summary>
    public string OutputFile => Path.Combine(_root, ".output");

    /// <summary>The guest's root.</summary>
    public string Root => _root;

    public EngineOptions Engine { get; init; } = new() { RamBytes = 64 << 20 };

    public ulong SwapBytes { get; init; }

    public long? StepLimit { get; init; }

    /// <summary>The program may lie outside the root.</summary>
    public bool UsesHostProgram { get; init; }

    /// <summary>How much of the host's disk it may take.</summary>
    public long DiskBytes { get; init; } = GuestKernelOptions.DefaultDiskBytes;

    /// <summary>The guest's time at the start; null: the host's.</summary>
    public long? StartTime { get; init; }

    /// <summary>The clock that its time follows; null: counted code if emulated, else the host's.</summary>
    public GuestPace? Pace { get; init; }

    /// <summary>The processor that executes it; null: an emulated one where there is one, else the host's.</summary>
    public GuestExecution? Execution { get; init; }

    /// <summary>Receives every access.</summary>
    public IGuestAccessSink? Accesses { get; init; }

    /// <summary>True if the program's gdb can go back.</summary>
    public bool IsRecording { get; init; }

    /// <summary>The program ends when its debugger's connection is lost.</summary>
    public bool EndsWithDebugger { get; init; }

    /// <summary>Called when the debugger's connection is lost.</summary>
    public Action? OnDebuggerLost { get; init; }

    /// <summary>The program's standard input.</summary>
    public string Input { get; init; } = "";

    /// <summary>The program has no standard streams at all.</summary>
    public bool HasNoStreams { get; init; }

    /// <summary>Where system calls are printed; null: nowhere.</summary>
    public TextWriter? Calls { get; init; }

    /// <summary>Where internal errors are reported; null: nowhere.</summary>
    public Action<string>? OnInternalError { get; init; }

    /// <summary>Where errors with memory are reported; null: it is not checked.</summary>
    public TextWriter? MemoryErrors { get; init; }

    /// <summary>Watches the program.</summary>
    public IGuestObserver? Observer { get; init; }

    /// <summary>Changes the machine before the program starts.</summary>
    public Action<GuestKernel>? Made { get; init; }

    /// <summary>The processor of a machine that does not need an emulated one.</summary>
    public static GuestExecution AnyExecution => RequiredProcessor.IsDirectByDefault ? GuestExecution.Direct : GuestExecution.Emulated;

    public GuestEnd End { get; private set; }

    /// <summary>The clock of a machine with such a processor.</summary>
    public static GuestPace PaceOf(GuestExecution execution) => execution == GuestExecution.Direct ? GuestPace.Host : GuestPace.Code;

    /// <summary>Puts a file of the host into the root.</summary>
    public string Install(string source, string name)
    {
        string path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(source, path, overwrite: true);
        return "/" + name;
    }

    public Outcome AsGuest(string program, params string[] arguments) => AsGuest(null, program, arguments);

    /// <summary>The same, debugged on a connection.</summary>
    public Outcome AsGuest(Stream? debugger, string program, params string[] arguments)
    {
        bool mustEmulate = Pace == GuestPace.Code || StepLimit is not null || StartTime is not null || IsRecording
            || debugger is not null || Accesses is not null || MemoryErrors is not null;
        GuestExecution execution = Execution ?? (mustEmulate ? GuestExecution.Emulated : AnyExecution);
        RequiredProcessor.Check(isDirect: execution == GuestExecution.Direct);
        if (execution == GuestExecution.Direct) ChildStops.Silence();
        string output = OutputFile, errors = Path.Combine(_root, ".errors"), input = Path.Combine(_root, ".input");
        File.WriteAllText(input, Input);
        int status;
        using (SafeFileHandle inputFile = File.OpenHandle(input), outputFile = Writer(output), errorFile = Writer(errors))
        {
            using GuestKernel kernel = new(new()
            {
                Engine = Engine,
                Root = _root,
                WorkingDirectory = "/",
                StepLimit = StepLimit,
                DiskBytes = DiskBytes,
                MayUseHostProgram = UsesHostProgram,
                Pace = Pace ?? PaceOf(execution),
                Execution = execution,
                Accesses = Accesses,
                Trace = Calls,
                OnInternalError = OnInternalError,
                MemoryErrors = MemoryErrors,
                Observer = Observer,
                DebugConnection = debugger,
                IsRecording = IsRecording,
                EndsWithDebugger = EndsWithDebugger,
                OnDebuggerLost = OnDebuggerLost,
                StartTime = StartTime,
                StandardStreams = HasNoStreams ? [-1, -1, -1] :
                    [(int)inputFile.DangerousGetHandle(), (int)outputFile.DangerousGetHandle(), (int)errorFile.DangerousGetHandle()],
            });
            Made?.Invoke(kernel);
            if (SwapBytes != 0) Assert.Equal(Errno.None, kernel.Engine.Swap.SwitchOn(new MemorySwapStore(SwapBytes), -2, out _));
            Assert.Equal(Errno.None, kernel.Start(program, arguments, [Locale, "PATH=/bin", "TMPDIR=/tmp"]));
            GuestOutcome outcome = kernel.Run();
            Assert.Empty(kernel.Engine.Audit().Findings);
            End = outcome.End;
            status = outcome.ShellStatus;
        }

        return new(status, File.ReadAllText(output, Encoding.Latin1), File.ReadAllText(errors, Encoding.Latin1));
    }

    /// <summary>A program of the host writes the same, and ends the same, there and, installed under a name, as a guest.</summary>
    /// <remarks>
    /// The guest's clock is virtual, the host's is not: there a child may be late, or miss the signal that it was to wait for. So a run of
    /// the host may differ, or never end; it is run again then, and only what differs every time is a difference. A guest that does what an
    /// earlier run of the host did needs no run of its own. It is not the installed file that the host executes: a process that another
    /// test starts at that moment holds that open for writing until its own execve (ETXTBSY).
    /// </remarks>
    public void AssertSame(string source, string name, params string[] arguments)
    {
        if (NativeRecordings.IsCollecting)
        {
            if (Execution != GuestExecution.Direct) NativeRecordings.Collect(source, name, arguments);
            return;
        }

        Outcome guest = AsGuest(Install(source, name), arguments);
        if (!RequiredProcessor.HostRunsPrograms)
        {
            AssertEqual(NativeRecordings.FindLike(guest, source, name, arguments), guest);
            return;
        }

        ConcurrentBag<Outcome> known = OnHost.GetOrAdd(string.Join('\0', [source, .. arguments]), static _ => []);
        if (known.Contains(guest)) return;
        Outcome native = RunOnHost(source, arguments);
        for (int run = 1; run < NativeRunCountMax && native != guest; run++)
        {
            Directory.Delete(Path.Combine(_root, "tmp"), recursive: true);    // what the run before has left
            Directory.CreateDirectory(Path.Combine(_root, "tmp"));
            native = RunOnHost(source, arguments);
        }

        known.Add(native);
        AssertEqual(native, guest);
    }

    public void Dispose()
    {
        if (_isOwn) Directory.Delete(_root, recursive: true);
    }

    private static void AssertEqual(Outcome native, Outcome guest)
    {
        Assert.Equal(native.Output, guest.Output);
        Assert.Equal(native.Errors, guest.Errors);
        Assert.Equal(native.Status, guest.Status);
    }

    private Outcome RunOnHost(string program, string[] arguments)
    {
        // Files that were left open when this process was started would be open there, so that the numbers of its own would differ.
        const string closesFiles = "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; exec \"$0\" \"$@\"";
        ProcessStartInfo start = DefaultSignals.For("sh", ["-c", closesFiles, program, .. arguments]);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        (start.StandardOutputEncoding, start.StandardErrorEncoding) = (Encoding.Latin1, Encoding.Latin1);
        (start.UseShellExecute, start.WorkingDirectory) = (false, _root);
        start.Environment["TMPDIR"] = Path.Combine(_root, "tmp");
        start.Environment["LC_ALL"] = "C";
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(NativePatience)) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return new(process.ExitCode, output.Result, errors.Result);
    }

    private static SafeFileHandle Writer(string path) => File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
}
