namespace Paging.Remote.Tests;

/// <summary>Pages on their way to one server that goes away and comes back.</summary>
public sealed class OutgoingPagesTests : IDisposable
{
    private readonly LetterServers _server = new();
    private readonly OutgoingPages _outgoing;
    private ulong _lastNumber;

    public OutgoingPagesTests() => _outgoing = Begin("batch=1", static page => $"a:{page.Number}");

    private OutgoingPages Begin(string options, Func<FarPage, string> keyOf)
    {
        Assert.True(SwapAddress.TryParse("redis://host?" + options, 8, out SwapAddress? parsed, out string? complaint), complaint);
        Outages outages = new(_server, TimeSpan.Zero, static _ => { });
        return new(_server, parsed, outages, keyOf, page => page.Number = ++_lastNumber);
    }

    public void Dispose() => _server.Dispose();

    /// <summary>A refusal holds for a moment, so that reclaim does not ask for every page; a flush asks each time.</summary>
    [Fact]
    public void AFlushAsksAtOnceWhetherTheServerIsBack()
    {
        FarPage page = new(1) { Number = ++_lastNumber, Value = [1] };
        _server.Down.Add("a");
        _outgoing.Add(page);
        Assert.False(_outgoing.TryFinish());
        Assert.False(_outgoing.TryFinish());
        _server.Down.Clear();
        Assert.True(_outgoing.TryFinish());
        Assert.Null(page.Value);
        Assert.True(_outgoing.TryMakeRoom());
    }

    /// <summary>
    /// A page stays here until a server with replicas has it: it goes to three others, and again later. The one beside it, whose server has
    /// replicas, is given up at once. In a batch of one, the only page waits as well.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void APageStaysUntilAServerHasReplicas(int batch)
    {
        OutgoingPages outgoing = Begin($"batch={batch}&replicas=1", static page => $"{(char)('a' + (page.Number % 26))}:{page.Number}");
        FarPage[] pages = [.. Enumerable.Range(0, batch).Select(i => new FarPage((ulong)i) { Number = ++_lastNumber, Value = [(byte)i] })];
        for (char letter = 'a'; letter <= 'z'; letter++) _server.Lacking.Add($"{letter}");
        if (batch == 2) _server.Lacking.Remove("c");    // the second page's
        foreach (FarPage page in pages) outgoing.Add(page);
        Assert.False(outgoing.TryFinish());
        Assert.Equal(3, _server.WaitCount);
        Assert.NotNull(pages[0].Value);
        if (batch == 2) Assert.Null(pages[1].Value);
        _server.Lacking.Clear();
        Assert.True(outgoing.TryFinish());
        Assert.All(pages, static page => Assert.Null(page.Value));
        Assert.Equal(4, _server.WaitCount);
    }
}
