using System.CommandLine;
using System.Globalization;
using Paging.Cli.Programs;
using Paging.Cli.Run.Checkpoints;
using Paging.Cli.Run.Trace;
using Paging.Guest;
using Paging.Native;
using Paging.Programs;

namespace Paging.Cli.Run;

/// <summary>The options of <c>paging run</c>.</summary>
internal sealed class RunOptions
{
    /// <summary>The start of 2026 in nanoseconds since 1970: the guest's time at the start of a run that can be repeated.</summary>
    public const long SeededStartTime = 1_767_225_600 * NanosecondsOfSecond;

    private const long NanosecondsOfSecond = 1_000_000_000;

    private readonly Option<ulong> _ram = Size("--ram", "Physical memory, 1M to 3G, with PAE tables to 60G [default: 1G].");
    private readonly Option<ulong> _disk = Size("--disk",
        "The most that files may occupy on the host's disk beyond what they do at the start; then ENOSPC [default: 4G].");
    private readonly Option<SwapChoice?> _swap = SwapChoice.Make(
        "A swap device: of so much in the host's memory or in a new file, or on servers (docs/REMOTE.md) [default: none].",
        SwapChoice.EngineWindow,
        takesSize: true);

    private readonly Option<TableFormat> _tables = new("--tables")
    {
        Description = "The page tables: classic (two levels) or pae (three levels, and NX) [default: classic].",
        HelpName = "classic|pae",
        CustomParser = static result => TableFormats.Read(result),
    };

    private readonly Option<string> _processor = new("--processor")
    {
        Description = "What executes the program: the host's processor (fast), an emulated one (the same everywhere), "
            + "or the first of them that will do [default: auto].",
        HelpName = "auto|host|emulated",
    };

    private readonly Option<AddressLayout> _layout = LayoutOption.Make();

    private readonly Option<long> _seed = Number("--seed", "N",
        "The seed of addresses and random bytes [default: 1]. With it the run is the same every time, and slower: see --clock.");
    private readonly Option<long> _timeLimit =
        Number("--time-limit", "SECONDS", "End the run after this number of seconds, with status 124.");
    private readonly Option<long> _stepLimit =
        Number("--step-limit", "STEPS",
            "End the run after this number of steps, with status 124. A step is a system call, or a slice of code without one.");
    private readonly Option<long> _clock = Number("--clock", "SECONDS",
        "The guest's time at its start, since 1970 [default: the host's; with --seed 1767225600, the start of 2026].");
    private readonly Option<string> _root = new("--root")
    {
        Description = "The directory that the program sees as /; it can reach nothing outside [default: the current directory].",
        HelpName = "DIR",
    };
    private readonly Option<string> _directory = new("--cwd")
    {
        Description = "Where in its tree the program starts [default: the current directory if that is in the tree, else /].",
        HelpName = "DIR",
    };
    private readonly Option<string[]> _environment = new("--env")
    {
        Description = "Set a variable, or hand this command's own on by its name alone. Without --root all of them are handed on.",
        HelpName = "NAME[=VALUE]",
    };
    private readonly Option<bool> _hostProgram = new("--host-program")
    {
        Description = "With --root: the program may lie outside; it is shown at its own path, read-only. Without --root it always may, "
            + "but for one that goes on.",
    };
    private readonly Option<bool> _largeRange =
        new("--3gb") { Description = "The boot option /3GB: a large-address-aware program of Windows has 3 GB of addresses, not 2." };
    private readonly Option<bool> _noRandom = new("--no-aslr") { Description = "Do not randomise the layout of memory." };
    private readonly Option<string> _report =
        new("--report")
        {
            Description = "Write a report of the run as a web page: working set, faults, the map at the peak, hot pages, calls.",
            HelpName = "FILE.html",
        };
    private readonly Option<bool> _maps =
        new("--maps") { Description = "Print the program's /proc/PID/maps to standard error at the end." };
    private readonly Option<bool> _stats = new("--stats") { Description = "Print counters and calls to standard error at the end." };
    private readonly Option<bool> _laterWrites = new("--lazy-writes")
    {
        Description = "Keep what programs write in the engine's page cache until fsync or the end of the run, for experiments with "
            + "write-back: it is lost if this command is killed. Otherwise each write reaches the host at once.",
    };
    private readonly Option<bool> _trace =
        new("--strace") { Description = "Print each system call to standard error, memory calls in the form that scenarios use." };

    private readonly Option<string> _check = new("--check")
    {
        Description = "Report each error that the program makes with its memory, as valgrind does: use after free, overflow, "
            + "uninitialized bytes. On the emulated processor, and slow.",
        HelpName = "memory",
    };

