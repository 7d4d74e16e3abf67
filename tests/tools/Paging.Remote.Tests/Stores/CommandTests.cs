using Paging.Cli;
using Paging.Core;
using Paging.Scripting.Engine;

namespace Paging.Remote.Tests;

/// <summary>The commands that use stores.</summary>
[Trait("Category", "Slow")]
public sealed class CommandTests : IDisposable
{
    private readonly RedisProcess _redis = new("--save", "", "--appendonly", "no");
    private readonly string _folder = Directory.CreateTempSubdirectory("paging-traces").FullName;

    public void Dispose()
    {
        _redis.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void TheEngineUnderAPolicyCountsTheSameWithItsPagesOnAServer()
    {
        (int code, string output, string errors) = Run("replay", Trace("7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1"), "--frames", "3",
            "--policy", "FIFO,LRU,OPT", "--engine", "--swap", _redis.Url);
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("15", output, StringComparison.Ordinal);    // FIFO's faults, as the textbook has them
        Assert.Equal("0", _redis.Ask("dbsize"));    // the devices have taken their keys with them
    }

    [Theory]
    [InlineData("--frames", "2,3,4,5")]
    [InlineData("--csv")]
    public async Task AReplayComesToTheSameForAnyNumberOfWorkers(params string[] options)
    {
        _redis.RequireRedis("streams");
        string[] words = ["replay", Trace("7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1"), .. options];
        (int code, string output, string errors) = Run(words);
        Assert.Equal((0, ""), (code, errors));
        string store = $"{_redis.Url}/{options.Length}";
        Task<Ending>[] workers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => Run([.. words, "--store", store])))];
        foreach (Ending ending in await Task.WhenAll(workers)) Assert.Equal(new Ending(0, output, ""), ending);
        Ending other = Run(["replay", Trace("7 0 1 2"), .. options, "--store", store]);
        Assert.Contains("for something else", other.Errors, StringComparison.Ordinal);
        Assert.Equal(2, other.Code);
    }

    [Fact]
    public void AStoreIsListedAndEmptied()
    {
        Assert.True(SwapAddress.TryParse(_redis.Url, 8, out SwapAddress? address, out _));
        using RedisSwapStore store = new(RedisServer.Connect(address.Address), address);
        byte[] page = new byte[4096];
        page[5] = 1;
        Assert.Equal(Errno.None, store.Write(3, page));
        store.Flush();
        (int code, string output, _) = Run("store", "list", _redis.Url);
        Assert.Equal(0, code);
        Assert.Contains($"swap:{store.Device}", output, StringComparison.Ordinal);
        Assert.Contains($"swap of process {Environment.ProcessId}", output, StringComparison.Ordinal);
        Assert.Equal((0, $"swap:{store.Device}: 2 keys deleted\n"), Run("store", "remove", _redis.Url, $"swap:{store.Device}")[..2]);
        Assert.Equal("0", _redis.Ask("dbsize"));
    }

    [Theory]
    [InlineData("run", "--swap", "redis://", "true")]
    [InlineData("run", "--swap", "redis://h?colour=red", "true")]
    [InlineData("run", "--swap", "0", "true")]
    [InlineData("run", "--swap", "1", "true")]
    [InlineData("run", "--swap", "5G", "true")]
    [InlineData("run", "--swap", "16M@", "true")]
    [InlineData("run", "--swap", "@file", "true")]
    [InlineData("script", "--swap", "16M@/nonexistent/file", "tests")]
    [InlineData("replay", "trace", "--engine", "--swap", "12M")]
    [InlineData("replay", "trace", "--swap", "redis://h")]
    [InlineData("replay", "trace", "--store", "redis://h")]
    [InlineData("replay", "-", "--store", "redis://h/n")]
    [InlineData("store", "list", "http://h")]
    public void AnImpossibleRequestIsOneLine(params string[] words)
    {
        (int code, string output, string errors) = Run(words);
        Assert.Equal((2, ""), (code, output));
        Assert.Equal(1, errors.Count(static letter => letter == '\n'));
    }

    private string Trace(string pages)
    {
        string file = Path.Combine(_folder, "textbook");
        File.WriteAllLines(file, pages.Split(' '));
        return file;
    }

    private static Ending Run(params string[] words)
    {
        StringWriter output = new(), errors = new();
        int code = Cli.CommandLine.Run(words, output, errors, static options => new EngineMachine(options));
        return new(code, output.ToString(), errors.ToString());
    }

    private sealed record Ending(int Code, string Output, string Errors)
    {
        public (int Code, string Output) this[Range _] => (Code, Output);
    }
}
