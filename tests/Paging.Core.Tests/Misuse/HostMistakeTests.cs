using System.Buffers;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Mistakes of a host that were once accepted: each now has an error or an exception that names the mistake.</summary>
public sealed class HostMistakeTests
{
    /// <summary>Linux: EBUSY of swapon(2), claim_swapfile (mm/swapfile.c).</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void AStoreIsSwitchedOnOnce(bool isEmbedders)
    {
        using World world = new();
        ISwapStore store = isEmbedders ? new SmallSwapStore(16) : new MemorySwapStore(1 << 20);
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out SwapDevice? device));
        Assert.Equal(Errno.EBUSY, world.Engine.Swap.SwitchOn(store, out SwapDevice? again));
        Assert.Null(again);
        Assert.Equal([device!], world.Engine.Swap.Devices);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
    }

    [Theory, InlineData(77), InlineData(3), InlineData(-1)]
    public void AnAccessOfNoKindIsRefused(int number)
    {
        using World world = new();
        AccessKind access = (AccessKind)number;
        world.Map(0, 1);
        Action[] calls =
        [
            () => world.Memory.Touch(World.Base, access, out _, out _),
            () => world.Mmu.TryGetSpan(World.Base, 4, access, out _, out _),
            () => world.First.Pin(World.Base, 4, access),
            () => world.Mmu.TryTranslateAsSupervisor(World.Base, access, out _, out _),
        ];
        Assert.Throws<ArgumentOutOfRangeException>("kind",
            () => Walker.Walk(world.Engine.Ram, TableFormat.Classic, world.Memory.PrepareWalk(), World.Base, access, ProcessorMode.User));
        foreach (Action call in calls)
            Assert.Contains($"{number}", Assert.Throws<ArgumentOutOfRangeException>("access", call).Message, StringComparison.Ordinal);
        world.Mmu.Write(World.Base, 1);    // a hit from here on
        foreach (Action call in calls) Assert.Throws<ArgumentOutOfRangeException>(call);
    }

    /// <summary>The tests verify thoroughly; a hit is checked from the level "cheap" on.</summary>
    [Fact]
    public void AHitOnAnotherThreadIsFound()
    {
        using World world = new();
        world.Map(0, 1);
        world.Mmu.Write(World.Base, 1);
        Exception? thrown = null;
        Thread other = new(() => thrown = Record.Exception(() => world.Mmu.Read<int>(World.Base)));
        other.Start();
        other.Join();
        Assert.Contains("belongs to thread", Assert.IsType<InvalidOperationException>(thrown).Message, StringComparison.Ordinal);
        Assert.Equal(1, world.Mmu.Read<int>(World.Base));
    }

    /// <summary>As with the standard library's MemoryPool, a handle may live longer than its owner: RAM goes with the last one.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public unsafe void AHandleKeepsRamAfterTheEngine(bool isOfAll)
    {
        PagingEngine engine = new(World.Options());
        UserProcess process = engine.CreateProcess("pins");
        World.MapAs(process, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        process.Memory.Mmu.Write(World.Base, 0x1234_5678u);
        WritablePin pin = process.PinForWriting(World.Base, 4096);
        using MemoryHandle handle = isOfAll ? engine.Ram.Pin() : pin.WritableParts[0].Pin();
        engine.Dispose();
        if (!isOfAll) Assert.Equal(0x1234_5678u, *(uint*)handle.Pointer);    // SAFETY: the handle keeps the bytes
        *(uint*)handle.Pointer = 1;
        Assert.Throws<ObjectDisposedException>(() => pin.Parts[0].Pin());
        pin.Dispose();
    }

    [Fact]
    public void ErrorsNameTheCallersArgumentAndItsValue()
    {
        using World world = new();
        ArgumentException order = Assert.Throws<ArgumentOutOfRangeException>("order", () => world.Engine.Frames.Return(default, -1));
        Assert.Contains("-1", order.Message, StringComparison.Ordinal);
        order = Assert.Throws<ArgumentOutOfRangeException>("order", () => world.Engine.Frames.TryTake(-1, out _));
        Assert.Contains("-1", order.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("first", () => world.Engine.Frames.Return(new(uint.MaxValue), 0));
        string options = Assert.Throws<ArgumentOutOfRangeException>(() => new PagingEngine(new() { RamBytes = 5 })).Message;
        Assert.DoesNotContain("EngineOptions {", options, StringComparison.Ordinal);
        Assert.Contains("RamBytes must be", options, StringComparison.Ordinal);
    }
}
