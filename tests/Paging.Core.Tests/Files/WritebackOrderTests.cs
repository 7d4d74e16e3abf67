using Paging.Core.Files;
using Paging.Native;
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
        World.Succeeds(file.Write(0, new byte[4096], out _));    // dirty again, behind the pass
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
    public void AWriterThatIsTooFastWritesDownToTheEaseLimitWhateverTheFiles()
    {
        using World world = new();
        GuestFile small = world.CreateBacked(new(4096)), large = world.CreateBacked(new(300 * 4096));
        World.Succeeds(small.Write(0, new byte[4096], out _));
        uint hard = world.Engine.Parts.Files.Dirty.HardLimit, ease = world.Engine.Parts.Files.Dirty.EaseLimit;
        World.Succeeds(large.Write(0, new byte[hard * 4096], out _));
        World.Succeeds(large.Write(hard * 4096, new byte[4096], out _));
        Assert.InRange(world.Engine.DirtyPages.Value, 1u, ease + 1);
    }

    /// <summary>One page a file: a file's pages alone are not enough.</summary>
    [Fact]
    public void AWriterThatIsTooFastWritesFileAfterFile()
    {
        using World world = new();
        uint hard = world.Engine.Parts.Files.Dirty.HardLimit, ease = world.Engine.Parts.Files.Dirty.EaseLimit;
        Assert.True(ease + 2 < hard);
        for (uint file = 0; file < hard + 2; file++) World.Succeeds(world.CreateBacked(new(4096)).Write(0, new byte[4096], out _));
        Assert.InRange(world.Engine.DirtyPages.Value, 1u, ease + 1);
    }

    /// <summary>Two old files of three pages each: a budget of four pages ends in the second one.</summary>
    [Fact]
    public void ATurnOfBackgroundWorkKeepsToItsBudgetOverAllFiles()
    {
        using World world = new(World.Options() with { DirtyExpireTurns = 1 });
        for (int file = 0; file < 2; file++) World.Succeeds(world.CreateBacked(new(3 * 4096)).Write(0, new byte[3 * 4096], out _));
        Assert.Equal(4u, world.Engine.Parts.Files.Background.Run(4));
        Assert.Equal(2u, world.Engine.DirtyPages.Value);
        Assert.Equal(2u, world.Engine.Parts.Files.Background.Run(4));
        Assert.Equal(0u, world.Engine.Parts.Files.Background.Run(4));
    }

    /// <summary>A device's cache is flushed once for what was written, and not again for nothing.</summary>
    [Fact]
    public void WhatIsDurableIsNotFlushedAgain()
    {
        using World world = new();
        ByteBacking backing = new(4096);
        GuestFile file = world.CreateBacked(backing);
        World.Succeeds(file.Write(0, new byte[100], out _));
        world.Engine.SynchronizeAll();
        Assert.Equal((1, 1), (backing.WriteCount, backing.FlushCount));
        world.Engine.SynchronizeAll();
        Assert.Equal((1, 1), (backing.WriteCount, backing.FlushCount));
        World.Succeeds(file.Write(0, new byte[100], out _));
        world.Engine.SynchronizeAll();
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
