using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Collections;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Where write-back goes on after its budget is used up, and how far a writer that is too fast writes.</summary>
/// <remarks>Linux: mm/page-writeback.c, writeback_index of a range_cyclic pass; balance_dirty_pages.</remarks>
public class WritebackOrderTests
{
    [Fact]
    public void APassGoesOnWhereTheLastBudgetEndedAndDoesNotBeginAnew()
    {
        using World world = new();
        GuestFile file = world.CreateBacked(new(10 * 4096));
        World.Succeeds(file.Write(0, new byte[10 * 4096], out _));
        Assert.Equal((4u, false), Write(world, 4));
        World.Succeeds(file.Write(0, new byte[4096], out _));    // dirty again, after the pass
        Assert.Equal("D...DDDDDD", Picture(world));
        Assert.Equal((1u, false), Write(world, 1));
        Assert.Equal("D....DDDDD", Picture(world));
        Assert.Equal((5u, true), Write(world, 100));              // to the end, where the pass is over
        Assert.Equal("D.........", Picture(world));
        Assert.Equal(1u, Write(world, 100).Written);              // the next pass
        Assert.Equal("..........", Picture(world));
        world.Verify();
    }

    /// <summary>The file that was dirtied first has one page only: the next one's go out as well.</summary>
    [Fact]
    public void AFastWriterWritesDownToTheEaseLimitAcrossFiles()
    {
        using World world = new();
        GuestFile small = world.CreateBacked(new(4096)), large = world.CreateBacked(new(300 * 4096));
        World.Succeeds(small.Write(0, new byte[4096], out _));
        uint hard = world.Engine.Parts.Files.Dirty.HardLimit, ease = world.Engine.Parts.Files.Dirty.EaseLimit;
        World.Succeeds(large.Write(0, new byte[hard * 4096], out _));
        World.Succeeds(large.Write(hard * 4096, new byte[4096], out _));
        Assert.InRange(world.Engine.Files.DirtyPages.Value, 1u, ease + 1);
    }

    /// <summary>
    /// At the hard limit no call writes; one page more, and the caller writes down to the ease limit. A store to a mapping checks first,
    /// write(2) afterwards. Linux: balance_dirty_pages, after which fault_dirty_shared_page does not check again.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheLimitsHoldToThePage(bool isMapped)
    {
        using World world = new();
        const int pages = 300;
        GuestFile file = world.CreateBacked(new(pages * 4096));
        world.MapFile(world.Open(file), 0, pages, type: MapFlags.Shared);
        DirtyFiles limits = world.Engine.Parts.Files.Dirty;
        int ram = (int)world.Engine.Ram.FrameCount.Value;
        Assert.Equal((ram * 10 / 100, ram * 20 / 100), ((int)limits.BackgroundLimit, (int)limits.HardLimit));
        Assert.Equal((limits.BackgroundLimit + limits.HardLimit) / 2, limits.EaseLimit);
        if (isMapped)
            for (int page = 0; page < pages; page++) world.Peek(page);
        uint expected = 0;
        for (int page = 0; page < pages; page++)
        {
            if (isMapped && expected > limits.HardLimit) expected = limits.EaseLimit;
            Dirty(page);
            expected++;
            if (!isMapped && expected > limits.HardLimit) expected = limits.EaseLimit;
            Assert.Equal(expected, world.Engine.Files.DirtyPages.Value);
        }

        FaultCounters faults = world.Memory.Faults;
        for (int page = 0; page < pages; page++) Assert.Equal(isMapped ? 0x77 : 0x78, world.Peek(page));
        if (isMapped) Assert.Equal(faults, world.Memory.Faults);
        world.Verify();

        void Dirty(int page)
        {
            if (isMapped) world.Touch(page, 0x77);
            else World.Succeeds(file.Write(page * 4096L, [0x78], out _));
        }
    }

