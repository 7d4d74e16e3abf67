using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Memory whose pages the host supplies: at once, later, or never.</summary>
public sealed class PagerTests : IDisposable
{
    private const MapFlags Shared = MapFlags.Shared, Private = MapFlags.Private;

    private readonly World _world = new();
    private readonly Store _store = new();
    private readonly Pager _pager;
    private readonly int _descriptor;

    public PagerTests()
    {
        _pager = _world.Engine.Files.CreatePager("store", new(16), _store);
        _descriptor = _world.Open(_pager.File);
    }

    public void Dispose()
    {
        _world.Verify();
        _pager.Dispose();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Theory]
    [InlineData(Shared)]
    [InlineData(Private)]
    public void APageIsAskedForWhenItIsTouchedAndOnlyThen(MapFlags type)
    {
        _world.MapFile(_descriptor, 0, 16, type: type);
        Assert.Equal(0x13, _world.Peek(3));
        Assert.Equal(0x13, _world.Peek(3, 4095));
        Assert.Equal(0x15, _world.Peek(5));
        Assert.Equal([3u, 5u], _store.Asked);    // nothing is read ahead
    }

    [Fact]
    public void ZerosAndFailuresAreAnswersToo()
    {
        _world.MapFile(_descriptor, 0, 16);
        _store.Answers[new(1)] = PageAnswer.Zeros;
        _store.Answers[new(2)] = PageAnswer.Failed;
        Assert.Equal(0, _world.Peek(1, 77));
        Assert.Equal(MemoryFaultKind.BusError, KindAt(2));
        Assert.Equal(MemoryFaultKind.BusError, KindAt(2));
        Assert.Equal([1u, 2u, 2u], _store.Asked);    // a failure is not cached: the source may succeed next time
    }

    [Theory]
    [InlineData(Shared)]
    [InlineData(Private)]
    public void AnAccessIsPendingUntilThePageIsSupplied(MapFlags type)
    {
        _world.MapFile(_descriptor, 0, 16, type: type);
        _store.Answers[new(4)] = PageAnswer.Later;
        FaultCounters before = _world.Memory.Faults;
        Assert.Equal(MemoryFaultKind.Pending, KindAt(4));
        Assert.False(_world.Mmu.TryWrite(World.At(4), (byte)9, out MemoryFault fault));
        Assert.Equal(new MemoryFault(MemoryFaultKind.Pending, World.At(4)), fault);
        Assert.Equal(before, _world.Memory.Faults);
        Assert.Equal([4u], _store.Asked);    // once, however often the access is tried
        Assert.True(_pager.IsPending(new(4)));

        Task answered = _pager.WhenAnsweredAsync(new(4));
        Assert.False(answered.IsCompleted);
        Assert.True(_pager.TryTakeRequest(out FilePage page));
        Assert.Equal(new FilePage(4), page);
        Assert.False(_pager.TryTakeRequest(out _));
        Assert.Equal(Errno.None, _pager.Supply(page, Page(0x77)));
        Assert.True(answered.IsCompletedSuccessfully);
        Assert.Equal((0, 0x77), (_pager.PendingCount, _world.Peek(4, 4095)));
        _world.Touch(4, 9);
        Assert.Equal(9, _world.Peek(4));
        Assert.Equal([4u], _store.Asked);
    }

    [Fact]
    public void AReadOfAPendingPageThrowsPending()
    {
        _world.MapFile(_descriptor, 0, 16);
        _store.Answers[new(0)] = PageAnswer.Later;
        PageFaultException exception = Assert.Throws<PageFaultException>(() => _world.Peek(0));
        Assert.Equal(MemoryFaultKind.Pending, exception.Fault.Kind);
    }

    [Fact]
    public void SystemCallsThatNeedAPendingPageEndWithEagain()
    {
        _world.MapFile(_descriptor, 0, 16);
        foreach (uint page in (uint[])[0, 1, 2]) _store.Answers[new(page)] = PageAnswer.Later;
        Assert.Equal(Errno.EAGAIN, _world.Memory.Advise(World.At(0), 4096, MemoryAdvice.PopulateRead));
        Assert.Equal(Errno.EAGAIN, _pager.File.Read(8192, new byte[10], out int count));
        Assert.Equal(0, count);
    }

