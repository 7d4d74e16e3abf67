using Xunit;

namespace Paging.Core.Tests;

/// <summary>munmap of the first or the last pages of one area, which cuts them off without a record for a new area.</summary>
public sealed class EdgeCutTests
{
    [Theory]
    [InlineData(0, 3)]    // the first pages
    [InlineData(5, 3)]    // the last ones
    public void ACutTakesNoRecordAndTheAreaStaysTheSame(int page, int count)
    {
        using World world = new();
        world.Map(0, 8);
        for (int i = 0; i < 8; i++) world.Touch(i, (byte)(i + 1));
        AreaSnapshotOf(world, out uint records, out long resident);
        World.Succeeds(world.Memory.Unmap(World.At(page), World.Bytes(count)));
        AreaSnapshotOf(world, out uint recordsAfter, out long residentAfter);
        Assert.Equal((records, resident - count), (recordsAfter, residentAfter));
        Assert.Equal(page == 0 ? "3-8 rw-p" : "0-5 rw-p", World.AreasOf(world.First));
        for (int i = page == 0 ? 3 : 0; i < (page == 0 ? 8 : 5); i++) Assert.Equal(i + 1, world.Peek(i));
        Assert.False(world.Mmu.TryRead(World.At(page), out byte _, out _));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheRestOfAFileShowsTheSamePages()
    {
        using World world = new();
        world.MapFile(world.OpenFile("f", 6), page: 0, pageCount: 6);
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(2)));
        World.Succeeds(world.Memory.Unmap(World.At(5), World.Bytes(1)));
        for (int page = 2; page < 5; page++) Assert.Equal(0x10 + page, world.Peek(page));
        Assert.Equal("2-5 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockedAndCommittedPagesGoWithTheCut()
    {
        using World world = new(World.Options() with { Overcommit = OvercommitMode.Never });
        world.Map(0, 8);
        World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(8)));
        World.Succeeds(world.Memory.Unmap(World.At(6), World.Bytes(2)));
        Assert.Equal(6, world.Memory.Space.Statistics.Locked);
        Assert.Equal(6, world.Memory.Space.Statistics.Total);
        Assert.Equal(6, world.Machine.Commitment.Committed);
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(5, 3)]
    public void ASnapshotBringsBackPagesThatWereCutOff(int page, int count)
    {
        using World world = new();
        world.Map(0, 8);
        for (int i = 0; i < 8; i++) world.Touch(i, (byte)(i + 1));
        using (Snapshot snapshot = world.First.TakeSnapshot())
        {
            World.Succeeds(world.Memory.Unmap(World.At(page), World.Bytes(count)));
            world.Verify();
            World.Succeeds(snapshot.Restore());
            Assert.Equal("0-8 rw-p", World.AreasOf(world.First));
            for (int i = 0; i < 8; i++) Assert.Equal(i + 1, world.Peek(i));
            world.Verify();
        }

        world.AssertNothingIsLeft();
    }

    private static void AreaSnapshotOf(World world, out uint records, out long resident)
    {
        records = world.Machine.Areas.Slab.LiveCount;
        resident = world.Memory.Space.Statistics.ResidentAnonymous;
    }
}