    /// <summary>Background work writes what is above the background limit, and all of a file that is as old as the limit.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void BackgroundWorkWritesExcessAndOldPages(int expireTicks)
    {
        using World world = new(World.Options() with { DirtyExpireTicks = expireTicks });
        BackgroundWriteback background = world.Engine.Parts.Files.Background;
        uint limit = world.Engine.Parts.Files.Dirty.BackgroundLimit;
        GuestFile file = world.CreateBacked(new(300 * 4096));
        World.Succeeds(file.Write(0, new byte[limit * 4096], out _));
        for (int tick = 1; tick < expireTicks; tick++) Assert.Equal(0u, background.Run(1000));
        World.Succeeds(file.Write(limit * 4096, new byte[5 * 4096], out _));
        if (expireTicks > 1) Assert.Equal(limit + 5, world.Engine.Files.DirtyPages.Value);
        Assert.Equal(limit + 5, background.Run(1000));    // it was dirtied first so many ticks ago
        Assert.Equal(0u, world.Engine.Files.DirtyPages.Value);
        World.Succeeds(file.Write(0, new byte[(limit + 7) * 4096], out _));
        if (expireTicks == 1) return;
        Assert.Equal(4u, background.Run(4));
        Assert.Equal(3u, background.Run(1000));    // down to the limit
        Assert.Equal(limit, world.Engine.Files.DirtyPages.Value);
    }

    /// <summary>Each file has one dirty page, so the writer has to continue with other files.</summary>
    [Fact]
    public void AWriterThatIsTooFastWritesFileAfterFile()
    {
        using World world = new();
        uint hard = world.Engine.Parts.Files.Dirty.HardLimit, ease = world.Engine.Parts.Files.Dirty.EaseLimit;
        Assert.True(ease + 2 < hard);
        for (uint file = 0; file < hard + 2; file++) World.Succeeds(world.CreateBacked(new(4096)).Write(0, new byte[4096], out _));
        Assert.InRange(world.Engine.Files.DirtyPages.Value, 1u, ease + 1);
    }

    /// <summary>Two old files of three pages each: a budget of four pages ends in the second one.</summary>
    [Fact]
    public void ATickOfBackgroundWorkKeepsToItsBudgetOverAllFiles()
    {
        using World world = new(World.Options() with { DirtyExpireTicks = 1 });
        for (int file = 0; file < 2; file++) World.Succeeds(world.CreateBacked(new(3 * 4096)).Write(0, new byte[3 * 4096], out _));
        Assert.Equal(4u, world.Engine.Parts.Files.Background.Run(4));
        Assert.Equal(2u, world.Engine.Files.DirtyPages.Value);
        Assert.Equal(2u, world.Engine.Parts.Files.Background.Run(4));
        Assert.Equal(0u, world.Engine.Parts.Files.Background.Run(4));
    }

    /// <summary>After a write the device's cache is flushed once, and not again without another write.</summary>
    [Fact]
    public void DurableBytesAreNotFlushedAgain()
    {
        using World world = new();
        ByteBacking backing = new(4096);
        GuestFile file = world.CreateBacked(backing);
        World.Succeeds(file.Write(0, new byte[100], out _));
        world.Engine.Files.SynchronizeAll();
        Assert.Equal((1, 1), (backing.WriteCount, backing.FlushCount));
        world.Engine.Files.SynchronizeAll();
        Assert.Equal((1, 1), (backing.WriteCount, backing.FlushCount));
        World.Succeeds(file.Write(0, new byte[100], out _));
        world.Engine.Files.SynchronizeAll();
        Assert.Equal((2, 2), (backing.WriteCount, backing.FlushCount));
    }

    private static (uint Written, bool IsOver) Write(World world, uint budget)
    {
        uint written = world.Engine.Parts.Files.Writeback.WriteSome(Object(world), budget, out bool isOver);
        return (written, isOver);
    }

    private static string Picture(World world) => string.Concat(Enumerable.Range(0, 10).Select(page =>
        world.Engine.Parts.Files.Cache.HasTag(Object(world), new((uint)page), RadixTag.Dirty) ? 'D' : '.'));

    private static FileObject Object(World world) =>
        world.Engine.Parts.Files.OpenFiles.Objects.Single(static file => !file.IsMemory);
}
