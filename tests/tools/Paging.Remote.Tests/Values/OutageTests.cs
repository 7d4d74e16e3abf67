namespace Paging.Remote.Tests;

/// <summary>Reports to the host's log and to callers about servers that go away and come back, one at a time and several.</summary>
public sealed class OutageTests : IDisposable
{
    private readonly List<string> _log = [];
    private readonly LetterServers _server = new();
    private readonly Outages _outages;

    public OutageTests() => _outages = new(_server, TimeSpan.Zero, _log.Add);

    public void Dispose() => _server.Dispose();

    [Fact]
    public void EachOutageIsReportedOnceWithItsFailures()
    {
        for (int outage = 1; outage <= 3; outage++)
        {
            Assert.False(_outages.IsGivenUp("a:1"));
            _server.Down.Add("a");
            for (int failure = 0; failure < outage; failure++) Assert.False(Ask("a:1"));
            Assert.True(_outages.IsGivenUp("a:2") && _outages.ShouldAvoid("a:1"));
            Assert.False(_outages.IsGivenUp("b:1") || _outages.ShouldAvoid("b:1"));
            Assert.True(Ask("b:1"));
            _server.Down.Clear();
            Assert.True(Ask("a:1"));
            Assert.Equal(2, _log.Count);
            Assert.Contains("given up after 0 s", _log[0], StringComparison.Ordinal);
            Assert.Equal($"a answers again, after {outage} failures", _log[1]);
            _log.Clear();
            Assert.True(Ask("a:1"));
            Assert.Empty(_log);
        }
    }

    /// <summary>A server is given up at the end of the patience, and the call ends then: it does not ask once more.</summary>
    [Fact]
    public void WhoIsGivenUpIsNotAskedAgain()
    {
        int asked = 0;
        _server.Down.Add("a");
        Assert.False(_outages.TryFinish("a:1", _server.Answer("a:1"), () => { asked++; return _server.Answer("a:1"); }, out int _));
        Assert.Equal(0, asked);
        Assert.Single(_log);
    }

    /// <summary>While a call waits for a server, another one of the cluster may take its place: it is looked for meanwhile.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AWaitingCallLooksForOtherServers()
    {
        Outages patient = new(_server, TimeSpan.FromMinutes(1), _log.Add);
        _server.Down.Add("a");
        int asked = 0;
        Assert.True(patient.TryFinish("a:1", _server.Answer("a:1"), () =>
        {
            if (++asked > 1) Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _server.LookCount) > 0, TimeSpan.FromMinutes(1)));
            if (asked == 3) _server.Down.Clear();
            return _server.Answer("a:1");
        }, out int _));
        Assert.Equal(3, asked);
        Assert.Empty(_log);
    }

    [Fact]
    public void AServerThatWasGivenUpIsNotAskedUntilItIsBack()
    {
        Assert.False(_outages.FailsAtOnce("a:1"));
        _server.Down.Add("a");
        Assert.False(_outages.FailsAtOnce("a:1"));
        Assert.False(Ask("a:1"));
        Assert.True(_outages.FailsAtOnce("a:2") && _outages.FailsAtOnce("a:3"));
        Assert.False(_outages.FailsAtOnce("b:1"));
        _server.Down.Clear();
        Assert.False(_outages.FailsAtOnce("a:1"));
        Assert.True(Ask("a:1"));
        Assert.Equal("a answers again, after 3 failures", _log[1]);
    }

    [Fact]
    public void FailuresAreCountedUntilTheLastServerIsBack()
    {
        _server.Down.UnionWith(["a", "b"]);
        Assert.False(Ask("a:1"));
        Assert.False(Ask("b:1"));
        Assert.False(Ask("b:1"));
        _log.Clear();
        _server.Down.Remove("a");
        Assert.True(Ask("a:1"));
        Assert.False(Ask("b:1"));
        _server.Down.Remove("b");
        Assert.True(Ask("b:1"));
        Assert.Equal(["a answers again, after 3 failures", "b answers again, after 4 failures"], _log);
    }

    [Fact]
    public void AServerThatLacksReplicasIsAvoidedAndReportedOnce()
    {
        _outages.NoteLack(["a"], 2);
        _outages.NoteLack(["a", "b"], 2);
        Assert.Equal(2, _log.Count);
        Assert.Contains("a has fewer than 2 replicas", _log[0], StringComparison.Ordinal);
        Assert.True(_outages.ShouldAvoid("a:1") && _outages.ShouldAvoid("b:1"));
        Assert.False(_outages.ShouldAvoid("c:1") || _outages.IsGivenUp("a:1"));
    }

    private bool Ask(string key)
    {
        bool isAnswered = _outages.TryFinish(key, _server.Answer(key), () => _server.Answer(key), out int answer);
        Assert.Equal(isAnswered ? 7 : 0, answer);
        return isAnswered;
    }
}
