using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Cli.Run.Checkpoints;
using Paging.Cli.Run.Trace;
using Paging.Core;
using Paging.Costs.Prices;
using Paging.Guest;
using Paging.Native;
using Paging.Programs;

namespace Paging.Cli.Run;

/// <summary>The arguments and options of <c>paging run</c> and <c>fuzz</c>, and their values once they are parsed.</summary>
internal sealed record RunRequest
{
    /// <summary>The guest's time at the start of a repeatable run, in nanoseconds since 1970: the start of 2026.</summary>
    public const long SeededStartTime = 1_767_225_600 * NanosecondsOfSecond;

    /// <summary>The words of <c>--processor</c>.</summary>
    public const string Auto = "auto", Host = "host", Emulated = "emulated";

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
        usual: null, Auto, Host, Emulated);

    private readonly Option<AddressLayout> _layout = CommandOption.Layout();

    private readonly Option<int> _faultAround = CommandOption.Parsed("--fault-around", "PAGES",
        "Cached pages of a file that a fault maps, a power of two to 512 [default: 16, as in Linux]. More save faults, which are "
            + "dear on the host's processor, and make more pages resident.", ReadPagesAround);

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
    private readonly Option<bool> _noRandom = CommandOption.Flag("--no-aslr", "Do not randomise the layout of memory. On the " +
        "emulated processor mappings lie at the same random places at each start in any case.");
    private readonly Option<string> _report = CommandOption.OutputFile("--report", "FILE.html",
        "Write a report of the run as a web page: working set, faults, the map at the peak, hot pages, calls.");
    private readonly Option<PriceList?> _costs =
        CostLists.Make("Print the time by cause on a machine at the end. Uses the emulated processor, and is slow.");
    private readonly Option<string> _core = CommandOption.OutputFile("--core", "FILE",
        "Write a core file for gdb when a signal such as SIGSEGV ends a program; %p is the number of its process. "
            + "Without it, programs write theirs as RLIMIT_CORE allows (in a shell: ulimit -c).");
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
    private readonly Option<bool> _endsWithGdb = CommandOption.Flag("--end-with-gdb",
        "With --gdb: end the program when the connection to gdb is lost. Otherwise it goes on.");
    private readonly TraceOptions _accesses = new();
    private readonly CheckpointOptions _checkpoints = new();

    private readonly Argument<string[]> _words =
        new("PROGRAM")
        {
            Description = "i386 ELF program or script, below --root (or on the host, see --host-program); then its arguments.",
            Arity = ArgumentArity.ZeroOrMore,
        };

    private bool _isForFuzzing;    // the clock and the layout are fixed, so that an input always takes the same path
    private ParseResult _result = null!;

    /// <summary>The program and its arguments; empty when a checkpoint is resumed.</summary>
    public string[] Words { get => field ?? _result.GetValue(_words) ?? []; init; }

    /// <summary>The command's name in messages.</summary>
    public string Command => _isForFuzzing ? "paging fuzz" : "paging run";

    /// <summary>Physical memory; null for 1 GiB, or that of the checkpoint.</summary>
    public ulong? RamBytes
    {
        get => field ?? (_result.GetResult(_ram) is not null ? _result.GetValue(_ram) : _isForFuzzing ? 1 << 30 : null);
        init;
    }

    /// <summary>The swap device; null: none.</summary>
    public SwapChoice? Swap => _result.GetValue(_swap);

    /// <summary>The format of the page tables; null for classic, or that of the checkpoint.</summary>
    public TableFormat? Tables
    {
        get => field ?? (_result.GetResult(_tables) is not null ? _result.GetValue(_tables) : _isForFuzzing ? TableFormat.Classic : null);
        init;
    }

    /// <summary>The placement of mappings.</summary>
    public AddressLayout Layout => _result.GetValue(_layout);

    /// <summary>The pages of the page cache that a fault maps.</summary>
    public int FaultAroundPages => _result.Or(_faultAround, new EngineOptions().FaultAroundPages);

    /// <summary>The seed of all random numbers.</summary>
    public ulong Seed => (ulong)_result.Or(_seed, 1);

    /// <summary>The base of the guest's time; null for the host's clock, or as in the checkpoint.</summary>
    public GuestPace? Pace
    {
        get => field ?? (_isForFuzzing || _result.GetResult(_seed) is not null || _result.GetResult(_stepLimit) is not null
            ? GuestPace.Code : null);
        init;
    }

    /// <summary>One of the words of <c>--processor</c>.</summary>
    public string Processor { get => field ?? _result.GetValue(_processor) ?? Auto; init; }

    /// <summary>True if addresses are randomised.</summary>
    public bool IsRandomized => !_isForFuzzing && !_result.GetValue(_noRandom);

    /// <summary>The value of --root; null without it.</summary>
    public string? GivenRoot => _result.GetValue(_root);

    /// <summary>True if --root was given: the program gets only those parts of the host that were requested.</summary>
    public bool HasRoot => GivenRoot is not null;

    /// <summary>The host's directory that is the program's root: the current one without --root.</summary>
    public string Root => GivenRoot ?? ".";

    /// <summary>The program may lie outside the root.</summary>
    public bool MayUseHostProgram =>
        _result.GetValue(_hostProgram) || (GivenRoot is null && Source is null);    // a checkpoint names its files

    /// <summary>The program's working directory; null for the default of <see cref="Guest.GuestKernelOptions.WorkingDirectory"/>.</summary>
    public string? Directory => _result.GetValue(_directory);

    /// <summary>NAME=VALUE, or NAME for this command's own value.</summary>
    public string[] Environment => _result.GetValue(_environment) ?? [];

    /// <summary>The guest's time at its start, in nanoseconds since 1970; null: the host's.</summary>
    public long? StartTime => _result.GetResult(_clock) is not null ? _result.GetValue(_clock) * NanosecondsOfSecond
        : _isForFuzzing || _result.GetResult(_seed) is not null ? SeededStartTime : null;

    /// <summary>Seconds of the host; null: no limit.</summary>
    public long? TimeLimitSeconds => _result.GetResult(_timeLimit) is null ? null : _result.GetValue(_timeLimit);

    /// <summary>Steps of the scheduler; null: no limit.</summary>
    public long? StepLimit => _result.GetResult(_stepLimit) is null ? null : _result.GetValue(_stepLimit);

    /// <summary>The number of further bytes that the program's files may occupy on the host's disk.</summary>
    public long DiskBytes =>
        (long)Math.Min(_result.Or(_disk, (ulong)GuestKernelOptions.DefaultDiskBytes), long.MaxValue);

    /// <summary>Written data stays in the page cache until it is synchronized.</summary>
    public bool WritesLater => _result.GetValue(_laterWrites);

    /// <summary>Print /proc/PID/maps at the end.</summary>
    public bool ShowMaps => _result.GetValue(_maps);

    /// <summary>Print counters and calls at the end.</summary>
    public bool ShowStatistics => _result.GetValue(_stats);

    /// <summary>Print each system call.</summary>
    public bool Trace => _result.GetValue(_trace);

    /// <summary>Do not report them, though they were asked for: <c>paging fuzz</c> has a second machine for that.</summary>
    public bool IsUnchecked { get; init; }

    /// <summary>Report the program's memory errors.</summary>
    public bool ChecksMemory => !IsUnchecked && _result.GetValue(_check) is not null;

    /// <summary>The machine whose time is printed, or null.</summary>
    public PriceList? Costs => _result.GetValue(_costs);

    /// <summary>The memory accesses to record, or null.</summary>
    public TraceRequest? Accesses => _accesses.Read(_result);

    /// <summary>The port on which to wait for gdb, or null.</summary>
    public int? DebugPort => _result.GetResult(_gdb) is null ? null : (int)_result.GetValue(_gdb);

    /// <summary>True if the run is recorded for reverse debugging.</summary>
    public bool IsRecording => _result.GetValue(_record);

    /// <summary>True if the program ends when the connection to gdb is lost.</summary>
    public bool EndsWithDebugger => _result.GetValue(_endsWithGdb);

    /// <summary>The file for the report page, or null.</summary>
    public string? ReportPath => _result.GetValue(_report);

    /// <summary>The file for the core of a program that a signal ends, or null.</summary>
    public string? CorePath => _result.GetValue(_core);

    /// <summary>The place to save the program, or null.</summary>
    public CheckpointPlace? Target => _checkpoints.ReadTarget(_result);

    /// <summary>The time to save at; null to save on the signal only.</summary>
    public TimeSpan? SaveAfter => _checkpoints.ReadTime(_result);

    /// <summary>True if most pages are sent while the program still runs.</summary>
    public bool IsLive => _checkpoints.ReadLive(_result);

    /// <summary>The time to wait for the checkpoint to resume.</summary>
    public TimeSpan Patience => _checkpoints.ReadPatience(_result);

    /// <summary>The checkpoint to resume; null to start a program.</summary>
    public CheckpointPlace? Source => _checkpoints.ReadSource(_result);

    /// <summary>Options that take the next word as their value.</summary>
    public IEnumerable<string> NamesWithValue =>
        All.Where(static option => option.ValueType != typeof(bool)).Select(static option => option.Name);

    /// <summary>The names of the options that <c>paging fuzz</c> has too.</summary>
    public IEnumerable<string> NamesForFuzzing => ForFuzzing.Select(static option => option.Name);

    private Option[] ForFuzzing => [_ram, _disk, _root, _directory, _environment, _hostProgram, _check];

    private Option[] All =>
        [_ram, _disk, _swap, _tables, _processor, _layout, _faultAround, _seed, _noRandom, _root, _directory, _environment, _hostProgram,
        _clock, _timeLimit, _stepLimit, _laterWrites, _maps, _stats, _trace, _report, _costs, _core, _check, _gdb, _record, _endsWithGdb,
        .. _accesses.All, .. _checkpoints.All];

    /// <summary>The options of <c>paging run</c>.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_words);
        foreach (Option option in All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            bool hasProgram = result.GetResult(_words) is { Tokens.Count: > 0 };
            if (_checkpoints.Validate(result, hasProgram) is { } complaint) result.AddError(complaint);
        });
    }

    /// <summary>The options of <c>paging fuzz</c>, where the clock, the seed and the layout are fixed.</summary>
    public void AddForFuzzing(Command command)
    {
        _isForFuzzing = true;
        command.Arguments.Add(_words);
        _check.Description = "Let an input that causes an error with memory end as by SIGABRT. Only inputs with new edges are checked. "
            + "A checked run is slow: afl-fuzz needs -t 5000 or so.";
        foreach (Option option in ForFuzzing) command.Options.Add(option);
    }

    /// <summary>Takes the values.</summary>
    public RunRequest Read(ParseResult result) => this with { _result = result };

    // As setenv(3), which returns EINVAL.
    private static void RefuseNameless(OptionResult result)
    {
        if (result.Tokens.FirstOrDefault(static token => token.Value is "" or ['=', ..]) is { } nameless)
            result.AddError($"--env is NAME or NAME=VALUE, not '{nameless.Value}'");
    }

    private static int ReadPagesAround(ArgumentResult result)
    {
        string given = result.Tokens[0].Value;
        bool isNumber = int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int pages);
        if (isNumber && int.IsPow2(pages) && pages <= 512) return pages;
        result.AddError($"--fault-around is a power of two from 1 to 512, not '{given}'");
        return default;
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
