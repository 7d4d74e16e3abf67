using Paging.Core;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tests;

/// <summary>Pages that are charged for the bytes in socket queues.</summary>
public sealed class QueuedByteTests : IDisposable
{
    private const int RecordByteLength = 64;    // of a message, beside its bytes

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 1 << 20 });    // a quarter: 64 pages
    private readonly QueuedBytes _queued;

    public QueuedByteTests() => _queued = new(new PipePages(_engine));

    public void Dispose()
    {
        _engine.Audit().ThrowIfBroken();
        _engine.Dispose();
    }

    /// <summary>A message that is refused changes nothing: afterwards the same messages fit as before.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public void ARefusedMessageIsNotCharged(int refusals)
    {
        int whole = (60 * 4096) - RecordByteLength;
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(Errno.None, _queued.Charge(whole));
            for (int i = 0; i < refusals; i++) Assert.Equal(Errno.ENOMEM, _queued.Charge((5 * 4096) - RecordByteLength));
            Assert.Equal(Errno.None, _queued.Charge((4 * 4096) - RecordByteLength));    // the rest, to the last byte
            Assert.Equal(Errno.ENOMEM, _queued.Charge(1));
            _queued.Uncharge((4 * 4096) - RecordByteLength);
            _queued.Uncharge(whole);
        }
    }

    /// <summary>Pages that were taken before the one that was missing go back: pipes, which share them, get them.</summary>
    [Fact]
    public void ARefusedMessageLeavesItsPagesToPipes()
    {
        PipePages pages = new(_engine);
        QueuedBytes queued = new(pages);
        Assert.Equal(Errno.None, queued.Charge(4096 - RecordByteLength));
        Assert.Equal(Errno.ENOMEM, queued.Charge(1 << 20));
        for (int taken = 0; taken < 62; taken++) Assert.Equal(Errno.None, pages.Take("p"u8, out _));    // one more is kept
        Assert.Equal(Errno.ENOMEM, queued.Charge(4097 - RecordByteLength));
        Assert.Equal(Errno.None, queued.Charge(4096 - RecordByteLength));
    }

    /// <summary>Random messages beside a sum: one is refused if and only if the pages for all of them are more than there are.</summary>
    [Fact]
    public void PagesAreThoseOfTheSum()
    {
        Random random = new(1);
        List<int> messages = [];
        for (int step = 0; step < 2_000; step++)
        {
            if (messages.Count != 0 && random.Next(5) < 2)
            {
                int at = random.Next(messages.Count);
                _queued.Uncharge(messages[at]);
                messages.RemoveAt(at);
                continue;
            }

            int byteLength = random.Next(random.Next(2) == 0 ? 100 : 60_000);
            long pages = (messages.Append(byteLength).Sum(static one => (long)one + RecordByteLength) + 4095) / 4096;
            Assert.Equal(pages <= 64 ? Errno.None : Errno.ENOMEM, _queued.Charge(byteLength));
            if (pages <= 64) messages.Add(byteLength);
        }

        foreach (int one in messages) _queued.Uncharge(one);
        Assert.Equal(Errno.None, _queued.Charge((64 * 4096) - RecordByteLength));
    }
}
