using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>One tick of background work: old pages are written, then frames freed, then huge pages made, then frames zeroed.</summary>
/// <remarks>Each has what the budget has left. Five ticks are a page's 30 seconds in Linux: dirty_expire_centisecs.</remarks>
public sealed class BackgroundTickTests
{
    private const int Dirty = 7, TicksUntilOld = 5;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(6, 6)]
    [InlineData(7, 7)]
    [InlineData(10, 10)]
    [InlineData(27, 27)]
    [InlineData(28, 27)]
    public void FramesAreZeroedWithTheBudgetThatWritingHasLeft(int budget, int expected)
    {
        using World world = new(World.Options() with { ZeroedFrames = 20 });
        GuestFile file = DirtyFile(world.Engine);
        for (int tick = 0; tick < TicksUntilOld; tick++) world.Engine.RunBackground(0);
        Assert.Equal(expected, world.Engine.RunBackground(budget));
        Assert.Equal(Math.Max(0, Dirty - budget), (int)file.DirtyPages.Value);
        world.Verify();
        file.Dispose();
    }

    [Theory]
    [InlineData(7, 0)]
    [InlineData(9, 2)]
    public void FramesAreFreedWithTheBudgetThatWritingHasLeft(int budget, int freed)
    {
        using World world = new(2);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        GuestFile file = DirtyFile(world.Engine);
        for (int tick = 0; tick < TicksUntilOld; tick++) world.Engine.RunBackground(0);
        world.Map(0, 600);
        for (int page = 0; world.Engine.Memory.Free.Value >= world.Engine.Frames.Watermarks.Low.Value; page++) world.Touch(page);
        FrameCount before = world.Engine.Memory.Free;
        Assert.Equal(Dirty + freed, world.Engine.RunBackground(budget));
        Assert.Equal((uint)freed, world.Engine.Memory.Free.Value - before.Value);
        Assert.Equal(0u, file.DirtyPages.Value);
        world.Verify();
        file.Dispose();
    }

    /// <summary>A huge page is 512 of the budget, or it waits for the next tick.</summary>
    [Theory]
    [InlineData(512 + Dirty - 1, Dirty)]
    [InlineData(512 + Dirty, 512 + Dirty)]
    public void HugePagesAreMadeWithTheBudgetThatWritingHasLeft(int budget, int expected)
    {
        using HugeWorld world = new();
        GuestFile file = DirtyFile(world.Engine);
        for (int tick = 0; tick < TicksUntilOld; tick++) world.Engine.RunBackground(0);
        world.MapLines(0, 1, isAdvised: false);
        for (int page = 0; page < world.PagesEach; page++) world.Write(page, (uint)page + 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (uint)world.PagesEach << 12, MemoryAdvice.HugePage));
        Assert.Equal(expected, world.Engine.RunBackground(budget));
        Assert.Equal(expected > 512 ? 1 : 0, world.CountHugeLines(1));
        world.Verify();
        file.Dispose();
    }

    private static GuestFile DirtyFile(PagingEngine engine)
    {
        GuestFile file = engine.Files.CreateFile("disk", new ByteBacking(Dirty * 4096));
        World.Succeeds(file.Write(0, new byte[Dirty * 4096], out _));
        Assert.Equal((uint)Dirty, file.DirtyPages.Value);
        return file;
    }
}
