namespace Paging.Remote.Tests;

/// <summary>Pages on their way to one server that goes away and comes back.</summary>
public sealed class OutgoingPagesTests : IDisposable
{
    private readonly LetterServers _server = new();
    private readonly OutgoingPages _outgoing;
    private ulong _lastNumber;

    public OutgoingPagesTests()
    {
        Assert.True(SwapAddress.TryParse("redis://host?batch=1", 8, out SwapAddress? options, out string? complaint), complaint);
        Outages outages = new(_server, TimeSpan.Zero, static _ => { });
        _outgoing = new(_server, options, outages, static page => $"a:{page.Number}", page => page.Number = ++_lastNumber);
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
}
