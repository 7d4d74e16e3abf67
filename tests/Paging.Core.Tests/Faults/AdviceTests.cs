using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>madvise: the pages that it discards, those that a child inherits, its errors, and its progress before an error.</summary>
public sealed class AdviceTests
{
    private static Errno Advise(World world, int page, int count, MemoryAdvice advice) =>
        world.Memory.Advise(World.At(page), World.Bytes(count), advice);

    [Theory]
    [InlineData(MemoryAdvice.DontNeed)]
    [InlineData(MemoryAdvice.DontNeedLocked)]
    public void DiscardedPagesAreZeroAtTheNextTouch(MemoryAdvice advice)
    {
        using World world = new();
        world.Map(0, 3);
        for (int page = 0; page < 3; page++) world.Touch(page, 9);
        World.Succeeds(Advise(world, 1, 1, advice));
        Assert.Equal(new PageCount(2), world.Memory.Usage.Resident);
        Assert.Equal("Minor 1, Anonymous 1", FaultStory.Of(world.First, () => world.Mmu.Write(World.At(1, 8), (byte)4)));
        Assert.Equal((9, 0, 9), (world.Peek(0), world.Peek(1), world.Peek(2)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void EveryAdviceThatHasANameIsKnownAndNoOther()
    {
        using World world = new();
        for (int number = -1; number < 256; number++)
            Assert.Equal((number, Enum.IsDefined((MemoryAdvice)number) ? Errno.None : Errno.EINVAL),
                (number, world.Memory.Advise(World.At(0), 0, (MemoryAdvice)number)));
    }

    [Fact]
    public void APageFreedLazilyStaysCleanAndExclusiveUntilItIsWrittenAgain()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(0, 9);
        World.Succeeds(Advise(world, 0, 2, MemoryAdvice.Free));
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(0).Page);
        Assert.True(entry is { IsPresent: true, IsWritable: true, IsDirty: false, IsAccessed: false });
        Assert.Equal("", FaultStory.Of(world.First, () => world.Touch(0, 8)));    // the processor notes the write by itself
        Assert.True(world.Memory.Space.Tables.Read(World.At(0).Page) is { IsDirty: true, IsAccessed: true });
        Assert.Equal(PageCount.One, world.Memory.Usage.Resident);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesThatAChildDiscardsStayTheParents()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 9);
        UserProcess child = world.First.Fork();
        World.Succeeds(child.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        Assert.Equal((9, 0), (world.Peek(0), child.Memory.Mmu.Read<byte>(World.At(0))));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(MemoryAdvice.DontNeed)]
    [InlineData(MemoryAdvice.Free)]
    [InlineData(MemoryAdvice.Cold)]
    [InlineData(MemoryAdvice.PageOut)]
    public void ADiscardStopsAtLockedMemory(MemoryAdvice advice)
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(1, 1, more: MapFlags.Locked);
        world.Touch(0, 9);
        Assert.Equal(Errno.EINVAL, Advise(world, 0, 2, advice));
        Assert.Equal(advice == MemoryAdvice.DontNeed ? 0 : 9, world.Peek(0));
        Assert.True(world.Memory.HasOwnPage(World.At(1).Page));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockedPagesAreDiscardedWhereThatIsAskedFor()
    {
        using World world = new();
        world.Map(0, 1, more: MapFlags.Locked);
        world.Touch(0, 9);
        World.Succeeds(Advise(world, 0, 1, MemoryAdvice.DontNeedLocked));
        Assert.Equal(0, world.Peek(0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AHoleMakesTheResultEnomemAfterTheRestIsDone()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(2, 1);
        world.Touch(0, 9);
        world.Touch(2, 9);
        Assert.Equal(Errno.ENOMEM, Advise(world, 0, 4, MemoryAdvice.DontNeed));
        Assert.Equal((0, 0), (world.Peek(0), world.Peek(2)));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData((MemoryAdvice)5, Errno.EINVAL)]
    [InlineData((MemoryAdvice)(-1), Errno.EINVAL)]
    [InlineData((MemoryAdvice)101, Errno.EINVAL)]
    [InlineData((MemoryAdvice)104, Errno.EINVAL)]
    [InlineData(MemoryAdvice.GuardInstall, Errno.None)]
    [InlineData(MemoryAdvice.GuardRemove, Errno.None)]
    [InlineData(MemoryAdvice.Mergeable, Errno.None)]
    [InlineData(MemoryAdvice.HugePage, Errno.None)]
    [InlineData(MemoryAdvice.Remove, Errno.EINVAL)]          // private anonymous memory has no object
    [InlineData(MemoryAdvice.WillNeed, Errno.None)]
    public void AdviceIsKnownOrRefused(MemoryAdvice advice, Errno expected)
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal(expected, Advise(world, 0, 1, advice));
        Assert.Equal(Enum.IsDefined(advice) ? Errno.None : Errno.EINVAL, Advise(world, 0, 0, advice));
        Assert.Equal(Errno.EINVAL, world.Memory.Advise(World.At(0, 1), 4096, advice));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AChildLacksDontForkMemoryAndGetsWipeOnForkMemoryEmpty()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(2, 1);
        world.Map(4, 1);
        foreach (int page in new[] { 0, 2, 4 }) world.Touch(page, 9);
        World.Succeeds(Advise(world, 0, 1, MemoryAdvice.DontFork));
        World.Succeeds(Advise(world, 2, 1, MemoryAdvice.WipeOnFork));
        UserProcess child = world.First.Fork();
        Assert.Equal("2-3 rw-p, 4-5 rw-p", World.AreasOf(child));
        Assert.Equal((0, 9), (child.Memory.Mmu.Read<byte>(World.At(2)), child.Memory.Mmu.Read<byte>(World.At(4))));
        Assert.Equal((9, 9), (world.Peek(0), world.Peek(2)));
        child.Memory.Mmu.Write(World.At(2), (byte)7);
        UserProcess grandchild = child.Fork();
        Assert.Equal(0, grandchild.Memory.Mmu.Read<byte>(World.At(2)));    // it stays marked
        Assert.Equal(new PageCount(2), child.Memory.Usage.Total);
        world.AssertNothingIsLeft();
    }
}
