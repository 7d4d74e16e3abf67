using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>After fork the first write to a page copies it, the last process that writes copies nothing, and each sees its own.</summary>
public sealed class CopyOnWriteTests
{
    private static FrameNumber FrameOf(UserProcess process, int page) => process.Memory.Space.Tables.Read(World.At(page).Page).Frame;

    private static byte Peek(UserProcess process, int page) => process.Memory.Mmu.Read<byte>(World.At(page));

    private static void Touch(UserProcess process, int page, byte value) => process.Memory.Mmu.Write(World.At(page), value);

    [Fact]
    public void ForkCopiesNoPageAndTakesTheRightToWriteFromBothSides()
    {
        using World world = new();
        world.Map(0, 3);
        world.Touch(0, 7);
        Balance before = Balance.Of(world.Engine);
        UserProcess child = world.First.Fork();
        Balance after = Balance.Of(world.Engine);
        Assert.Equal((before.Anonymous, before.PageTables + 2), (after.Anonymous, after.PageTables));    // a directory and a table
        foreach (UserProcess process in new[] { world.First, child })
        {
            PageTableEntry entry = process.Memory.Space.Tables.Read(World.At(0).Page);
            Assert.True(entry is { IsPresent: true, IsWritable: false });
            Assert.False(EntryWords.IsExclusive(entry));
        }

        Assert.Equal(FrameOf(world.First, 0), FrameOf(child, 0));
        ref FrameDescriptor shared = ref world.Machine.Frames[FrameOf(child, 0)];
        Assert.Equal((2u, 2u), (shared.MapCount, shared.ReferenceCount));
        Assert.Equal("", FaultStory.Of(child, () => Assert.Equal(7, Peek(child, 0))));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheFirstToWriteCopiesAndTheLastReusesThePage()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 7);
        FrameNumber original = FrameOf(world.First, 0);
        UserProcess child = world.First.Fork();
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(child, () => Touch(child, 0, 8)));
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(world.First, () => world.Touch(0, 9)));
        Assert.Equal(original, FrameOf(world.First, 0));
        Assert.NotEqual(original, FrameOf(child, 0));
        Assert.Equal((9, 8), (world.Peek(0), Peek(child, 0)));
        Assert.Equal("", FaultStory.Of(world.First, () => world.Touch(0, 10)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WhenTheChildIsGoneTheParentCopiesNothing()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 7);
        world.First.Fork().Dispose();
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(world.First, () => world.Touch(0, 8)));
        Assert.True(EntryWords.IsExclusive(world.Memory.Space.Tables.Read(World.At(0).Page)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WhenTheParentIsGoneTheChildCopiesNothing()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 7);
        UserProcess child = world.First.Fork();
        world.First.Exit();
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(child, () => Touch(child, 0, 8)));
        Assert.Equal(8, Peek(child, 0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void GrandchildrenShareThePageUntilAllButOneHaveWritten()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 1);
        UserProcess child = world.First.Fork();
        UserProcess grandchild = child.Fork();
        UserProcess great = grandchild.Fork();
        Assert.Equal(4u, world.Machine.Frames[FrameOf(great, 0)].MapCount);
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(child, () => Touch(child, 0, 2)));
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(world.First, () => world.Touch(0, 3)));
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(great, () => Touch(great, 0, 4)));
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(grandchild, () => Touch(grandchild, 0, 5)));
        Assert.Equal((3, 2, 5, 4), (world.Peek(0), Peek(child, 0), Peek(grandchild, 0), Peek(great, 0)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ASecondForkSharesThePagesOfTheFirst()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(0, 1);
        world.Touch(1, 2);
        UserProcess first = world.First.Fork();
        world.Touch(1, 3);
        UserProcess second = world.First.Fork();
        Assert.Equal((3u, 2u), (world.Machine.Frames[FrameOf(second, 0)].MapCount, world.Machine.Frames[FrameOf(second, 1)].MapCount));
        Assert.Equal((2, 3), (Peek(first, 1), Peek(second, 1)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void EachPageAndProcessFaultsOnceAfterFork()
    {
        using World world = new();
        world.Map(0, 10);
        for (int page = 0; page < 10; page++) world.Touch(page, (byte)page);
        UserProcess child = world.First.Fork();
        string Rewrite(UserProcess process, byte value) => FaultStory.Of(process, () =>
        {
            for (int round = 0; round < 3; round++)
                for (int page = 0; page < 10; page++) Touch(process, page, value);
        });
        Assert.Equal("Minor 10, Copied 10", Rewrite(world.First, 50));
        Assert.Equal("Minor 10, Reused 10", Rewrite(child, 60));
        Assert.Equal((50, 60), (world.Peek(9), Peek(child, 9)));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(true, "")]                          // an area with a history takes its zero pages over
    [InlineData(false, "Minor 1, ZeroPage 1")]      // without one the child begins anew
    public void PagesOnlyReadAreTakenOverWhereTheAreaHasAHistory(bool hasHistory, string story)
    {
        using World world = new();
        world.Map(0, 2);
        if (hasHistory) world.Touch(1);
        world.Peek(0);
        UserProcess child = world.First.Fork();
        Assert.Equal(story, FaultStory.Of(child, () => Assert.Equal(0, Peek(child, 0))));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AForkThatFailsHalfWayLeavesTheParentItsPagesWithoutACopy()
    {
        using World world = new(1);
        world.Map(0, 2048);    // two tables
        world.Touch(0, 7);
        world.Touch(1024, 7);
        for (int page = 1; world.Machine.Allocator.FreeFrames.Value > 2; page++) world.Touch(page);
        Assert.Equal(Errno.ENOMEM, world.First.Fork(out UserProcess? child));    // a directory and the first table
        Assert.Null(child);
        Assert.Equal(1, world.Engine.ProcessCount);
        Assert.Throws<NoMemoryException>(world.First.Fork);
        Assert.Equal(2u, world.Machine.Allocator.FreeFrames.Value);
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(world.First, () => world.Touch(0, 8)));
        Assert.Equal("", FaultStory.Of(world.First, () => world.Touch(1024, 8)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void CopyingWithoutAFrameIsRefusedAndThePageStaysShared()
    {
        using World world = new(1);
        world.Map(0, 1000);
        world.Touch(0, 7);
        UserProcess child = world.First.Fork();
        for (int page = 1; world.Machine.Allocator.FreeFrames.Value > 0; page++) world.Touch(page);
        child.Memory.Mmu.TryWrite(World.At(0), (byte)8, out MemoryFault fault);
        Assert.Equal(new(MemoryFaultKind.OutOfMemory, World.At(0)), fault);
        Assert.Equal((7, 7), (world.Peek(0), Peek(child, 0)));
        world.AssertNothingIsLeft();
    }
}
