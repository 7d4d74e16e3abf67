using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Filling ahead of the program: MAP_POPULATE, locking, MADV_POPULATE_*. Linux: __mm_populate.</summary>
public sealed class PopulateTests
{
    private static string Own(World world, int pageCount) =>
        string.Concat(Enumerable.Range(0, pageCount).Select(page => world.Memory.HasOwnPage(World.At(page).Page) ? 'a' : '.'));

    private static string Core(World world, int pageCount)
    {
        byte[] result = new byte[pageCount];
        World.Succeeds(world.Memory.InCore(World.At(0), World.Bytes(pageCount), result));
        return string.Concat(result.Select(static there => there == 1 ? '1' : '0'));
    }

    [Theory]
    [InlineData(MapFlags.Populate, MemoryProtection.ReadWrite, "aaa", "111")]
    [InlineData(MapFlags.Populate, MemoryProtection.Read, "...", "111")]
    [InlineData(MapFlags.Populate, MemoryProtection.None, "...", "000")]
    [InlineData(MapFlags.Populate | MapFlags.NonBlock, MemoryProtection.ReadWrite, "...", "000")]
    [InlineData(MapFlags.Locked, MemoryProtection.ReadWrite, "aaa", "111")]
    [InlineData(MapFlags.Locked | MapFlags.NonBlock, MemoryProtection.ReadWrite, "aaa", "111")]
    [InlineData(MapFlags.Locked, MemoryProtection.None, "...", "000")]
    [InlineData(MapFlags.None, MemoryProtection.ReadWrite, "...", "000")]
    public void MapFlagsDecideWhetherMapFills(MapFlags flags, MemoryProtection protection, string own, string core)
    {
        using World world = new();
        world.Map(0, 3, protection, flags);
        Assert.Equal((own, core), (Own(world, 3), Core(world, 3)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void FillingCountsAsFaultsAndSparesThemLater()
    {
        using World world = new();
        Assert.Equal("Minor 5, Anonymous 5", FaultStory.Of(world.First, () => world.Map(0, 5, more: MapFlags.Populate)));
        Assert.Equal("", FaultStory.Of(world.First, () => world.Touch(4)));
    }

    [Theory]
    [InlineData(MemoryAdvice.PopulateRead, MemoryProtection.ReadWrite, Errno.None, "...", "111")]
    [InlineData(MemoryAdvice.PopulateWrite, MemoryProtection.ReadWrite, Errno.None, "aaa", "111")]
    [InlineData(MemoryAdvice.PopulateRead, MemoryProtection.Write, Errno.EINVAL, "...", "000")]
    [InlineData(MemoryAdvice.PopulateRead, MemoryProtection.Execute, Errno.EINVAL, "...", "000")]
    [InlineData(MemoryAdvice.PopulateWrite, MemoryProtection.Read, Errno.EINVAL, "...", "000")]
    public void PopulateAdviceAsksForItsRight(MemoryAdvice advice, MemoryProtection protection, Errno expected, string own, string core)
    {
        using World world = new();
        world.Map(0, 3, protection);
        Assert.Equal(expected, world.Memory.Advise(World.At(0), World.Bytes(3), advice));
        Assert.Equal((own, core), (Own(world, 3), Core(world, 3)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PopulateAdviceStopsAtTheFirstHole()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(2, 1);
        Assert.Equal(Errno.ENOMEM, world.Memory.Advise(World.At(0), World.Bytes(3), MemoryAdvice.PopulateWrite));
        Assert.Equal("a..", Own(world, 3));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void BeyondTheEndOfAFileNothingIsFilled()
    {
        using World world = new();
        int file = world.OpenFile("f", 2);
        world.MapFile(file, 0, 4);
        Assert.Equal(Errno.EFAULT, world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.PopulateWrite));
        Assert.Equal("aa..", Own(world, 4));
        Assert.Equal(Errno.ENOMEM, world.Memory.Lock(World.At(0), World.Bytes(4)));    // locks it all the same
        Assert.Equal(new PageCount(4), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockFillsPrivateWritableMemoryWithOwnPagesAndReadsTheRest()
    {
        using World world = new();
        world.Map(0, 2);
        world.Map(2, 1, MemoryProtection.Read);
        world.MapShared(3, 1);
        World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(4)));
        Assert.Equal(("aa..", "1111"), (Own(world, 4), Core(world, 4)));
        Assert.Equal(new PageCount(4), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockFailsAtMemoryWithoutRights()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(1, 1, MemoryProtection.None);
        world.Map(2, 1);
        Assert.Equal(Errno.ENOMEM, world.Memory.Lock(World.At(0), World.Bytes(3)));
        Assert.Equal("a..", Own(world, 3));
        Assert.Equal(new PageCount(3), world.Memory.Usage.Locked);
        World.Succeeds(world.Memory.UnlockAll());
        World.Succeeds(world.Memory.LockAll(LockAllFlags.Current));    // goes on with the next area
        Assert.Equal("a.a", Own(world, 3));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockOverAHoleLocksUpToItAndFillsNothing()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(2, 1);
        Assert.Equal(Errno.ENOMEM, world.Memory.Lock(World.At(0), World.Bytes(3)));
        Assert.Equal(("...", PageCount.One), (Own(world, 3), world.Memory.Usage.Locked));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockedOnFaultFillsNothingUntilAnOrdinaryLock()
    {
        using World world = new();
        world.Map(0, 2);
        World.Succeeds(world.Memory.Lock(World.At(0), 8192, LockFlags.OnFault));
        Assert.Equal(("..", new PageCount(2)), (Own(world, 2), world.Memory.Usage.Locked));
        world.Touch(1);
        Assert.Equal(".a", Own(world, 2));
        World.Succeeds(world.Memory.Lock(World.At(0), 8192));
        Assert.Equal(("aa", new PageCount(2)), (Own(world, 2), world.Memory.Usage.Locked));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(1)]      // inside an area
    [InlineData(0)]      // at its start
    public void LockingNothingDoesNothing(int page)
    {
        using World world = new();
        world.Map(0, 4, MemoryProtection.None);
        Assert.Equal(Errno.None, world.Memory.Lock(World.At(page), 0));
        Assert.Equal(Errno.None, world.Memory.Unlock(World.At(page), 0));
        Assert.Equal(PageCount.Zero, world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WithoutFramesMapSucceedsAndFillsLess()
    {
        using World world = new(1);
        world.Map(0, 1000, more: MapFlags.Populate);
        Assert.Equal(0u, world.Machine.Allocator.FreeFrames.Value);
        Assert.Equal(Errno.ENOMEM, world.Memory.Advise(World.At(0), World.Bytes(1000), MemoryAdvice.PopulateWrite));
        world.Memory.SetLimit(ResourceLimit.LockedMemory, ulong.MaxValue);
        Assert.Equal(Errno.EAGAIN, world.Memory.Lock(World.At(0), World.Bytes(1000)));    // mlock reports ENOMEM of the fill as EAGAIN
        world.AssertNothingIsLeft();
    }
}
