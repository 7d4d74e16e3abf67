using Paging.Core.Threads;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Which fault reads outside the slow path, which waits for another that reads the same page, and which reads at once. No thread runs
/// here: the holds of two faults are made one by one.
/// </summary>
public sealed class OutsideReadsTests
{
    private readonly ProcessorTable _table = new();
    private readonly OutsideReads _reads;
    private readonly ProcessorState _mine, _others;
    private readonly Source _source = new();

    public OutsideReadsTests()
    {
        _reads = new(_table);
        _mine = _table.Add("mine");
        ProcessorState? others = null;
        Thread thread = new(() => others = _table.Add("other"));
        thread.Start();
        thread.Join();
        _others = others!;
    }

    [Fact]
    public void ARequestIsReadOutsideAndFoundAfterwards()
    {
        _reads.Begin(_mine);
        Assert.False(_reads.IsAsked);
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(5, 2 * 4096));
        Assert.True(_reads.IsAsked);
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(9, 100));    // a part of a page
        ReadOutside(_mine);
        Assert.Equal((true, 2 * 4096, Errno.None), Defer(5, 2 * 4096));
        Assert.Equal((true, 100, Errno.None), Defer(9, 100));
        Assert.False(_reads.IsAsked);
        Assert.False(_reads.TryTake(out _, out _));    // it needs nothing more
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(7, 4096));    // and is asked again
        Assert.True(_reads.TryTake(out OutsideRead? again, out _));
        Assert.Same(_mine.Reads, again);
        again!.Return();
        _reads.End();
        Assert.False(_mine.Reads.IsLive);
    }

    /// <summary>Outside a fault, and while the thread is outside already, the source is read at once.</summary>
    [Fact]
    public void WithoutAFaultNothingIsDeferred()
    {
        Assert.Equal((false, 0, Errno.None), Defer(5, 4096));
        Assert.False(_reads.TryTake(out _, out _));
        _reads.Begin(_mine);
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(5, 4096));
        Assert.True(_reads.TryTake(out OutsideRead? mine, out _));
        _reads.Suspend();
        Assert.Equal((false, 0, Errno.None), Defer(5, 4096));
        _reads.Begin(_mine);    // the host's code touches guest memory while it reads
        Assert.Equal((false, 0, Errno.None), Defer(5, 4096));
        _reads.End();
        mine!.Return();
        Assert.True(mine.IsLive);
        _reads.Resume(_mine);
        _reads.End();
        Assert.False(mine.IsLive);
    }

    [Fact]
    public void EachLookAsksAnew()
    {
        StartOther(5);
        _reads.Begin(_mine);
        Defer(100, 4096);
        _reads.BeginLook();
        Assert.False(_reads.IsAsked);
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(5, 4096));    // the other thread reads it
        Assert.False(_reads.IsAsked);
        _reads.BeginLook();
        Assert.False(_reads.TryTake(out OutsideRead? mine, out OutsideRead? other));
        Assert.Equal((null, null), (mine, other));
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(100, 4096));    // the fault goes on
        Assert.True(_reads.IsAsked);
    }

    /// <summary>A thread waits only for the reader of its page, never for itself; a thread that waits gives up its own reads.</summary>
    [Fact]
    public void AThreadThatWaitsIsNotWaitedFor()
    {
        StartOther(5);
        _reads.Begin(_mine);
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(6, 4096));
        Assert.True(_reads.IsAsked);    // near it, but not asked for by the other
        ReadOutside(_mine);
        _reads.NoteChange(_source, 6, 7);
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(6, 4096));
        Assert.True(_reads.IsAsked);    // again, by itself
        _reads.BeginLook();
        Assert.True(_mine.Reads.IsLive);
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(5, 4096));
        Assert.True(_reads.TryTake(out OutsideRead? mine, out OutsideRead? other));
        Assert.Null(mine);
        Assert.Same(_others.Reads, other);
        Assert.False(_mine.Reads.IsLive);
    }

    /// <summary>A fault that has read nothing ends without a trace: changes during the next read are still noticed.</summary>
    [Fact]
    public void AFaultWithoutAReadCountsForNothing()
    {
        for (int i = 0; i < 2; i++)
        {
            _reads.Begin(_mine);
            _reads.End();
        }

        _reads.Begin(_mine);
        Defer(5, 4096);
        Assert.True(_reads.TryTake(out OutsideRead? mine, out _));
        _reads.Suspend();
        Assert.Null(mine!.Perform());
        _reads.NoteChange(_source, 5, 6);
        _reads.Resume(_mine);
        mine.Return();
        Assert.Equal((true, 0, Errno.EAGAIN), Defer(5, 4096));
    }

    /// <summary>The source ends only when the last thread is back; an empty change makes nothing stale.</summary>
    [Fact]
    public void TheLastReaderEndsTheSource()
    {
        StartOther(5);
        _reads.Begin(_mine);
        Defer(64, 4096);
        Assert.True(_reads.TryTake(out OutsideRead? mine, out _));
        Assert.Equal((2, 0), (_source.OutsideReaders, _source.EndCount));
        Assert.Null(mine!.Perform());
        mine.NoteChange(_source, 70, 70);
        mine.NoteChange(_source, 64, 64);
        mine.NoteChange(_source, 128, 200);
        mine.NoteChange(_source, 0, 64);
        mine.Return();
        Assert.Equal((1, 0), (_source.OutsideReaders, _source.EndCount));
        Assert.Equal((true, 4096, Errno.None), Defer(64, 4096));
        _others.Reads.Return();
        Assert.Equal((0, 1), (_source.OutsideReaders, _source.EndCount));
    }

    private (bool, int, Errno) Defer(uint page, int byteLength)
    {
        bool isDeferred = _reads.TryDefer(_source, page, new byte[byteLength], alone: false, out int byteCount, out Errno error);
        return (isDeferred, byteCount, error);
    }

    private void ReadOutside(ProcessorState state)
    {
        Assert.True(_reads.TryTake(out OutsideRead? mine, out OutsideRead? other));
        Assert.Same(state.Reads, mine);
        Assert.Null(other);
        _reads.Suspend();
        Assert.Null(mine!.Perform());
        _reads.Resume(state);
        mine.Return();
    }

    /// <summary>The other thread's fault reads a page, and is not back yet.</summary>
    private void StartOther(uint page)
    {
        _reads.Begin(_others);
        Defer(page, 4096);
        Assert.True(_reads.TryTake(out _, out _));
        _reads.Suspend();
    }

    private sealed class Source : IOutsideSource
    {
        public int OutsideReaders { get; set; }
        public int EndCount { get; private set; }

        public Errno ReadOutside(uint page, Span<byte> bytes, out int wholeCount)
        {
            bytes.Fill((byte)page);
            wholeCount = bytes.Length >> 12;
            return Errno.None;
        }

        public void EndOutsideReads() => EndCount++;
    }
}
