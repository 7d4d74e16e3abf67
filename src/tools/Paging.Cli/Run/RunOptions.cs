using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Cli.Run.Checkpoints;
using Paging.Cli.Run.Trace;
using Paging.Guest;
using Paging.Native;
using Paging.Programs;

namespace Paging.Cli.Run;

/// <summary>The options of <c>paging run</c>.</summary>
internal sealed class RunOptions
{
    /// <summary>The guest's time at the start of a repeatable run, in nanoseconds since 1970: the start of 2026.</summary>
    public const long SeededStartTime = 1_767_225_600 * NanosecondsOfSecond;

    private const long NanosecondsOfSecond = 1_000_000_000;

    private readonly Option<ulong> _ram = Size("--ram", "Physical memory, 1M to 3G, with PAE tables to 60G [default: 1G].");
    private readonly Option<ulong> _disk = Size("--disk",
        "Bytes by which files may grow on the host's disk before writes fail with ENOSPC [default: 4G].");
    private readonly Option<SwapChoice?> _swap = SwapChoice.Make(
        "Add a swap device: in the host's memory, in a new file, or on servers (docs/REMOTE.md) [default: none].",
        SwapChoice.EngineWindow,
        takesSize: true);

    private readonly Option<TableFormat> _tables = CommandOption.Tables(
        "Page table format: classic (two levels) or pae (three levels, and NX) [default: classic].");

    private readonly Option<string> _processor = CommandOption.Word("--processor",
        "Processor to use: the host's (fast), an emulated one (the same everywhere), "
            + "or the first of them that supports the other options [default: auto].",
        usual: null, RunProcessor.Auto, RunProcessor.Host, RunProcessor.Emulated);

    private readonly Option<AddressLayout> _layout = CommandOption.Layout();

    private readonly Option<long> _seed = Number("--seed", "N",
        "Seed of addresses and random bytes [default: 1]. Makes runs repeatable, and slower; see --clock.");
    private readonly Option<long> _timeLimit =
        Number("--time-limit", "SECONDS", "End the run after this number of seconds, with status 124.", most: 4_294_967);    // as a Timer's
    private readonly Option<long> _stepLimit =
        Number("--step-limit", "STEPS",
            "End the run after this number of steps, with status 124. A step is a system call, or a slice of code without one.");
    private readonly Option<long> _clock = Number("--clock", "SECONDS",
        "Guest's time at the start, since 1970 [default: the host's; with --seed 1767225600, the start of 2026].",
        most: long.MaxValue / NanosecondsOfSecond);
    private readonly Option<string> _root = CommandOption.Text("--root", "DIR",
        "Directory that the program sees as /; files outside cannot be reached [default: the current directory].");
    private readonly Option<string> _directory = CommandOption.Text("--cwd", "DIR",
        "Working directory of the program [default: the current directory if it is below --root, else /].");
    private readonly Option<string[]> _environment = new("--env")
    {
        Description = "Set an environment variable, or pass on this command's own by name. Without --root all are passed on.",
        HelpName = "NAME[=VALUE]",
        Validators = { RefuseNameless },
    };
    private readonly Option<bool> _hostProgram = CommandOption.Flag("--host-program",
        "With --root: allow a program outside of it, read-only and at its own path. Without --root always allowed, "
            + "except when resuming.");
    private readonly Option<bool> _largeRange = CommandOption.Flag(
        "--3gb", "Give a large-address-aware program of Windows 3 GB of addresses, not 2 (boot option /3GB).");
    private readonly Option<bool> _noRandom = CommandOption.Flag("--no-aslr", "Do not randomise the layout of memory.");
    private readonly Option<string> _report = CommandOption.Text("--report", "FILE.html",
        "Write a report of the run as a web page: working set, faults, the map at the peak, hot pages, calls.");
    private readonly Option<bool> _maps =
        CommandOption.Flag("--maps", "Print the program's /proc/PID/maps to standard error at the end.");
    private readonly Option<bool> _stats = CommandOption.Flag("--stats", "Print counters and calls to standard error at the end.");
    private readonly Option<bool> _laterWrites = CommandOption.Flag("--lazy-writes",
        "Keep written data in the engine's page cache until fsync or the end of the run, for experiments with "
            + "write-back: it is lost if this command is killed. By default each write reaches the host at once.");
    private readonly Option<bool> _trace = CommandOption.Flag(
        "--strace", "Print each system call to standard error, memory calls in the form of scenarios.");

    private readonly Option<string> _check = CommandOption.Word("--check",
        "Report memory errors as valgrind does: use after free, overflow, "
            + "uninitialized bytes. Uses the emulated processor, and is slow.",
        usual: null, "memory");

    private readonly Option<long> _gdb =
        Number("--gdb", "PORT", "Wait for gdb on this port of 127.0.0.1 (0: any): target remote :PORT.", most: ushort.MaxValue);
    private readonly Option<bool> _record = CommandOption.Flag("--record",
        "With --gdb: record the program for reverse debugging (reverse-stepi, reverse-continue, also to "
            + "watchpoints; monitor lastwrite ADDRESS). Programs of one thread.");
    private readonly TraceOptions _accesses = new();
    private readonly CheckpointOptions _checkpoints = new();

    /// <summary>The program and its arguments.</summary>
    public Argument<string[]> Words { get; } =
        new("PROGRAM")
        {
            Description = "i386 ELF program, script, or console program of Windows, "
                + "below --root (or on the host, see --host-program); then its arguments.",
            Arity = ArgumentArity.ZeroOrMore,
        };

