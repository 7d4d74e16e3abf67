using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A swapped page that moves after a snapshot shares its slot with it, even if the process had the page alone before.</summary>
public class SnapshotSwapMoveTests
{
    [Fact]
    public void AWriteAfterAMoveLeavesTheKeptSlotAlone()
    {
        using World world = new(World.Options(8));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
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

    /// <summary>The target has changed since the snapshot, so that nothing is noted of it once more.</summary>
    [Theory]
    [InlineData(true)]    // UFFDIO_MOVE
    [InlineData(false)]    // mremap
    public void AMoveOverAChangedTargetLeavesTheKeptSlotAlone(bool byUserfault)
    {
        using World world = new(World.Options(8));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        world.Map(0, 4);
        world.Map(20, 4);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open();
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.Missing));
        for (int page = 20; page < 24; page++) world.Touch(page, (byte)page);
        World.Succeeds(world.Memory.Advise(World.At(20), World.Bytes(4), MemoryAdvice.PageOut));
        using Snapshot snapshot = world.First.TakeSnapshot();
        for (int page = 0; page < 4; page++)
            World.Succeeds(faults.ZeroPage(World.At(page), 4096, UserfaultFillFlags.None, out _));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.DontNeed));
        const RemapFlags there = RemapFlags.MayMove | RemapFlags.Fixed;
        World.Succeeds(byUserfault
            ? faults.Move(World.At(0), World.At(20), 4 * 4096, allowHoles: false, UserfaultFillFlags.None, out _)
            : world.Memory.Remap(World.At(20), World.Bytes(4), World.Bytes(4), there, World.At(0), out _));
        for (int page = 0; page < 4; page++)
        {
            Assert.Equal(page + 20, world.Peek(page));
            world.Touch(page, (byte)(page + 101));
        }

        world.Verify();
        World.Succeeds(snapshot.Restore());
        for (int page = 20; page < 24; page++) Assert.Equal(page, world.Peek(page));
        world.Verify();
    }
}