    [Fact]
    public void APageThatIsThereIsNotReplaced()
    {
        _world.MapFile(_descriptor, 0, 16);
        Assert.Equal(0x12, _world.Peek(2));
        Assert.Equal(Errno.EEXIST, _pager.Supply(new(2), Page(1)));
        Assert.Equal(Errno.EEXIST, _pager.SupplyZeros(new(2)));
        Assert.Equal(Errno.EEXIST, _pager.Fail(new(2)));
        Assert.Equal(0x12, _world.Peek(2));
    }

    [Fact]
    public void APageSuppliedAheadIsNeverAskedFor()
    {
        _world.MapFile(_descriptor, 0, 16);
        Assert.Equal(Errno.None, _pager.SupplyZeros(new(6)));
        Assert.Equal(0, _world.Peek(6));
        Assert.Empty(_store.Asked);
    }

    [Fact]
    public void AReadMapsItsPageAndTheNeighboursThatAreThere()
    {
        _world.MapFile(_descriptor, 0, 16, type: Shared);
        Assert.Equal(Errno.None, _pager.Supply(new(2), Page(1)));
        FaultCounters before = _world.Memory.Faults;
        Assert.Equal(0x10, _world.Peek(0));
        FaultCounters after = _world.Memory.Faults;
        Assert.Equal((1L, 1L, 1L, 0L), ((long)(after.Major - before.Major), (long)(after.File - before.File),
            (long)(after.FaultAround - before.FaultAround), (long)(after.Minor - before.Minor)));
        Assert.Equal(2, _world.Memory.Space.Statistics.ResidentFile);
        Assert.Equal(1, _world.Peek(2));
        Assert.Equal(after, _world.Memory.Faults);
    }

    [Fact]
    public void APageThatFailedEndsInABusErrorUntilItIsSupplied()
    {
        _world.MapFile(_descriptor, 0, 16);
        _store.Answers[new(4)] = PageAnswer.Later;
        Assert.Equal(MemoryFaultKind.Pending, KindAt(4));
        Assert.Equal(Errno.None, _pager.Fail(new(4)));
        Assert.Equal(0, _pager.PendingCount);
        Assert.Equal(MemoryFaultKind.BusError, KindAt(4));
        Assert.Equal(Errno.None, _pager.Supply(new(4), Page(3)));
        Assert.Equal(3, _world.Peek(4));
    }

    /// <summary>A page that is supplied is forgiven: when its frame is taken away, the source is asked for it again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APageThatFailedAndWasSuppliedIsAskedForAgainWhenItIsGone(bool isOfZeros)
    {
        _world.MapFile(_descriptor, 0, 16, type: Shared);
        Assert.Equal(Errno.None, _pager.Fail(new(4)));
        Assert.Equal(MemoryFaultKind.BusError, KindAt(4));
        Assert.Equal(Errno.None, isOfZeros ? _pager.SupplyZeros(new(4)) : _pager.Supply(new(4), Page(3)));
        Assert.Equal(isOfZeros ? 0 : 3, _world.Peek(4));
        Assert.Empty(_store.Asked);
        World.Succeeds(_world.Memory.Advise(World.At(4), 4096, MemoryAdvice.DontNeed));
        World.Succeeds(_world.Memory.Synchronize(World.At(0), World.Bytes(16), SyncFlags.Sync));
        _world.Engine.Files.DropCaches();
        Assert.False(_pager.File.IsCached(new(4)));
        Assert.Equal(0x14, _world.Peek(4));
        Assert.Equal([4u], _store.Asked);
    }

    [Fact]
    public void WritesToAPrivateMappingStayInTheProcess()
    {
        _world.MapFile(_descriptor, 0, 16);
        _world.Touch(1, 0xEE);
        Assert.Equal((0xEE, 0x11), (_world.Peek(1), _world.Peek(1, 1)));
        _pager.File.Read(4096, _read, out _);
        Assert.Equal(0x11, _read[0]);
        Assert.Empty(_store.Stored);
    }

    [Fact]
    public void WritesToASharedMappingGoBackToTheSource()
    {
        _world.MapFile(_descriptor, 0, 16, type: Shared);
        _world.Touch(1, 0xEE);
        _world.Touch(15, 0xDD);
        World.Succeeds(_world.Memory.Synchronize(World.At(0), World.Bytes(16), SyncFlags.Sync));
        Assert.Equal([1u, 15u], _store.Stored.Keys.Select(static page => page.Value).Order());
        Assert.Equal((0xEE, 0x11), (_store.Stored[new(1)][0], _store.Stored[new(1)][1]));
    }