    /// <summary>Options that take the next word as their value.</summary>
    public IEnumerable<string> NamesWithValue =>
        All.Where(static option => option.ValueType != typeof(bool)).Select(static option => option.Name);

    /// <summary>The names of the options that <c>paging fuzz</c> has too.</summary>
    public IEnumerable<string> NamesForFuzzing => ForFuzzing.Select(static option => option.Name);

    private Option[] ForFuzzing => [_ram, _disk, _root, _directory, _environment, _hostProgram, _check];

    private Option[] All =>
        [_ram, _disk, _swap, _tables, _processor, _layout, _seed, _noRandom, _largeRange, _root, _directory, _environment, _hostProgram,
        _clock, _timeLimit, _stepLimit, _laterWrites, _maps, _stats, _trace, _report, _check, _gdb, _record, .. _accesses.All,
        .. _checkpoints.All];

    public void AddTo(Command command)
    {
        command.Arguments.Add(Words);
        foreach (Option option in All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            bool hasProgram = result.GetResult(Words) is { Tokens.Count: > 0 };
            if (_checkpoints.Validate(result, hasProgram) is { } complaint) result.AddError(complaint);
        });
    }

    /// <summary>The options of <c>paging fuzz</c>, where the clock, the seed and the layout are fixed.</summary>
    public void AddForFuzzing(Command command)
    {
        command.Arguments.Add(Words);
        _check.Description = "Let an input that causes an error with memory end as by SIGABRT. Only inputs with new edges are checked. "
            + "A checked run is slow: afl-fuzz needs -t 5000 or so.";
        foreach (Option option in ForFuzzing) command.Options.Add(option);
    }

    /// <summary>Reads the options of <c>paging fuzz</c>; clock and layout are fixed, so that an input always takes the same path.</summary>
    public RunRequest ReadForFuzzing(ParseResult result)
    {
        RunRequest request = Read(result);
        return request with
        {
            Command = "paging fuzz",
            RamBytes = request.RamBytes ?? 1 << 30,
            Tables = TableFormat.Classic,
            Pace = GuestPace.Code,
            IsRandomized = false,
            StartTime = SeededStartTime,
        };
    }

    /// <summary>Reads the options of <c>paging run</c>.</summary>
    public RunRequest Read(ParseResult result) => new()
    {
        Words = result.GetValue(Words) ?? [],
        RamBytes = result.GetResult(_ram) is null ? null : result.GetValue(_ram),
        Swap = result.GetValue(_swap),
        Tables = result.GetResult(_tables) is null ? null : result.GetValue(_tables),
        Processor = result.GetValue(_processor) ?? RunProcessor.Auto,
        Layout = result.GetValue(_layout),
        Seed = (ulong)result.Or(_seed, 1),
        Pace = result.GetResult(_seed) is null && result.GetResult(_stepLimit) is null ? null : GuestPace.Code,
        IsRandomized = !result.GetValue(_noRandom),
        HasLargeUserRange = result.GetValue(_largeRange),
        GivenRoot = result.GetValue(_root),
        MayUseHostProgram = result.GetValue(_hostProgram)
            || (result.GetValue(_root) is null && _checkpoints.ReadSource(result) is null),    // a checkpoint names its files
        Directory = result.GetValue(_directory),
        Environment = result.GetValue(_environment) ?? [],
        StartTime = result.GetResult(_clock) is not null ? result.GetValue(_clock) * NanosecondsOfSecond
            : result.GetResult(_seed) is null ? null : SeededStartTime,
        TimeLimitSeconds = result.GetResult(_timeLimit) is null ? null : result.GetValue(_timeLimit),
        StepLimit = result.GetResult(_stepLimit) is null ? null : result.GetValue(_stepLimit),
        DiskBytes = result.GetResult(_disk) is null ? GuestKernelOptions.DefaultDiskBytes
            : (long)Math.Min(result.GetValue(_disk), long.MaxValue),
        WritesLater = result.GetValue(_laterWrites),
        ShowMaps = result.GetValue(_maps),
        ShowStatistics = result.GetValue(_stats),
        Trace = result.GetValue(_trace),
        ChecksMemory = result.GetValue(_check) is not null,
        Accesses = _accesses.Read(result),
        IsRecording = result.GetValue(_record),
        DebugPort = result.GetResult(_gdb) is null ? null : (int)result.GetValue(_gdb),
        ReportPath = result.GetValue(_report),
        Target = _checkpoints.ReadTarget(result),
        SaveAfter = _checkpoints.ReadTime(result),
        Source = _checkpoints.ReadSource(result),
        IsLive = _checkpoints.ReadLive(result),
        Patience = _checkpoints.ReadPatience(result),
    };

    // As setenv(3), which returns EINVAL.
    private static void RefuseNameless(OptionResult result)
    {
        if (result.Tokens.FirstOrDefault(static token => token.Value is "" or ['=', ..]) is { } nameless)
            result.AddError($"--env is NAME or NAME=VALUE, not '{nameless.Value}'");
    }

    private static Option<ulong> Size(string name, string description) => CommandOption.Parsed(name, "SIZE", description, result =>
    {
        if (ByteSize.TryParse(result.Tokens[0].Value, out ulong size)) return size;
        result.AddError($"{name} is a size such as 16M, not '{result.Tokens[0].Value}'");
        return default;
    });

    private static Option<long> Number(string name, string unit, string description, long most = long.MaxValue) =>
        CommandOption.Number(name, unit, description, 0, most);
}
