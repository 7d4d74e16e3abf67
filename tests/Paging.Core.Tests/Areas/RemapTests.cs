using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>mremap: growing, shrinking, moving, and the borders and pages afterwards. Linux: mm/mremap.c.</summary>
public sealed class RemapTests
{
    [Theory]
    [InlineData("map Ww...... | grow oogg....", "Wwww....")]
    [InlineData("map Ww..Ww.. | grow oogg....", "Wwwwww..")]                  // joins the area after
    [InlineData("map Ww..Rr.. | grow oogg....", "WwwwRr..")]
    [InlineData("map Ww..Rr.. | grow ooggg... !ENOMEM", "Ww..Rr..")]          // no room, may not move
    [InlineData("map WwRr.... | grow oogg.... !ENOMEM", "WwRr....")]
    [InlineData("map Wwww.... | grow oogggg.. !ENOMEM", "Wwww....")]          // the range does not end its area
    [InlineData("map Ww..Ww.. | touch t...t... | grow oogg....", "WwwwWw..")]    // histories differ
    [InlineData("map Mm...... | grow oogg....", "Mmmm....")]
    [InlineData("map Ss...... | grow oogg....", "Ssss....")]
    [InlineData("map Ww...... | limit-as 3 | grow oogg.... !ENOMEM", "Ww......")]
    [InlineData("map Ww...... | limit-data 3 | grow oogg.... !ENOMEM", "Ww......")]
    public void GrowthInPlaceNeedsThePagesBehind(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Wwww | shrink kkxx", "Ww..")]
    [InlineData("map WwRr | shrink kxxx", "W...")]                            // only the start must be mapped
    [InlineData("map Ww.R | shrink kxxx", "W...")]
    [InlineData("map .Www | shrink kxxx !EFAULT", ".Www")]
    public void AShrinkOnlyUnmapsTheTail(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Ww...... | move aa....AA", "......Ww")]
    [InlineData("map Ww..Ww.. | move aa....AA", "....Wwww")]                  // never written: the position is that of the new place
    [InlineData("map Ww..Ww.. | touch t....... | move aa....AA", "....WwWw")] // written: the position comes along and does not continue
    [InlineData("map Wwww.... | touch t....... | move ..aa..AA | move ..AA..aa", "Wwww....")]    // back home
    [InlineData("map Wwww.... | move .aa...AA", "W..W..Ww")]
    [InlineData("map Ww..RrXx | move aa...AA.", "....RWwX")]                  // unmaps the target first
    [InlineData("map Ww.Rr..... | move aaaaaAAAAA", ".....Ww.Rr")]            // several areas keep the holes between them
    [InlineData("map .Ww....... | move aaaaaAAAAA !EFAULT", ".Ww.......")]
    [InlineData("map Ss...... | move .a.....A", "S......S")]
    [InlineData("map Mmmm.... | move ..aa..AA", "Mm....Mm")]
    [InlineData("map Ww...... | move aaAAA...", "..Www...")]                  // moves and grows
    [InlineData("map Www..... | move aaa..A..", ".....W..")]                  // moves and shrinks: the rest is gone
    [InlineData("map WwR..... | move aaa..A..", ".....W..")]                  // the rest even beyond its area (seen on Linux 6.18)
    public void AMoveTakesTheAreaAlong(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Ww...... | touch tt...... | leave aa..AA..", "Ww..Ww..")]
    // the old area has lost its history
    [InlineData("map Ww..Ww.. | touch tt..tt.. | leave aa....AA | map ..Ww....", "WwwwwwWw")]
    [InlineData("map Wwww.Ww.. | touch tttt.tt.. | leave .aa....AA | map ....W....", "WwwwwWwWw")]      // one that left a part does not
    public void MovingWithoutUnmappingLeavesAnEmptyArea(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Fact]
    public void AMoveTakesThePagesAlongAndCopiesNone()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(0, 7);
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(0).Page).Frame;
        string story = FaultStory.Of(world.First, () =>
        {
            World.Succeeds(world.Memory.Remap(World.At(0), 8192, 8192, RemapFlags.MayMove | RemapFlags.Fixed, World.At(8),
                out VirtualAddress at));
            Assert.Equal(World.At(8), at);
            Assert.Equal(7, world.Peek(8));
        });
        Assert.Equal("", story);
        Assert.Equal(frame, world.Memory.Space.Tables.Read(World.At(8).Page).Frame);
        Assert.False(world.Mmu.TryRead(World.At(0), out byte _));
        world.AssertNothingIsLeft();
    }

    /// <summary>While it moves, memory counts at both places. The peak includes only the growth, not the second place.</summary>
    /// <remarks>Linux: vrm_stat_account. Measured on 6.18: 1000 pages that move and grow to 1500 raise VmPeak by 500.</remarks>
    [Fact]
    public void OnlyTheGrowthOfAMoveRaisesThePeak()
    {
        using World world = new();
        world.Map(0, 10);
        world.Map(10, 1, MemoryProtection.Read);    // so that it cannot grow in place
        PageCount before = world.Memory.Usage.PeakTotal;
        const RemapFlags toPlace = RemapFlags.MayMove | RemapFlags.Fixed;
        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(10), World.Bytes(10), toPlace, World.At(40), out _));
        Assert.Equal(before, world.Memory.Usage.PeakTotal);
        world.Map(50, 1, MemoryProtection.Read);
        World.Succeeds(world.Memory.Remap(World.At(40), World.Bytes(10), World.Bytes(15), RemapFlags.MayMove, out _));
        Assert.Equal(before + new PageCount(6), world.Memory.Usage.PeakTotal);
        Assert.Equal(world.Memory.Usage.Total, world.Memory.Usage.PeakTotal);
    }

    [Fact]
    public void WithoutAPlaceAMoveGoesWhereAMappingWould()
    {
        using World world = new();
        world.Map(0, 2);
        world.Map(2, 1, MemoryProtection.Read);
        world.Touch(1, 9);
        World.Succeeds(world.Memory.Remap(World.At(0), 8192, 12288, RemapFlags.MayMove, out VirtualAddress at));
        Assert.Equal(world.Memory.Space.Layout.MmapBase - new PageCount(3), at.Page);
        Assert.Equal(9, world.Mmu.Read<byte>(at + 4096));
        Assert.Equal(0, world.Mmu.Read<byte>(at + 8192));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AnOldLengthOfZeroMapsSharedMemoryAgainAndCutsNothing()
    {
        using World world = new();
        world.MapShared(0, 4);
        world.Touch(2, 5);
        World.Succeeds(world.Memory.Remap(World.At(2), 0, 4096, RemapFlags.MayMove | RemapFlags.Fixed, World.At(8), out _));
        Assert.Equal(5, world.Peek(8));
        world.Touch(8, 6);
        Assert.Equal(6, world.Peek(2));
        Assert.Equal("0-4 rw-s, 8-9 rw-s", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(0, 4096u, 4096u, RemapFlags.Fixed, 8, Errno.EINVAL)]                                     // fixed, but may not move
    [InlineData(0, 4096u, 4096u, (RemapFlags)8, 8, Errno.EINVAL)]
    [InlineData(0, 4096u, 0u, RemapFlags.MayMove, 8, Errno.EINVAL)]
    // private memory is not mapped twice
    [InlineData(0, 0u, 4096u, RemapFlags.MayMove, 8, Errno.EINVAL)]
    [InlineData(0, 8192u, 4096u, RemapFlags.MayMove | RemapFlags.DontUnmap, 8, Errno.EINVAL)]
    [InlineData(0, 8192u, 8192u, RemapFlags.MayMove | RemapFlags.Fixed, 1, Errno.EINVAL)]                // overlaps
    [InlineData(20, 4096u, 8192u, RemapFlags.MayMove, 8, Errno.EFAULT)]                                  // nothing there
    [InlineData(0, 0xC000_1000u, 0xC000_1000u, RemapFlags.MayMove, 8, Errno.EINVAL)]
    [InlineData(0, 4096u, 4096u, RemapFlags.MayMove | RemapFlags.Fixed, -0x20000, Errno.EPERM)]          // to page 0
    public void RefusalsAreTheKernels(int oldPage, uint oldLength, uint newLength, RemapFlags flags, int newPage, Errno expected)
    {
        using World world = new();
        world.Map(0, 4);
        Assert.Equal(expected, world.Memory.Remap(World.At(oldPage), oldLength, newLength, flags, World.At(newPage), out _));
        Assert.Equal("0-4 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }
}
