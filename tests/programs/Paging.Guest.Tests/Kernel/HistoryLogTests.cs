using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.History;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;

namespace Paging.Guest.Tests;

/// <summary>The entries dropped when a history becomes long, and that the others do not change.</summary>
public sealed class HistoryLogTests : IDisposable
{
    private const int MomentCountMax = 2048, Distance = 10;

    private readonly PagingEngine _engine;
    private readonly GuestProcessor _processor;
    private readonly UserProcess _process;
    private readonly HistoryLog _log = new();

    public HistoryLogTests()
    {
        RequiredProcessor.Check();
        _engine = new(new EngineOptions { RamBytes = 16 << 20 });
        _processor = new(_engine);
        _process = _engine.CreateProcess("recorded");
    }

    public void Dispose()
    {
        _log.Clear();
        _processor.Dispose();
        Assert.Empty(_engine.Audit().Findings);
        _engine.Dispose();
    }

    [Fact]
    public void ManyMomentsAreThinnedAndTheBeginningStays()
    {
        for (int i = 0; i <= MomentCountMax; i++) AddMoment(i, isNeeded: false, isShort: false);
        Assert.InRange(_log.Moments.Count, MomentCountMax / 2, (MomentCountMax * 3 / 4) + 2);
        Assert.Equal(0, _log.Moments[0].Position);
        Assert.Equal(MomentCountMax * Distance, _log.Moments[^1].Position);
        Assert.False(_log.HasLostItsBeginning);
        Assert.Null(_log.FindBefore(0));
        for (long position = 1; position < MomentCountMax * Distance; position += 7)
            Assert.Equal(_log.Moments.Last(moment => moment.Position < position), _log.FindBefore(position));
    }

    [Fact]
    public void MomentsThatAreNeededGoWithTheOldestHistory()
    {
        for (int i = 0; i <= MomentCountMax; i++)
        {
            AddEvent(i);
            AddMoment(i, isNeeded: true, isShort: false);
        }

        Assert.True(_log.HasLostItsBeginning);
        Assert.True(_log.Moments[0].Position > 0);
        Assert.InRange(_log.Moments.Count, MomentCountMax / 2, MomentCountMax);
        Assert.False(_log.TryFind(_log.NextEvent, out _));
        for (long number = _log.Moments[0].NextEvent; number < _log.NextEvent; number++)
        {
            Assert.True(_log.TryFind(number, out HistoryEvent found));
            Assert.Equal(number * Distance, found.Position);
            Assert.NotNull(found.Outcome);
            ReadOnlySpan<byte> writes = _log.WritesOf(found);
            Assert.True(KernelWrites.TryTake(ref writes, out VirtualAddress at, out ReadOnlySpan<byte> bytes));
            Assert.Equal(((uint)number, 1000, (byte)number), (at.Value, bytes.Length, bytes[^1]));
            Assert.True(KernelWrites.TryTake(ref writes, out _, out bytes));
            Assert.Equal(0, bytes.Length);
            Assert.False(KernelWrites.TryTake(ref writes, out _, out _));
        }
    }

    [Fact]
    public void WithLittleMemoryHistoryGoesEarlier()
    {
        for (int i = 0; i < 100; i++) AddMoment(i, isNeeded: false, isShort: false);
        for (int i = 100; i < 120; i++) AddMoment(i, isNeeded: false, isShort: true);
        Assert.InRange(_log.Moments.Count, 2, 50);
    }

    [Fact]
    public void HalfOfItGoesUntilOneMomentIsLeft()
    {
        for (int i = 0; i < 9; i++) AddMoment(i, isNeeded: false, isShort: false);
        Assert.True(_log.TryDropHalf());
        Assert.Equal((4, 5L * Distance), (_log.Moments.Count, _log.Moments[0].Position));
        Assert.True(_log.TryDropHalf() && _log.TryDropHalf());
        Assert.False(_log.TryDropHalf());
        Assert.Equal(8L * Distance, Assert.Single(_log.Moments).Position);
    }

    private void AddEvent(int i)
    {
        KernelWrites writes = new();
        byte[] bytes = new byte[1000];
        bytes[^1] = (byte)i;
        writes.Add(new((uint)i), bytes);
        writes.Add(default, []);
        _log.Add(new HistoryEvent { Position = i * Distance, IsSystemCall = true }, writes.Bytes);
    }

    private void AddMoment(int i, bool isNeeded, bool isShort)
    {
        GuestContext context = _processor.CreateContext();
        _log.Add(new(i * Distance, _log.NextEvent, _process.TakeSnapshot(), context) { IsNeeded = isNeeded }, isShort);
    }
}
