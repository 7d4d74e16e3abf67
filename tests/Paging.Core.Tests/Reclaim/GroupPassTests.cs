using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>One pass of reclaim over a group: how much of it a policy is asked for, and which huge pages are split.</summary>
/// <remarks>Linux: mm/vmscan.c shrink_lruvec, shrink_folio_list.</remarks>
public sealed class GroupPassTests
{
    private const uint LineBytes = 512 * 4096;

    /// <summary>Of 40 pages a pass asks for one and 40 / 2^priority, or for as many as are wanted.</summary>
    [Theory]
    [InlineData(12, 100u, 1u)]
    [InlineData(6, 100u, 1u)]
    [InlineData(5, 100u, 2u)]
    [InlineData(3, 100u, 6u)]
    [InlineData(3, 6u, 6u)]
    [InlineData(3, 5u, 5u)]
    [InlineData(1, 100u, 21u)]
    [InlineData(0, 39u, 39u)]
    public void APolicyIsAskedForAShareOfItsPages(int priority, uint target, uint freed)
    {
        using PolicyWorld world = new(limit: 100);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 40, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 40; page++) process.Memory.Mmu.Write(World.At(page), (byte)page);
        Assert.Equal(40u, world.Group.Usage.Value);
        Assert.Equal(freed, world.Group.Reclaim.ShrinkOnce(priority, target));
        Assert.Equal(40 - freed, world.Group.Usage.Value);
        world.Base.Verify();
    }

    /// <summary>Reclaim never chooses a group without pages.</summary>
    [Fact]
    public void AnEmptyGroupIsNotScanned()
    {
        using PolicyWorld world = new(limit: 100);
        Assert.Equal(0u, world.Group.Reclaim.ShrinkOnce(0, 10));
        Assert.Equal((0, 0L), (world.Record.Questions, world.Base.Engine.Reclaimed.Scanned));
    }

    /// <summary>
    /// A huge page whose pages stay locked although their area is not (MREMAP_DONTUNMAP of another part) is not split: nothing of it could
    /// go.
    /// </summary>
    [Fact]
    public void AHugePageThatStaysLockedIsNotSplit()
    {
        using HugeWorld world = new(ramMiB: 16);
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        World.Succeeds(world.Memory.Lock(HugeWorld.At(0), 2 * LineBytes, LockFlags.None));
        World.Succeeds(world.Memory.Remap(HugeWorld.At(512), LineBytes, LineBytes,
            RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap, HugeWorld.At(4096), out _));
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(4096), LineBytes));
        for (int page = 512; page < 1024; page++) world.ExpectZero(page);
        Assert.Equal(512u, world.Engine.Frames.CountOf(FrameState.Anonymous).Value);
        long before = world.Engine.Reclaimed.Activated;
        Assert.Equal(0u, world.Engine.Parts.Reclaim.Reclaimer.Free(512));
        Assert.Equal((1, 0L), (world.CountHugeLines(1), world.Huge.PagesSplit));
        Assert.True(world.Engine.Reclaimed.Activated >= before + 512);
        Assert.Equal(0L, world.Engine.Reclaimed.SwapWrites);
        world.Verify();
    }

    /// <summary>One huge page is more than the 32 frames that are needed, so the others stay.</summary>
    [Fact]
    public void NoMoreHugePagesGoThanAreNeeded()
    {
        using HugeWorld world = new(limited: new() { Name = "g", CountsTables = false });
        world.MapLines(0, 3);
        world.FillLines(0, 3);
        Assert.Equal(512u, world.Group!.Reclaim.Free(32));
        Assert.Equal((1024u, 1L, 512L), (world.Group.Usage.Value, world.Huge.PagesSplit, world.Engine.Reclaimed.SwapWrites));
        Assert.Equal(512u, world.Engine.Parts.Reclaim.Reclaimer.Free(32));
        Assert.Equal((512u, 2L), (world.Group.Usage.Value, world.Huge.PagesSplit));
        world.Verify();
    }

    /// <summary>Without a free slot no huge page is split; with the first free slot one is.</summary>
    [Fact]
    public void AHugePageIsNotSplitForAFullDevice()
    {
        using HugeWorld world = new(ramMiB: 16, swapMiB: 1);
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        world.MapLines(1, 1, isAdvised: false);
        for (int page = 512; page < 512 + 256; page++) world.Write(page, (uint)page);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(512), 256 << 12, MemoryAdvice.PageOut));
        Assert.Equal(256, world.Memory.Space.Statistics.Swapped);
        Assert.Equal(0u, world.Engine.Parts.Reclaim.Reclaimer.Free(32));
        Assert.Equal((1, 0L), (world.CountHugeLines(1), world.Huge.PagesSplit));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(512), 4096, MemoryAdvice.DontNeed));
        world.ExpectZero(512);
        Assert.Equal(1u, world.Engine.Parts.Reclaim.Reclaimer.Free(32));
        Assert.Equal((0, 1L, 1L), (world.CountHugeLines(1), world.Huge.PagesSplit, world.Huge.SwapOutsSplit));
        world.Audit();
    }

    /// <summary>
    /// A pass meets a used huge page, which stays, and meets it again: it is split once, and its pages go without another look at the list.
    /// </summary>
    [Fact]
    public void AHugePageThatIsNotUsedAgainIsSplitAndGoes()
    {
        using HugeWorld world = new(ramMiB: 16);
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        uint free = world.Engine.Memory.Free.Value;
        Assert.Equal(512u, world.Engine.Groups.All[0].Reclaim.ShrinkOnce(0, 32));
        Assert.Equal((1L, 1L, 512L, 512L), (world.Huge.PagesSplit, world.Huge.SwapOutsSplit, world.Engine.Reclaimed.SwapWrites,
            world.Engine.Reclaimed.Reclaimed));
        Assert.Equal(1024L, world.Engine.Reclaimed.Scanned);
        Assert.Equal(free + 512, world.Engine.Memory.Free.Value);
        world.Verify();
    }
}
