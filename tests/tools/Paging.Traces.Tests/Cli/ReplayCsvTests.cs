namespace Paging.Traces.Tests;

/// <summary>Rows for programs, from each kind of source.</summary>
public sealed class ReplayCsvTests : IDisposable
{
    private const string Header = "trace,policy,frames,accesses,misses,dirty_evictions\n";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ATextbookString() => Assert.Equal(
        Header + "string,FIFO,3,20,15,\nstring,FIFO,4,20,10,\n"
            + "string,LRU,3,20,12,\nstring,LRU,4,20,8,\nstring,OPT,3,20,9,\nstring,OPT,4,20,8,\n",
        ReplayRunResult.Of(_directory.Write("string", Texts.Pages(Textbook.A)), "--frames", "4,3", "--policy", "fifo,LRU,Opt", "--csv")
            .Result());

    [Fact]
    public void StoresGiveDirtyEvictionsButNotForTheOptimum()
    {
        string file = _directory.Write("own.trace.gz", Texts.Gzip(Texts.Bytes("s 0x1000 1", "l 0x2000 1", "s 0x3000 1", "l 0x1000 1")));
        Assert.Equal(Header + "own,LRU,1,4,4,2\nown,OPT,1,4,4,\n",
            ReplayRunResult.Of(file, "--ram", "4K", "--policy", "LRU,OPT", "--csv").Result());
    }

    [Fact]
    public void SeveralTracesHaveOneHeader()
    {
        string first = _directory.Write("a.b.lis", Texts.Bytes("1 3 0 0"));
        string second = _directory.Write("with,comma", Texts.Bytes("1", "2", "1"));
        Assert.Equal(Header + "a,LRU,2,3,3,\n\"with,comma\",LRU,2,3,2,\n",
            ReplayRunResult.Of(first, second, "--frames", "2", "--policy", "LRU", "--csv").Result());
    }

    [Fact]
    public void StandardInputMayBePacked() => Assert.Equal(
        Header + "-,S3FIFO,1,3,2,\n",
        ReplayRunResult.With(new MemoryStream(Texts.Gzip(Texts.Bytes("7", "7", "8"))), "-", "--frames", "1", "--policy", "S3-FIFO",
            "--csv").Result());

    [Fact]
    public void TheFormatMayBeGiven() => Assert.Equal(
        Header + "x,LRU,5,2,1,0\n",
        ReplayRunResult.Of(_directory.Write("x", Texts.Bytes("1", "1,1")), "--format", "csv", "--frames", "5", "--policy", "LRU",
            "--csv").Result());

    [Fact]
    public void WithoutFramesSharesOfThePagesAreTried()
    {
        string file = _directory.Write("t", Texts.Bytes([.. Enumerable.Range(0, 160).Select(static page => page.ToString())]));
        string[] rows = ReplayRunResult.Of(file, "--policy", "LRU", "--csv").Result().Split('\n');
        Assert.Equal("10 20 40 80", string.Join(' ', rows[1..^1].Select(static row => row.Split(',')[2])));
    }

    [Fact]
    public void AllPoliciesAreTheDefault() => Assert.Equal(
        string.Join(' ', ReplayCatalog.All.Select(static policy => policy.Name)),
        string.Join(' ', ReplayRunResult.Of(_directory.Write("string", Texts.Pages("1 2")), "--frames", "1", "--csv").Result()
            .Split('\n')[1..^1].Select(static row => row.Split(',')[1])));

    /// <summary>The rows before and after a broken trace are there.</summary>
    [Fact]
    public void ABrokenTraceSpoilsOnlyItself()
    {
        string good = _directory.Write("good", Texts.Bytes("1"));
        string bad = _directory.Write("bad", Texts.Bytes("1", "2", "three"));
        ReplayRunResult result = ReplayRunResult.Of(good, bad, good, "--frames", "1", "--policy", "LRU", "--csv");
        Assert.Equal((2, Header + "good,LRU,1,1,1,\ngood,LRU,1,1,1,\n", $"{bad}:3:1: expected a block number or '*': \"three\"\n"),
            (result.Code, result.Output, result.Errors));
    }
}
