using System.Text.RegularExpressions;
using Paging.Processors;

namespace Paging.Guest.Tests;

/// <summary>Errors with memory are reported as valgrind's memcheck reports them, and none where it reports none.</summary>
[Trait("Category", "Slow")]
public sealed partial class MemoryCheckTests(BuiltPrograms programs)
{
    private const int PlantedCount = 22;

    /// <summary>One line an error: number, error, bytes, place, block, state, function, as tools/record-planted.sh writes it.</summary>
    [Fact]
    public void PlantedErrorsAreReportedAsByValgrind()
    {
        string[] recorded = [.. File.ReadLines(Path.Combine(BuiltPrograms.RepositoryRoot(), "tests", "programs", "sources",
            "planted.valgrind")).Where(static line => !line.StartsWith('#'))];
        Assert.Equal(PlantedCount, recorded.Length);
        string[] found = [.. Enumerable.Range(0, PlantedCount + 1).SelectMany(number => Describe(number, Check("planted", $"{number}")))];
        Assert.Equal(recorded, found);
    }

    [Fact]
    public void AReportNamesTheBlockAndTheCallsThatMadeAndFreedIt()
    {
        string report = Check("planted", "5");
        Assert.Matches(@"invalid read of 1 byte at [0-9a-f]{8}\n.*at [0-9a-f]{8}: use_after_free\+0x[0-9a-f]+ \(planted\)\n.*: main\+",
            report);
        Assert.Matches(@"is 8 bytes inside a freed block of 32 bytes at [0-9a-f]{8}\n.*freed\n.*: use_after_free\+", report);
        Assert.Matches(@"allocated\n.*: use_after_free\+", report);
        Assert.EndsWith("1 memory error, 1 different\n", report, StringComparison.Ordinal);
    }

    [Fact]
    public void ACallOfNothingIsReportedWithItsCaller() =>
        Assert.Matches(@"jump to 00000020, where nothing is mapped\n.*at 00000020.*\n.*by [0-9a-f]{8}: wild_call\+",
            Check("planted", "23"));

    /// <summary>Programs of the distribution, most of their string functions without a name.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("bin/busybox", "sh", "-c", "for i in 1 2 3; do echo $i | sed s/2/two/ | tr 3 4; done; echo b a c | xargs -n1 | sort; "
        + "seq 20 | awk '{ s += $1 } END { print s }'; echo text | gzip -c | gzip -dc | md5sum")]
    [InlineData("bin/bash-static", "-c", "x=$(echo hello); declare -A m=([a]=1 [b]=2); for k in ${!m[@]}; do echo $k ${m[$k]}; done; "
        + "printf '%s\n' ${x/l/L} * | while read -r line; do [[ $line == h* ]] && echo $line; done")]
    [InlineData("usr/bin/sqlite3", ":memory:", "create table t(a integer primary key, b text); insert into t(b) values('x'),('y'),('z'); "
        + "create index i on t(b); select count(*), group_concat(b, '-') from t where b > 'x'; update t set b = b || a; "
        + "delete from t where a = 2; select * from t order by b desc; select json_group_array(b) from t;")]
    public void ProgramsOfTheDistributionHaveNone(string program, params string[] arguments)
    {
        string? root = Environment.GetEnvironmentVariable("PAGING_I386");
        if (string.IsNullOrEmpty(root)) Assert.Skip("PAGING_I386 is not set: tools/get-i386.sh fetches programs and prints its value.");
        using StringWriter errors = new();
        using GuestRun run = new(root) { MemoryErrors = errors };
        Outcome outcome = run.AsGuest("/" + program, arguments);
        Assert.NotEmpty(outcome.Output);
        Assert.Equal("paging check: no memory errors\n", errors.ToString());
    }

    /// <summary>A child of fork(2) has a heap of its own, and threads have stacks of their own.</summary>
    [Theory]
    [InlineData("threads")]
    [InlineData("sort")]
    public void OwnProgramsHaveNone(string program) => Assert.Equal("paging check: no memory errors\n", Check(program));

    /// <summary>These two fault on purpose, and have no other errors.</summary>
    [Theory]
    [InlineData("processes")]
    [InlineData("signals")]
    public void OnlyTheFaultsThatProgramsAskForAreReported(string program)
    {
        string report = Check(program);
        Assert.Contains(", where nothing is mapped\n", report, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"invalid (read|write) of \d+ bytes? at [0-9a-f]{8}\n|depends on|is computed|free of|the system call", report);
    }

    private string Check(string program, params string[] arguments)
    {
        RequiredProcessor.Check();
        using StringWriter errors = new();
        using GuestRun run = new() { MemoryErrors = errors };
        run.AsGuest(run.Install(programs.Find(program), program), arguments);
        return errors.ToString();
    }

    private static IEnumerable<string> Describe(int number, string report)
    {
        string? error = null, place = null, function = null;
        foreach (string line in report.Split('\n').Select(static line => line.Replace("paging check: ", "", StringComparison.Ordinal)))
        {
            if (ErrorLine().Match(line) is { Success: true } found)
            {
                if (error is not null) yield return $"{number}, {error}, {place}, {function}";
                error = found.Groups["invalid"] is { Success: true } invalid ? $"{invalid.Value}, {found.Groups["bytes"].Value}"
                    : line.Contains("branch", StringComparison.Ordinal) ? "branch, -"
                    : line.Contains("address", StringComparison.Ordinal) ? "address, -"
                    : line.Contains("free of", StringComparison.Ordinal) ? "free, -" : "call, -";
                (place, function) = ("-, -, -", null);
            }
            else if (function is null && FunctionLine().Match(line) is { Success: true } frame)
            {
                function = frame.Groups["name"].Value;
            }
            else if (PlaceLine().Match(line) is { Success: true } at && error is not ("branch, -" or "address, -" or "call, -"))
            {
                string state = at.Groups["freed"].Length == 0 ? "live" : "freed";
                place = $"{at.Groups["distance"].Value} {at.Groups["side"].Value}, {at.Groups["bytes"].Value}, {state}";
            }
        }

        if (error is not null) yield return $"{number}, {error}, {place}, {function}";
    }

    [GeneratedRegex(@"^((?<invalid>invalid (read|write)) of (?<bytes>\d+) byte|a branch depends|an address is|free of|the system call)",
        RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex ErrorLine();

    [GeneratedRegex(@"^    (at|by) [0-9a-f]{8}: (?!(_dl_sysinfo_int80|__write|write|__libc_write)\+)(?<name>\w+)\+0x[0-9a-f]+ \(planted\)",
        RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex FunctionLine();

    [GeneratedRegex(@"is (?<distance>\d+) bytes? (?<side>inside|after|before) a (?<freed>freed )?block of (?<bytes>\d+) bytes?",
        RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex PlaceLine();
}
