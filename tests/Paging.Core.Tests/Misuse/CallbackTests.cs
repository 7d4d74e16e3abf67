using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Policies;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Callbacks of the host that throw, or call the engine that waits for them.</summary>
public sealed class CallbackTests
{
    private sealed class OwnException : Exception
    {
        public OwnException() : this("own") { }

        public OwnException(string message) : base(message) { }

        public OwnException(string message, Exception inner) : base(message, inner) { }
    }

    /// <summary>A disk that does something else first in every call.</summary>
    private sealed class Disk(int byteLength) : IFileBacking
    {
        private readonly ByteBacking _bytes = new(byteLength);
        public Action? First { get; set; }
        public long ByteLength => _bytes.ByteLength;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            First?.Invoke();
            return _bytes.Read(offset, destination, out byteCount);
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            First?.Invoke();
            return _bytes.Write(offset, source, out byteCount);
        }

        public Errno SetLength(long length)
        {
            First?.Invoke();
            return _bytes.SetLength(length);
        }

        public Errno Allocate(long offset, long byteLength)
        {
            First?.Invoke();
            return Errno.None;
        }

        public Errno Flush()
        {
            First?.Invoke();
            return _bytes.Flush();
        }

        public void Dispose() => First?.Invoke();
    }

    private sealed class Store : ISwapStore
    {
        private readonly MemorySwapStore _pages = new(1 << 20);
        public Action? First { get; set; }
        public string Name => "store";
        public uint SlotCount => _pages.SlotCount;

        public Errno Read(uint slot, Span<byte> page)
        {
            First?.Invoke();
            return _pages.Read(slot, page);
        }

        public Errno Write(uint slot, ReadOnlySpan<byte> page)
        {
            First?.Invoke();
            return _pages.Write(slot, page);
        }

        public void Dispose() => First?.Invoke();
    }

    private sealed record Scene(World World, Disk Disk, GuestFile File, int Descriptor);

    /// <summary>Calls that reach the disk; page 0 after the base maps its page 0, page 10 is mapped shared and dirty.</summary>
    private static Dictionary<string, Action<Scene>> Table { get; } = new(StringComparer.Ordinal)
    {
        ["touch"] = static scene => scene.World.Peek(0),
        ["try to touch"] = static scene => scene.World.Mmu.TryRead(World.At(1), out byte _),
        ["write fault"] = static scene => scene.World.Touch(2),
        ["resolve"] = static scene => scene.World.Mmu.ResolveFault(World.At(0), PageFaultErrorCode.User),
        ["supervisor"] = static scene => scene.World.Mmu.TryReadAsSupervisor(World.At(0), out int _, out _),
        ["copy"] = static scene => scene.World.Mmu.CopyOut(World.At(0), new byte[3 * 4096], out _),
        ["populate"] = static scene => scene.World.Memory.Advise(World.At(0), 4096, MemoryAdvice.PopulateRead),
        ["read"] = static scene => scene.World.First.FileDescriptors.Read(scene.Descriptor, 0, new byte[100], out _),
        ["read to"] = static scene => scene.World.First.FileDescriptors.ReadTo(scene.Descriptor, World.At(20), 10_000, out _),
        ["write a part"] = static scene => scene.World.First.FileDescriptors.Write(scene.Descriptor, 5, [1], out _),
        ["truncate"] = static scene => scene.World.First.FileDescriptors.SetLength(scene.Descriptor, 100),
        ["punch"] = static scene => scene.World.First.FileDescriptors.PunchHole(scene.Descriptor, 0, 4096),
        ["allocate"] = static scene => scene.World.First.FileDescriptors.Allocate(scene.Descriptor, AllocationFlags.KeepSize, 0, 4096),
        ["fsync"] = static scene => scene.World.First.FileDescriptors.Synchronize(scene.Descriptor),
        ["msync"] = static scene => scene.World.Memory.Synchronize(World.At(10), 4096, SyncFlags.Sync),
        ["sync"] = static scene => scene.World.Engine.Files.SynchronizeAll(),
        ["host read"] = static scene => scene.File.Read(0, new byte[100], out _),
        ["host length"] = static scene => scene.File.SetLength(1),
    };

    public static TheoryData<string> Calls => [.. Table.Keys];

    private static Scene Prepare(World world)
    {
        Disk disk = new(12 * 4096);
        GuestFile file = world.Engine.Files.CreateFile("disk", disk);
        int descriptor = world.Open(file);
        world.MapFile(descriptor, 0, 4);
        world.MapFile(descriptor, 10, 1, filePage: 10, type: MapFlags.Shared);
        world.Map(20, 4);
        world.Touch(10);
        world.Engine.Files.DropCaches();
        return new(world, disk, file, descriptor);
    }

    [Theory, MemberData(nameof(Calls))]
    public void AnExceptionOfABackingReachesTheHostAsItselfAndLeavesNothingBehind(string call)
    {
        using World world = new();
        Scene scene = Prepare(world);
        OwnException own = new();
        scene.Disk.First = () => throw own;
        Assert.Same(own, Record.Exception(() => Table[call](scene)));
        world.Verify();
        Assert.Same(own, Record.Exception(() => Table[call](scene)));    // as often as it is thrown
        scene.Disk.First = null;
        Assert.Null(Record.Exception(() => world.First.FileDescriptors.Synchronize(scene.Descriptor)));
        Assert.Null(Record.Exception(() => world.Mmu.TryRead(World.At(3), out byte _)));
        world.Verify();
        scene.File.Dispose();
        world.AssertNothingIsLeft();
    }

    [Theory, MemberData(nameof(Calls))]
    public void ACallFromInsideACallbackIsRefused(string call)
    {
        using World world = new();
        Scene scene = Prepare(world);
        List<Exception?> seen = [];
        Action[] calls =
        [
            () => world.First.FileDescriptors.Read(scene.Descriptor, 0, new byte[1], out _), () => world.Memory.Unmap(World.At(0), 4096),
            () => world.First.Dispose(), () => world.Engine.Dispose(), () => scene.File.Dispose(), () => world.Engine.Audit(),
            () => world.Mmu.Read<byte>(World.At(22)), () => world.Engine.BindToCurrentThread(),
        ];
        scene.Disk.First = () => seen.AddRange(calls.Select(static one => Record.Exception(one)));
        Assert.Null(Record.Exception(() => Table[call](scene)));
        scene.Disk.First = null;
        Assert.NotEmpty(seen);
        Assert.All(seen, static one => Assert.Contains("callback", Assert.IsType<InvalidOperationException>(one).Message,
            StringComparison.Ordinal));
        world.Verify();
        World.Succeeds(world.First.FileDescriptors.Write(scene.Descriptor, 0, new byte[4096], out _));
        scene.Disk.First = () => world.Engine.Files.SynchronizeAll();    // a callback that does not catch it: the host sees it
        Assert.IsType<InvalidOperationException>(Record.Exception(() => world.First.FileDescriptors.Synchronize(scene.Descriptor)));
        scene.Disk.First = null;
        scene.File.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>An exception of a backing reaches the caller whose call it was, and not the next one.</summary>
    [Fact]
    public void WritingBackThrowsWhatTheBackingThrows()
    {
        using World world = new();
        Disk disk = new(4096);
        using GuestFile file = world.Engine.Files.CreateFile("disk", disk);
        file.IsWrittenThrough = true;
        world.MapFile(world.Open(file), 0, 1, type: MapFlags.Shared);
        world.Touch(0);
        disk.First = static () => throw new OwnException();
        Assert.Throws<OwnException>(() => world.Memory.WriteBack(World.At(0), 4096));
        disk.First = null;
        world.Memory.WriteBack(World.At(0), 4096);
        world.Verify();
    }

    [Fact]
    public void TheGuestSeesAnInputOutputError()
    {
        using World world = new();
        Scene scene = Prepare(world);
        int another = world.Open(scene.File);
        scene.Disk.First = () => throw new OwnException();
        Assert.Throws<OwnException>(() => world.Memory.Synchronize(World.At(10), 4096, SyncFlags.Sync));
        scene.Disk.First = null;
        Assert.Equal(Errno.EIO, world.First.FileDescriptors.Synchronize(another));    // its page could not be written once
        Assert.Equal(Errno.None, world.First.FileDescriptors.Synchronize(another));
        scene.File.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AWrongCountIsNoCount()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateFile("liar", new Liar());
        Assert.Throws<InvalidOperationException>(() => file.Read(0, new byte[4096], out _));
        world.Verify();
    }

    private sealed class Liar : IFileBacking
    {
        public long ByteLength => 8192;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = int.MaxValue;
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = -1;
            return Errno.None;
        }

        public Errno SetLength(long byteLength) => Errno.None;

        public Errno Flush() => Errno.None;

        public void Dispose() { }
    }

    [Fact]
    public void AnExceptionOfASwapStoreLosesNoSlotAndNoFrame()
    {
        using World world = new(1);
        Store store = new() { First = static () => throw new OwnException() };
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out SwapDevice? device));
        world.Map(0, 300);
        int thrown = 0;
        for (int page = 0; page < 300; page++) thrown += Record.Exception(() => world.Touch(page)) is OwnException ? 1 : 0;
        Assert.True(thrown > 0);
        Assert.InRange(device!.UsedSlotCount, 0u, device.SlotCount);
        while (Record.Exception(world.Verify) is OwnException) thrown++;
        store.First = null;
        for (int page = 0; page < 300; page++) world.Touch(page, (byte)page);
        for (int page = 0; page < 300; page++) Assert.Equal((byte)page, world.Peek(page));
        store.First = static () => throw new OwnException();
        Assert.IsType<OwnException>(Record.Exception(() => Enumerable.Range(0, 300).Sum(page => world.Peek(page))));
        store.First = null;
        world.Verify();
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(200)));
        World.Succeeds(world.Engine.Swap.SwitchOff(device));
        world.AssertNothingIsLeft();
    }

    /// <summary>A stream of a saved process, and where its pages go, are the host's code as well, in each of their calls.</summary>
    [Theory]
    [InlineData("save")]
    [InlineData("save apart")]
    [InlineData("load")]
    public void AStreamMayNotCallTheEngine(string how)
    {
        using World world = new();
        world.Map(0, 40);
        for (int page = 0; page < 40; page++) world.Touch(page, (byte)(page + 1));    // more than one piece of a buffer
        Assert.True(world.First.TryTakeSnapshot(out Snapshot? snapshot, out _));
        using MemoryStream saved = new();
        snapshot.Save(saved);
        saved.Position = 0;
        List<Exception?> seen = [];
        using CallingStream stream = new(how is "load" ? saved : new(), () => seen.Add(Record.Exception(() => world.Engine.Audit())));
        switch (how)
        {
            case "save": snapshot.Save(stream); break;
            case "save apart": snapshot.Save(stream, _ => seen.Add(Record.Exception(() => world.Engine.Audit()))); break;
            default: world.Engine.SavedProcesses.Load(stream, static _ => null); break;
        }

        Assert.True(seen.Count >= 2);
        Assert.All(seen, static one => Assert.Contains("callback", Assert.IsType<InvalidOperationException>(one).Message,
            StringComparison.Ordinal));
        world.Verify();    // may be called again
        if (how is "save") Assert.Equal(saved.ToArray(), stream.Inner.ToArray());
    }

    /// <summary>A stream that does something else first in every call.</summary>
    private sealed class CallingStream(MemoryStream inner, Action first) : Stream
    {
        public MemoryStream Inner => inner;
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            first();
            return inner.Read(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            first();
            inner.Write(buffer);
        }
    }

    [Fact]
    public void AnExceptionWhileAnEngineIsDisposedIsThrownAtTheEnd()
    {
        World world = new();
        Scene scene = Prepare(world);
        scene.Disk.First = static () => throw new OwnException();
        Assert.Throws<OwnException>(world.Engine.Dispose);
        world.Engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => world.Peek(0));
    }

    /// <summary>A policy that throws, answers nonsense, or calls the engine.</summary>
    private struct WildPolicy(Action act, int victim) : IReplacementPolicy
    {
        private int _count;

        private void Act()
        {
            if (++_count > 20) act();
        }

        public void Missed(ulong page) => Act();

        public void Loaded(int slot, ulong page) => Act();

        public void Hit(int slot) => Act();

        public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
        {
            Act();
            return victim;
        }

        public void Evicted(int slot, ulong page) => Act();

        public void Removed(int slot) => Act();
    }

    public static TheoryData<string, int> WildPolicies => new()
    {
        { "throws", 0 }, { "calls", 0 }, { "answers", 1_000_000 }, { "answers", -7 }, { "answers", int.MinValue }, { "answers", 0 },
    };

    [Theory, MemberData(nameof(WildPolicies))]
    public void APolicyThatFailsIsReplacedByTheLists(string how, int victim)
    {
        using World world = new(2);
        PagingEngine engine = world.Engine;
        Action act = how switch
        {
            "throws" => static () => throw new OwnException(),
            "calls" => () => engine.Audit(),
            _ => static () => { }
            ,
        };
        World.Succeeds(engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        World.Succeeds(engine.Groups.Create(
            new() { Limit = new(50), Policy = ReclaimPolicy.Of(_ => new WildPolicy(act, victim)) }, out MemoryGroup? group));
        UserProcess process = engine.CreateProcess("p", new() { Group = group });
        World.MapAs(process, 0, 200, MemoryProtection.ReadWrite, World.PrivateFixed);
        List<Exception> thrown = [];
        for (int page = 0; page < 200; page++)
        {
            while (Record.Exception(() => process.Memory.Mmu.Write(World.At(page), page)) is { } one && thrown.Count < 5) thrown.Add(one);
        }

        world.Verify();
        Type expected = string.Equals(how, "throws", StringComparison.Ordinal) ? typeof(OwnException) : typeof(InvalidOperationException);
        if (string.Equals(how, "answers", StringComparison.Ordinal) && victim == 0) Assert.Empty(thrown);    // a poor choice, but a page
        else Assert.IsType(expected, Assert.Single(thrown));
        for (int page = 0; page < 200; page++) Assert.Equal(page, process.Memory.Mmu.Read<int>(World.At(page)));
        world.AssertNothingIsLeft();
    }
}
