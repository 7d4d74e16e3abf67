using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>brk as the raw system call, which returns the current break. In pictures the heap may begin at column 2.</summary>
public sealed class BreakTests
{
    [Theory]
    [InlineData("brk 2 | read ........", "..Ww....")]
    [InlineData("brk 2 | brk 4 | read ........", "..Wwww..")]
    [InlineData("brk 2 | touch ..t..... | brk 4", "..Wwww..")]
    [InlineData("brk 4 | brk 1 | read ........", "..W.....")]
    [InlineData("brk 4 | brk 0 | read ........", "........")]
    [InlineData("map Ww...... | brk 2", "WwWw....")]                         // the first area of a heap joins nothing
    [InlineData("map ....Ww.. | brk 1", "..W.Ww..")]
    [InlineData("map ....Ww.. | brk 2 !ENOMEM", "....Ww..")]                 // a page stays free below the next area
    [InlineData("map ....Ww.. | brk 1 | brk 2 !ENOMEM", "..W.Ww..")]
    [InlineData("brk 2 | map ....Ww..", "..Wwww..")]                         // others may join the heap,
    [InlineData("brk 2 | map ....Ww.. | brk 1", "..W.Ww..")]
    [InlineData("brk 4 | map ...Rr... | brk 1", "..W.....")]                 // and shrinking unmaps any area in the way
    [InlineData("brk 4 | unmap ..xxxx.. | brk 1 !ENOMEM", "........")]       // but not nothing at all
    [InlineData("brk 4 | unmap ...xxx.. | brk 6", "..W...Ww")]               // not an area that ends at the old break
    [InlineData("brk 2 | limit-data 3 | brk 4 !ENOMEM | read ........", "..Ww....")]
    [InlineData("brk 2 | limit-as 3 | brk 4 !ENOMEM | read ........", "..Ww....")]
    [InlineData("brk 2 | lock ..xx.... | brk 4", "..LlWw..")]
    public void TheHeapGrowsAndShrinks(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Fact]
    public void ABreakWithinAPageMovesNoArea()
    {
        using World world = new(process: new ProcessOptions { StartBreak = World.At(0) });
        Assert.Equal(World.At(0, 1), world.Memory.SetBreak(World.At(0, 1)));
        Assert.Equal("0-1 rw-p", World.AreasOf(world.First));
        Assert.Equal(World.At(0, 4000), world.Memory.SetBreak(World.At(0, 4000)));
        Assert.Equal(World.At(1), world.Memory.SetBreak(World.At(1)));
        Assert.Equal("0-1 rw-p", World.AreasOf(world.First));
        Assert.Equal(World.At(1), world.Memory.SetBreak(VirtualAddress.Zero));    // asks
        Assert.Equal(World.At(1), world.Memory.Break);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheBreakDoesNotGoBelowItsStart()
    {
        using World world = new(process: new ProcessOptions { StartBreak = World.At(4) });
        Assert.Equal(World.At(5), world.Memory.SetBreak(World.At(5)));
        Assert.Equal(World.At(5), world.Memory.SetBreak(World.At(3)));
        Assert.Equal(World.At(5), world.Memory.SetBreak(new(0xFFFF_FFFF)));
        Assert.Equal("4-5 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    /// <summary>RLIMIT_DATA holds the heap and the program's data, in bytes. Linux: check_data_rlimit.</summary>
    [Fact]
    public void TheProgramsDataCountsAgainstTheLimit()
    {
        using World world = new(process: new ProcessOptions { StartBreak = World.At(0) });
        world.Memory.Space.Layout.Image = new(default, default, World.At(-9), World.At(-9, 388), default, default, default, default);
        Assert.Equal(World.At(0, 1), world.Memory.SetBreak(World.At(0, 1)));
        world.Memory.SetLimit(ResourceLimit.Data, 4096);
        Assert.Equal(World.At(0, 4096 - 388), world.Memory.SetBreak(World.At(0, 4096 - 388)));
        Assert.Equal(World.At(0, 4096 - 388), world.Memory.SetBreak(World.At(0, 4096 - 387)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AGrowingAreaAboveKeepsItsGuardGapFromTheBreak()
    {
        using World world = new(process: new ProcessOptions { StartBreak = World.At(0) });
        world.Map(300, 2, more: MapFlags.GrowsDown);
        Assert.Equal(World.At(43), world.Memory.SetBreak(World.At(43)));     // 300 − 256 − 1
        Assert.Equal(World.At(43), world.Memory.SetBreak(World.At(44)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockingTheFutureFillsTheHeap()
    {
        using World world = new(process: new ProcessOptions { StartBreak = World.At(0) });
        World.Succeeds(world.Memory.LockAll(LockAllFlags.Future));
        Assert.Equal(World.At(3), world.Memory.SetBreak(World.At(3)));
        Assert.True(world.Memory.HasOwnPage(World.At(2).Page));
        Assert.Equal(new PageCount(3), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }
}
