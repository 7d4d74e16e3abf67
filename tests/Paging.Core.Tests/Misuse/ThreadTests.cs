using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>An engine serves one thread; calls from any other throw.</summary>
public sealed class ThreadTests
{
    private static Exception? OnAnotherThread(Action body)
    {
        Exception? thrown = null;
        Thread thread = new(() => thrown = Record.Exception(body));
        thread.Start();
        thread.Join();
        return thrown;
    }

    public static TheoryData<string> Calls => [.. Table.Keys];

    private static Dictionary<string, Action<World>> Table { get; } = new(StringComparer.Ordinal)
    {
        ["map"] = static world =>
            world.Memory.Map(VirtualAddress.Zero, 4096, MemoryProtection.Read, MapFlags.Private | MapFlags.Anonymous, out _),
        ["unmap"] = static world => world.Memory.Unmap(World.At(0), 4096),
        ["protect"] = static world => world.Memory.Protect(World.At(0), 4096, MemoryProtection.Read),
        ["remap"] = static world => world.Memory.Remap(World.At(0), 4096, 8192, RemapFlags.MayMove, out _),
        ["break"] = static world => world.Memory.SetBreak(VirtualAddress.Zero),
        ["advise"] = static world => world.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed),
        ["synchronize"] = static world => world.Memory.Synchronize(World.At(0), 4096, SyncFlags.Async),
        ["lock"] = static world => world.Memory.Lock(World.At(0), 4096),
        ["unlock"] = static world => world.Memory.Unlock(World.At(0), 4096),
        ["lock all"] = static world => world.Memory.LockAll(LockAllFlags.Current),
        ["unlock all"] = static world => world.Memory.UnlockAll(),
        ["in core"] = static world => world.Memory.InCore(World.At(0), 4096, new byte[1]),
        ["has own page"] = static world => world.Memory.HasOwnPage(World.At(0).Page),
        ["reserve"] = static world => world.Memory.Reserve(new(World.At(5).Page, PageCount.One)),
        ["fault"] = static world => world.Mmu.TryRead(World.At(1), out byte _),
        ["copy in"] = static world => world.Mmu.CopyIn(World.At(1), new byte[1], out _),
        ["span"] = static world => world.Mmu.TryGetSpan(World.At(1), 1, AccessKind.Read, out _, out _),
        ["compare and exchange"] = static world => world.Mmu.CompareExchange(World.At(1), 1, 0),
        ["supervisor read"] = static world => world.Mmu.TryReadAsSupervisor(new(0xC000_0000), out byte _, out _),
        ["fork"] = static world => world.First.Fork(out _),
        ["exit"] = static world => world.First.Exit(),
        ["reap"] = static world => world.First.Dispose(),
        ["create a process"] = static world => world.Engine.CreateProcess("p"),
        ["create a file"] = static world => world.Engine.Files.CreateMemoryFile("f"),
        ["close"] = static world => world.First.FileDescriptors.Close(3),
        ["read a file"] = static world => world.First.FileDescriptors.Read(3, 0, new byte[1], out _),
        ["write a file"] = static world => world.First.FileDescriptors.Write(3, 0, new byte[1], out _),
        ["truncate"] = static world => world.First.FileDescriptors.SetLength(3, 0),
        ["punch"] = static world => world.First.FileDescriptors.PunchHole(3, 0, 1),
        ["fsync"] = static world => world.First.FileDescriptors.Synchronize(3),
        ["audit"] = static world => world.Engine.Audit(),
    };

    [Theory, MemberData(nameof(Calls))]
    public void ACallFromAnotherThreadThrowsAndChangesNothing(string call)
    {
        using World world = new();
        world.Map(0, 2);
        world.OpenFile("f", 1);
        Balance before = Balance.Of(world.Engine);
        InvalidOperationException thrown = Assert.IsType<InvalidOperationException>(OnAnotherThread(() => Table[call](world)));
        Assert.Contains("BindToCurrentThread", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(before, Balance.Of(world.Engine));
        Assert.Equal("0-2 rw-p", World.AreasOf(world.First));
    }

    [Theory, MemberData(nameof(Calls))]
    public void ACallOnADisposedEngineThrows(string call)
    {
        World world = new();
        world.Map(0, 2);
        world.OpenFile("f", 1);
        world.Engine.Dispose();
        if (string.Equals(call, "reap", StringComparison.Ordinal)) Table[call](world);    // reaping after the end is no mistake
        else Assert.IsType<ObjectDisposedException>(Record.Exception(() => Table[call](world)));
    }

    [Fact]
    public void AnEngineIsHandedOverByBindingIt()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Null(OnAnotherThread(() =>
        {
            world.Engine.BindToCurrentThread();
            world.Touch(0, 7);
        }));
        Assert.Throws<InvalidOperationException>(() => world.Memory.Unmap(World.At(0), 4096));
        world.Engine.BindToCurrentThread();
        Assert.Equal(7, world.Peek(0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AnEngineMayBeDisposedTwiceAndItsTranslationsAreGone()
    {
        World world = new();
        world.Map(0, 1);
        world.Touch(0, 7);
        world.Engine.Dispose();
        world.Engine.Dispose();
        Assert.False(world.Mmu.TryReadHit(World.At(0), out byte _));
        Assert.Throws<ObjectDisposedException>(() => world.Mmu.Read<byte>(World.At(0)));
    }
}
