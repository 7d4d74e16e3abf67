using Paging.Core.Files;
using Paging.Core.Threads;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// An embedder's backing after its guard: exceptions and miscounts are EIO, it cannot call in, and it reads whole pages outside.
/// </summary>
public sealed class ScopedBackingTests : IDisposable
{
    private readonly CallerCheck _callers = new();
    private readonly Source _source = new();
    private readonly ScopedBacking _backing;

    public ScopedBackingTests() => _backing = Assert.IsType<ScopedBacking>(ScopedBacking.Around(_source, _callers));

    public void Dispose() => _source.Dispose();

    [Fact]
    public void EveryCallRunsAsACallbackAndItsExceptionReachesTheHostLater()
    {
        Func<Errno>[] calls =
        [
            () => _backing.Read(0, new byte[1], out _), () => _backing.Write(0, [1], out _), () => _backing.SetLength(5),
            () => _backing.PunchHole(0, 1), () => _backing.Allocate(0, 1), () => _backing.Flush(),
            () => _backing.PermitStore(0),
            () => _backing.FindExtent(0, FileExtent.Data, out _),
        ];
        foreach (Func<Errno> call in calls)
        {
            _source.OnCall = () => Assert.Throws<InvalidOperationException>(_callers.Enter);
            Assert.Equal(Errno.None, call());
            Assert.True(_callers.IsHere);
            Exception thrown = new NotSupportedException("of the backing");
            _source.OnCall = () => throw thrown;
            Assert.Equal(Errno.EIO, call());
            Assert.False(_callers.IsHere);
            Assert.Same(thrown, Assert.Throws<NotSupportedException>(() => _callers.Leave()));
            Assert.True(_callers.IsHere);
        }

        Assert.Equal(calls.Length * 2, _source.CallCount);
    }

    [Fact]
    public void NothingCountsOfACallThatHasThrown()
    {
        _source.OnCall = static () => throw new NotSupportedException();
        Assert.Equal(Errno.EIO, _backing.Read(0, new byte[5], out int count));
        Assert.Equal(0, count);
        Assert.Throws<NotSupportedException>(() => _callers.Leave());
        Assert.Equal(Errno.EIO, _backing.Write(0, new byte[5], out count));
        Assert.Equal(0, count);
        Assert.Throws<NotSupportedException>(() => _callers.Leave());
        Assert.Equal(Errno.EIO, _backing.FindExtent(0, FileExtent.Hole, out long found));
        Assert.Equal(-1, found);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void ACountThatTheSpanDoesNotHoldIsNotBelieved(int count)
    {
        _source.Count = count;
        Assert.Equal(Errno.EIO, _backing.Read(0, new byte[5], out int read));
        Assert.Equal(0, read);
        Assert.Throws<InvalidOperationException>(() => _callers.Leave());
        Assert.Equal(Errno.EIO, _backing.Write(0, new byte[5], out int written));
        Assert.Equal(0, written);
        Assert.Throws<InvalidOperationException>(() => _callers.Leave());
        Assert.Throws<InvalidOperationException>(() => _backing.ReadOutside(0, new byte[5], out _));
    }

    /// <summary>However little a call gives: pages come whole, bytes beyond the end are zeros, and an error ends them.</summary>
    [Theory]
    [InlineData(int.MaxValue, 100_000, -1, 4, 4 * 4096)]
    [InlineData(1000, 100_000, -1, 4, 4 * 4096)]
    [InlineData(3000, 9 * 4096, -1, 4, 2 * 4096)]    // the file ends within what is asked for
    [InlineData(1000, 0, -1, 4, 0)]
    [InlineData(1000, 100_000, 9 * 4096, 2, 2 * 4096)]
    [InlineData(1000, 100_000, (9 * 4096) + 500, 2, 2 * 4096)]    // the rest of a page does not count
    [InlineData(1000, 100_000, 7 * 4096, 0, 0)]
    public void PagesAreReadWholeOutsideTheSlowPath(int part, long length, long failsAt, int whole, int fromSource)
    {
        (_source.PartMax, _source.Length, _source.FailsAt) = (part, length, failsAt < 0 ? long.MaxValue : failsAt);
        byte[] bytes = new byte[4 * 4096];
        Array.Fill(bytes, (byte)0xEE);
        Errno error = _backing.ReadOutside(7, bytes, out int wholeCount);
        Assert.Equal((failsAt < 0 ? Errno.None : Errno.ENXIO, whole), (error, wholeCount));
        for (int at = 0; at < fromSource; at++)
            if (bytes[at] != Source.ByteAt((7 * 4096) + at)) Assert.Fail($"byte {at}");
        Assert.False(bytes.AsSpan(fromSource, (whole * 4096) - fromSource).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void TheEnginesOwnBackingsNeedNoGuard()
    {
        using MemoryBacking memory = new();
        Assert.Same(memory, ScopedBacking.Around(memory, _callers));
        Assert.False(_backing.IsPager);
        Assert.True(((ScopedBacking)ScopedBacking.Around(new PagerBacking(new FailingSource(), 0), _callers)).IsPager);
        Assert.False(_backing.IsAwaited);
    }

    [Fact]
    public void ItEndsWhenTheLastThreadOutsideHasReturned()
    {
        _backing.OutsideReaders = 1;
        _backing.Dispose();
        Assert.Equal(0, _source.EndCount);
        _backing.OutsideReaders = 0;
        _backing.EndOutsideReads();
        Assert.Equal(1, _source.EndCount);
        _backing.EndOutsideReads();
        Assert.Equal(1, _source.EndCount);
    }

    private sealed class FailingSource : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Failed;

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.EIO;
    }

    private sealed class Source : IFileBacking
    {
        public Action OnCall { get; set; } = static () => { };
        public int? Count { get; set; }
        public int CallCount { get; private set; }
        public int EndCount { get; private set; }
        public int PartMax { get; set; } = int.MaxValue;
        public long Length { get; set; } = 100_000;
        public long FailsAt { get; set; } = long.MaxValue;
        public long ByteLength => Length;

        public static byte ByteAt(long offset) => (byte)((offset * 3) + (offset >> 12) + 1);

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = 3;    // what is not there when it throws
            Called();
            byteCount = Count ?? (int)Math.Clamp(Math.Min(Length, FailsAt) - offset, 0, Math.Min(destination.Length, PartMax));
            if (offset >= FailsAt) return Errno.ENXIO;
            for (int i = 0; i < byteCount && i < destination.Length; i++) destination[i] = ByteAt(offset + i);
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = 3;
            Called();
            byteCount = Count ?? source.Length;
            return Errno.None;
        }

        public Errno SetLength(long byteLength) => Called();

        public Errno PunchHole(long offset, long byteLength) => Called();

        public Errno Allocate(long offset, long byteLength) => Called();

        public Errno PermitStore(long offset) => Called();

        public Errno FindExtent(long offset, FileExtent wanted, out long found)
        {
            found = -1;
            return Called();
        }

        public Errno Flush() => Called();

        public void Dispose() => EndCount++;

        private Errno Called()
        {
            CallCount++;
            OnCall();
            return Errno.None;
        }
    }
}