    [Fact]
    public void ReclaimedPagesAreAskedForAgain()
    {
        using World world = new(ramMiB: 2);
        using Pager pager = world.Engine.Files.CreatePager("large", new(2048), _store);
        int descriptor = world.Open(pager.File);
        world.MapFile(descriptor, 0, 2048, type: Shared);
        for (int round = 0; round < 2; round++)
            for (int page = 0; page < 2048; page++) Assert.Equal(unchecked((byte)(0x10 + page)), world.Peek(page));
        Assert.True(_store.Asked.Count > 2048, $"{_store.Asked.Count} requests: no page was reclaimed.");
        world.Verify();
    }

    [Fact]
    public void ASourceMayNotCallItsPager()
    {
        _world.MapFile(_descriptor, 0, 16);
        Errno error = Errno.None;
        InvalidOperationException? refused = null;
        _store.OnRequest = page => refused = Assert.Throws<InvalidOperationException>(() => error = _pager.Supply(page, Page(1)));
        Assert.Equal(0x10, _world.Peek(0));
        Assert.NotNull(refused);
        Assert.Equal(Errno.None, error);
    }

    [Fact]
    public void MisuseIsNamed()
    {
        Assert.Throws<ArgumentException>("bytes", () => _pager.Supply(new(0), new byte[4095]));
        Assert.Throws<ArgumentOutOfRangeException>("page", () => _pager.SupplyZeros(new(16)));
        Assert.Throws<ArgumentOutOfRangeException>("page", () => _pager.Fail(new(16)));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => _world.Engine.Files.CreatePager("none", default, _store));
        Assert.Throws<ArgumentNullException>("source", () => _world.Engine.Files.CreatePager("none", new(1), null!));
        Pager closed = _world.Engine.Files.CreatePager("closed", new(1), _store);
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => closed.SupplyZeros(new(0)));
        Assert.Throws<ObjectDisposedException>(() => closed.Supply(new(0), new byte[4096]));
        Assert.Throws<ObjectDisposedException>(() => closed.Fail(new(0)));
        Assert.Throws<ObjectDisposedException>(() => closed.TryTakeRequest(out _));
        Assert.Throws<ObjectDisposedException>(() => { _ = closed.WhenAnsweredAsync(new(0)); });
    }

    [Fact]
    public void AFaultOnASuppliedPageAllocatesNothing()
    {
        _world.MapFile(_descriptor, 0, 16, type: Shared);
        Quiet quiet = new();
        using Pager pager = _world.Engine.Files.CreatePager("quiet", new(16), quiet);
        int descriptor = _world.Open(pager.File);
        _world.MapFile(descriptor, 0, 16, type: Shared);
        long sum = 0;
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int round = 0; round < 1000; round++)
            {
                for (int page = 0; page < 16; page++) sum += _world.Peek(page);
                World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(16), MemoryAdvice.DontNeed));
                World.Succeeds(_world.First.FileDescriptors.Advise(descriptor, 0, 0, FileAdvice.DontNeed));
            }
        }));
        Assert.Equal((5L * quiet.Count, true), (sum, quiet.Count >= 16_000));
    }

    private readonly byte[] _read = new byte[16];

    private static byte[] Page(byte value)
    {
        byte[] bytes = new byte[4096];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private MemoryFaultKind KindAt(int page)
    {
        bool isRead = _world.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault);
        Assert.Equal(isRead, !fault.IsFault);
        return fault.Kind;
    }

    /// <summary>Page n is full of 0x10 + n unless a test overrides it.</summary>
    private sealed class Store : IPageSource
    {
        public List<uint> Asked { get; } = [];
        public Dictionary<FilePage, PageAnswer> Answers { get; } = [];
        public Dictionary<FilePage, byte[]> Stored { get; } = [];
        public Action<FilePage>? OnRequest { get; set; }

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            Asked.Add(page.Value);
            OnRequest?.Invoke(page);
            if (Answers.TryGetValue(page, out PageAnswer answer)) return answer;
            destination.Fill(unchecked((byte)(0x10 + page.Value)));
            return PageAnswer.Supplied;
        }

        Errno IPageSource.Store(FilePage page, ReadOnlySpan<byte> bytes)
        {
            Stored[page] = bytes.ToArray();
            return Errno.None;
        }
    }

    private sealed class Quiet : IPageSource
    {
        public int Count { get; private set; }

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            Count++;
            destination.Fill(5);
            return PageAnswer.Supplied;
        }

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.EIO;
    }
}
