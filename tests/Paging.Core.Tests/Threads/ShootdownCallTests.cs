using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Every call that takes a right or a frame away waits for the threads that may still use it, also if no frame becomes free; and what a
/// callback throws reaches the thread whose turn it was.
/// </summary>
public sealed class ShootdownCallTests
{
    public static TheoryData<string> Calls => [.. Table.Keys];

    private static Dictionary<string, Func<ThreadedEngine, VirtualAddress, Errno>> Table { get; } = new(StringComparer.Ordinal)
    {
        ["protect"] = static (world, at) => world.Memory.Protect(at, 4096, MemoryProtection.Read),
        ["unmap"] = static (world, at) => world.Memory.Unmap(at, 4096),
        ["discard"] = static (world, at) => world.Memory.Advise(at, 4096, MemoryAdvice.DontNeed),
        ["map over it"] = static (world, at) => world.Memory.Map(at, 4096, MemoryProtection.ReadWrite, World.PrivateFixed, out _),
        ["move"] = static (world, at) => world.Memory.Remap(at, 4096, 8192, RemapFlags.MayMove, out _),
        ["fork"] = static (world, _) => world.Process.Fork(out UserProcess? _),
        ["clear soft-dirty"] = static (world, _) => world.Memory.ClearReferences(ReferenceKind.SoftDirty),
        ["page out"] = static (world, at) => world.Memory.Advise(at, 4096, MemoryAdvice.PageOut),
    };

    [Theory, MemberData(nameof(Calls))]
    public void TheCallReturnsWhenTheOtherThreadHasPolled(string call)
    {
        using ThreadedEngine world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _));
        world.Map(1);
        VirtualAddress at = world.Map(1);    // below the first one, so that it cannot grow where it is
        Shootdown shootdown = world.Engine.Parts.Machine.Callers.Shared!.Shootdown;
        using ManualResetEventSlim found = new();
        bool isOver = false, hasPolled = false, sawItsOwn = false;
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            world.Mmu.Write(at, 1u);
            _ = world.Mmu.TryGetWritableSpan(at, 4, out Span<byte> span, out _);
            found.Set();
            SpinWait.SpinUntil(() => shootdown.WaitCount != 0 || Volatile.Read(ref isOver), 60_000);
            span[0] = 7;
            sawItsOwn = span[0] == 7;
            hasPolled = true;
            processor.Poll();
        });
        other.Start();
        found.Wait();
        Errno error = Table[call](world, at);
        bool hasWaited = hasPolled;
        Volatile.Write(ref isOver, true);
        other.Join();
        World.Succeeds(error);
        Assert.True(hasWaited && sawItsOwn);
        Assert.Equal(1, world.Engine.Threads.Count().Shootdowns);
        if (call is "unmap") return;
        using EngineHold hold = world.Engine.EnterSlowPath();
        bool isReadable = world.Mmu.TryRead(at, out byte after, out _);
        if (isReadable) Assert.Equal(call is "discard" or "map over it" ? 0 : 7, after);    // the store was before the call
        else Assert.Equal("move", call);
    }

    [Fact]
    public void AnExceptionOfACallbackInAHoldReachesItsThread()
    {
        using ThreadedEngine world = new();
        using GuestFile file = world.Engine.Files.CreateFile("throws", new Thrower());
        World.Succeeds(file.Open(world.Process, FileRights.ReadWrite, out int descriptor));
        for (int round = 0; round < 2; round++)
        {
            Assert.Throws<NotSupportedException>(() => world.Process.FileDescriptors.Read(descriptor, new byte[10], out _));
            using EngineHold hold = world.Engine.EnterSlowPath();    // it is free, and nothing is thrown twice
            world.Mmu.Write(world.Map(1), 1u);
            world.Engine.BindToCurrentThread();    // of many threads: nothing to hand over
        }
    }

    [Fact]
    public void ADisposedEngineThrowsOnEveryThread()
    {
        PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, AllowThreads = true });
        UserProcess process = engine.CreateProcess("p");
        engine.Dispose();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.CreateProcess("q"));
        Assert.Throws<ObjectDisposedException>(engine.BindToCurrentThread);
        Exception? thrown = null;
        Thread other = new(() => thrown = Record.Exception(() => process.Memory.SetBreak(default)));
        other.Start();
        other.Join();
        Assert.IsType<ObjectDisposedException>(thrown);
    }

    private sealed class Thrower : IFileBacking
    {
        public long ByteLength => 4096;

        public Errno Read(long offset, Span<byte> destination, out int byteCount) => throw new NotSupportedException("of the backing");

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = source.Length;
            return Errno.None;
        }

        public Errno SetLength(long byteLength) => Errno.None;

        public Errno Flush() => Errno.None;

        public void Dispose() { }
    }
}
