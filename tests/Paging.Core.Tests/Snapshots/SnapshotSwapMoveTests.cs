using Paging.Core.Swap;
using Paging.Core.SystemCalls;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A swapped page that is moved after a snapshot shares its slot with it, whoever had the page alone before.</summary>
public class SnapshotSwapMoveTests
{
    [Fact]
    public void AWriteAfterAMoveLeavesTheKeptSlotAlone()
    {
        using World world = new(World.Options(8));
        World.Succeeds(world.Engine.SwapOn(new MemorySwapStore(4 << 20), out _));
        world.Map(0, 4);
        for (int page = 0; page < 4; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.PageOut));
        using Snapshot snapshot = world.First.TakeSnapshot();
        const RemapFlags there = RemapFlags.MayMove | RemapFlags.Fixed;
        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(4), World.Bytes(4), there, World.At(1000), out _));
        World.Succeeds(world.Memory.Remap(World.At(1000), World.Bytes(4), World.Bytes(4), there, World.At(0), out _));
        for (int page = 0; page < 4; page++) world.Touch(page, (byte)(page + 101));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.PageOut));
        world.Verify();
        for (int page = 0; page < 4; page++) Assert.Equal(page + 101, world.Peek(page));
        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < 4; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
    }
}
