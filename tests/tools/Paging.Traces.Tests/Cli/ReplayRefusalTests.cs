using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>Bad input and bad usage: one line on standard error, exit 2, no stack trace.</summary>
public sealed class ReplayRefusalTests : IDisposable
{
    private const string See = " (see paging replay --help)";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string[], string> BadUsage => new()
    {
        { [], "TRACE is missing" },
        { ["x", "--engines"], "unknown option '--engines', did you mean '--engine'?" },
        {
            ["x", "--format", "ascii"],
            "--format is auto, lackey, address, arc, lirs, csv, oracleGeneral, drmemtrace, perf or champsim, not 'ascii'"
        },
        {
            ["x", "--format", "1"],
            "--format is auto, lackey, address, arc, lirs, csv, oracleGeneral, drmemtrace, perf or champsim, not '1'"
        },
        { ["x", "--frames", "0"], "--frames are numbers from 1 to 1073741824 with commas between them, not '0'" },
        { ["x", "--frames", "8,,9"], "--frames are numbers from 1 to 1073741824 with commas between them, not '8,,9'" },
        { ["x", "--frames", "99999999999"], "--frames are numbers from 1 to 1073741824 with commas between them, not '99999999999'" },
        { ["x", "--frames", "8", "--ram", "4K"], "--frames and --ram exclude each other" },
        { ["x", "--ram", "5000"], "--ram is 4K to 4096G in whole pages of 4096 bytes, not '5000'" },
        { ["x", "--ram", "0"], "--ram is 4K to 4096G in whole pages of 4096 bytes, not '0'" },
        { ["x", "--ram", "much"], "--ram is 4K to 4096G in whole pages of 4096 bytes, not 'much'" },
        { ["x", "--policy", "MRU"],
            "--policy knows all, FIFO, LRU, CLOCK, CLOCK0, 2Q, ARC, LFU, SIEVE, S3FIFO, OPT, LIRS, LINUX, not 'MRU'" },
        { ["x", "--policy", ""], "--policy knows all, FIFO, LRU, CLOCK, CLOCK0, 2Q, ARC, LFU, SIEVE, S3FIFO, OPT, LIRS, LINUX, not ''" },
    };

    [Theory, MemberData(nameof(BadUsage))]
    public void BadUsageIsOneLine(string[] args, string line) =>
        Assert.Equal($"paging replay: {line}{See}", ReplayRunResult.Of(args).Refusal());

    [Fact]
    public void AMissingFileIsOneLine() =>
        Assert.Equal($"{_directory.At("no")}: no such file or directory", ReplayRunResult.Of(_directory.At("no")).Refusal());

    [Fact]
    public void ADirectoryIsOneLine() =>
        Assert.Equal($"{_directory.Path}: a directory, not a trace", ReplayRunResult.Of(_directory.Path).Refusal());

    [Fact]
    public void AnEmptyNameIsOneLine() => Assert.Equal("'': not a name of a file", ReplayRunResult.Of("").Refusal());

    [Fact]
    public void ANameThatIsTooLongIsOneLine() => Assert.NotEmpty(ReplayRunResult.Of(_directory.At(new string('x', 5_000))).Refusal());

    [Theory, InlineData(""), InlineData("\n*\n\n")]
    public void AnEmptyTraceIsOneLine(string text)
    {
        string file = _directory.Write("e", System.Text.Encoding.ASCII.GetBytes(text));
        Assert.Equal($"{file}:1: empty: there is no access in it",
            ReplayRunResult.Of(file, "--format", "lirs", "--policy", "LRU").Refusal());
    }

    [Fact]
    public void ATruncatedPackIsOneLine()
    {
        byte[] whole = Texts.Gzip(Texts.Bytes([.. Enumerable.Range(0, 5_000).Select(static page => page.ToString())]));
        string file = _directory.Write("t.gz", whole[..(whole.Length / 2)]);
        Assert.Matches($"^{file}:[0-9]+: ", ReplayRunResult.Of(file, "--frames", "10", "--csv").Refusal());
    }

    [Fact]
    public void StandardInputIsNotReadTwice() => Assert.Equal(
        "-: cannot be read: it can be read only once: say --frames (two or more with --plot), and not --engine",
            ReplayRunResult.With(new OnceStream(), "-").Refusal());

    [Fact]
    public void APlotThatCannotBeWrittenIsOneLineMore()
    {
        string file = _directory.Write("string", Texts.Pages("1 2"));
        ReplayRunResult result = ReplayRunResult.Of(file, "--plot", _directory.At("no/where.svg"));
        Assert.Equal(2, result.Code);
        Assert.StartsWith($"{_directory.At("no/where.svg")}: cannot be written: ", result.Errors, StringComparison.Ordinal);
    }

    private sealed class OnceStream : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => 0;
    }
}