    private readonly Option<long> _gdb =
        Number("--gdb", "PORT", "Wait on this port of 127.0.0.1 (0: any) for a gdb that debugs the program: target remote :PORT.");
    private readonly Option<bool> _record = new("--record")
    {
        Description = "With --gdb: record the program, so that gdb can go back in it (reverse-stepi, reverse-continue, also to "
            + "watchpoints; monitor lastwrite ADDRESS). Programs of one thread.",
    };
    private readonly TraceOptions _accesses = new();
    private readonly CheckpointOptions _checkpoints = new();

    /// <summary>The program and its arguments.</summary>
    public Argument<string[]> Words { get; } =
        new("PROGRAM")
        {
            Description = "An i386 ELF program, a script, or a console program of Windows, "
                + "in the tree (or on the host, see --host-program); then its arguments.",
            Arity = ArgumentArity.ZeroOrMore,
        };

    /// <summary>Options that take the next word as their value.</summary>
    public IEnumerable<string> NamesWithValue =>
        All.Where(static option => option.ValueType != typeof(bool)).Select(static option => option.Name);

    /// <summary>Those of them that <c>paging fuzz</c> has too.</summary>
    public IEnumerable<string> NamesForFuzzing => ForFuzzing.Select(static option => option.Name);

    private Option[] ForFuzzing => [_ram, _disk, _root, _directory, _environment, _hostProgram, _check];

    private Option[] All =>
        [_ram, _disk, _swap, _tables, _processor, _layout, _seed, _noRandom, _largeRange, _root, _directory, _environment, _hostProgram,
        _clock, _timeLimit, _stepLimit, _laterWrites, _maps, _stats, _trace, _report, _check, _gdb, _record, .. _accesses.All,
        .. _checkpoints.All];

    public void AddTo(Command command)
    {
        _processor.AcceptOnlyFromAmong(RunProcessor.Auto, RunProcessor.Host, RunProcessor.Emulated);
        command.Arguments.Add(Words);
        _check.AcceptOnlyFromAmong("memory");
        foreach (Option option in All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            bool hasProgram = result.GetResult(Words) is { Tokens.Count: > 0 };
            if (_checkpoints.Judge(result, hasProgram) is { } complaint) result.AddError(complaint);
        });
    }

    /// <summary>The options of <c>paging fuzz</c>, where the clock, the seed and the layout are fixed.</summary>
    public void AddForFuzzing(Command command)
    {
        command.Arguments.Add(Words);
        _check.AcceptOnlyFromAmong("memory");
        _check.Description = "Let an input that causes an error with memory end as by SIGABRT. Only inputs with new edges are checked. "
            + "A checked run is slow: afl-fuzz needs -t 5000 or so.";
        foreach (Option option in ForFuzzing) command.Options.Add(option);
    }

    /// <summary>What was asked for there: the same input takes the same way each time.</summary>
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

    /// <summary>What was asked for.</summary>
    public RunRequest Read(ParseResult result) => new()
    {
        Words = result.GetValue(Words) ?? [],
        RamBytes = result.GetResult(_ram) is null ? null : result.GetValue(_ram),
        Swap = result.GetValue(_swap),
        Tables = result.GetResult(_tables) is null ? null : result.GetValue(_tables),
        Processor = result.GetValue(_processor) ?? RunProcessor.Auto,
        Layout = result.GetValue(_layout),
        Seed = result.GetResult(_seed) is null ? 1 : (ulong)result.GetValue(_seed),
        Pace = result.GetResult(_seed) is null && result.GetResult(_stepLimit) is null ? null : GuestPace.Code,
        IsRandomized = !result.GetValue(_noRandom),
        HasLargeUserRange = result.GetValue(_largeRange),
        Root = result.GetValue(_root) ?? ".",
        HasRoot = result.GetValue(_root) is not null,
        MayUseHostProgram = result.GetValue(_hostProgram)
            || (result.GetValue(_root) is null && _checkpoints.ReadSource(result) is null),    // a checkpoint names files by itself
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
        DebugPort = result.GetResult(_gdb) is null ? null : (int)Math.Min(result.GetValue(_gdb), ushort.MaxValue),
        ReportPath = result.GetValue(_report),
        Target = _checkpoints.ReadTarget(result),
        SaveAfter = _checkpoints.ReadTime(result),
        Source = _checkpoints.ReadSource(result),
        IsLive = _checkpoints.ReadLive(result),
        Patience = _checkpoints.ReadPatience(result),
    };

    private static Option<ulong> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (ByteSize.TryParse(result.Tokens[0].Value, out ulong size)) return size;
            result.AddError($"{name} is a size such as 16M, not '{result.Tokens[0].Value}'");
            return default;
        },
    };

    private static Option<long> Number(string name, string unit, string description) => new(name)
    {
        Description = description,
        HelpName = unit,
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return number;
            result.AddError($"{name} is a number, not '{result.Tokens[0].Value}'");
            return default;
        },
    };
}
