using Xunit;

namespace Paging.Core.Tests;

/// <summary>When a new mapping becomes one with its neighbours (dialect, section 6). Linux: vma_merge_new_range.</summary>
public sealed class MergeTests
{
    [Theory]
    [InlineData("map Ww...... | map ..Ww....", "Wwww....")]    // joins the area below
    [InlineData("map ....Ww.. | map ..Ww....", "..Wwww..")]    // joins the area above
    [InlineData("map Ww..Ww.. | map ..Ww....", "Wwwwww..")]    // joins both: the one below grows, the other goes
    [InlineData("map Rr..Rr.. | map ..Ww....", "RrWwRr..")]    // other rights: stays itself
    [InlineData("map Ww..Rr.. | map ..Ww....", "WwwwRr..")]    // only the one that agrees
    [InlineData("map Xx..Xx.. | map ..Rr....", "XxRrXx..")]    // executable or not is a right, though no entry shows it
    [InlineData("map Ww...... | map ...Ww...", "Ww.Ww...")]    // a hole of one page is a hole
    [InlineData("map Nn..Nn.. | map ..Nn....", "Nnnnnn..")]    // no rights at all agree, too
    [InlineData("map Ee..Ee.. | map ..Ee....", "Eeeeee..")]
    public void ANewAreaJoinsTheNeighboursThatAgreedOnTheSame(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Ww...... | map-noreserve ..Ww....", "WwWw....")]
    [InlineData("map Ww...... | map-stack ..Ww....", "WwWw....")]
    [InlineData("map Ww...... | map ..Ll....", "WwLl....")]
    [InlineData("map ..Ww.... | map Gg......", "GgWw....")]
    [InlineData("map Ss...... | map ..Ss....", "SsSs....")]    // each shared anonymous mapping is an object of its own
    [InlineData("map Ww...... | DontFork xx...... | map ..Ww....", "WwWw....")]
    [InlineData("map Ww...... | Sequential xx...... | map ..Ww....", "WwWw....")]
    [InlineData("map Ww...... | DontDump xx...... | map ..Ww....", "WwWw....")]
    [InlineData("map Ww...... | lock xx...... | map ..Ll....", "Llll....")]
    public void AllOtherPropertiesMustBeTheSame(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Ff...... | map ..Ff....", "Ffff....")]    // the offset goes on
    [InlineData("map Mm..Mm.. | map ..Mm....", "Mmmmmm..")]
    [InlineData("map Qq...... | map ..Dd....", "QqDd....")]    // private and shared
    public void PiecesOfAFileJoinWhereTheirOffsetsContinue(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Ww...... | touch t....... | map ..Ww....", "Wwww....")]                              // at most one has a history
    [InlineData("map ....Ww.. | touch ....t... | map ..Ww....", "..Wwww..")]
    [InlineData("map Ww..Ww.. | read t...t... | map ..Ww....", "Wwwwww..")]                               // reading makes none
    // fits both, they differ: joins the one below
    [InlineData("map Ww..Ww.. | touch t...t... | map ..Ww....", "WwwwWw..")]
    [InlineData("map Wwwwww.. | touch t....... | unmap ..xx.... | map ..Ww....", "Wwwwww..")]             // both have the same
    // discarding pages keeps the history
    [InlineData("map Ww..Ww.. | touch t...t... | DontNeed xx..xx.. | map ..Ww....", "WwwwWw..")]
    // locking writable memory fills it
    [InlineData("map Ww..Ww.. | lock xx..xx.. | unlock xx..xx.. | map ..Ww....", "WwwwWw..")]
    // read-only memory shows the zero page
    [InlineData("map Rr..Rr.. | lock xx..xx.. | unlock xx..xx.. | map ..Rr....", "Rrrrrr..")]
    [InlineData("map-populate Ww..Ww.. | map ..Ww....", "WwwwWw..")]
    [InlineData("map Ww..Ww.. | PopulateRead xx..xx.. | map ..Ww....", "Wwwwww..")]
    [InlineData("map Ww..Ww.. | PopulateWrite xx..xx.. | map ..Ww....", "WwwwWw..")]
    public void AreasWithDifferentHistoriesStayApart(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map WwRr | touch t... | touch .t.. | protect ..ww | touch ..t.", "Wwww")]
    [InlineData("map WwXx.. | touch t..... | protect ..rr.. | protect ..ww.. | touch ..t... | protect ..xx.. | protect ..ww..", "Wwww..")]
    // took over the neighbour's
    [InlineData("map WwNn.. | protect ..xx.. | touch t..... | protect ..ee.. | touch ..t... | protect ..ww..", "Wwww..")]
    // the one above lends it first
    [InlineData("map WwEe.. | touch ..t... | touch t..... | protect ..ww..", "Wwww..")]
    public void AnAreaTakesOverTheHistoryOfANeighbourThatDiffersInRightsOnly(string steps, string after) =>
        Assert.Equal(after, Sketch.Play(steps));

    [Fact]
    public void PiecesOfAFileMappedThroughTwoOpenFilesStayApart()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 4);
        world.MapFile(world.Open(file), 0, 2, 0);
        world.MapFile(world.Open(file), 2, 2, 2);
        Assert.Equal("0-2 rw-p, 2-4 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PiecesOfAFileWhoseOffsetsDoNotContinueStayApart()
    {
        using World world = new();
        int file = world.OpenFile("f", 4);
        world.MapFile(file, 0, 2, 0);
        world.MapFile(file, 2, 2, 1);
        Assert.Equal("0-2 rw-p, 2-4 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AJoinedAreaKeepsItsPages()
    {
        using World world = new();
        world.Map(0, 2);
        world.Map(4, 2);
        world.Touch(0, 7);
        world.Mmu.Read<byte>(World.At(4));
        world.Map(2, 2);
        Assert.Equal("0-6 rw-p", World.AreasOf(world.First));
        Assert.Equal(7, world.Peek(0));
        Assert.Equal(0, world.Peek(4));
        world.AssertNothingIsLeft();
    }

    /// <summary>
    /// The area above brings the mark of guards along: without it a fork would not copy the tables of shared memory. Linux: VM_MAYBE_GUARD.
    /// </summary>
    [Theory]
    [InlineData(0), InlineData(2)]
    public void AJoinedAreaKeepsTheMarkOfGuards(int guarded)
    {
        using World world = new();
        int file = world.OpenFile("f", 3);
        world.MapFile(file, 0, 1, 0, MapFlags.Shared);
        world.MapFile(file, 2, 1, 2, MapFlags.Shared);
        World.Succeeds(world.Memory.Advise(World.At(guarded), 4096, MemoryAdvice.GuardInstall));
        world.MapFile(file, 1, 1, 1, MapFlags.Shared);
        Assert.Equal("0-3 rw-s", World.AreasOf(world.First));
        UserProcess child = world.First.Fork();
        Assert.False(child.Memory.Mmu.TryRead(World.At(guarded), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotMapped, fault.Kind);
        Assert.True(child.Memory.Mmu.TryRead(World.At(1), out byte _, out _));
    }

    /// <summary>
    /// A mapping of a segment of System V stays one until it is unmapped: only a new or a partly changed one joins. Linux:
    /// can_merge_remove_vma.
    /// </summary>
    [Fact]
    public void PiecesOfASegmentJoinOnlyIfNoneHasToGo()
    {
        using World world = new();
        GuestFile segment = world.CreateFile("segment", 8);
        segment.IsSegment = true;
        int file = world.Open(segment);
        world.MapFile(file, 0, 8, type: MapFlags.Shared);
        World.Succeeds(world.Memory.Protect(World.At(2), World.Bytes(2), MemoryProtection.Read));
        World.Succeeds(world.Memory.Protect(World.At(2), World.Bytes(2), MemoryProtection.ReadWrite));
        Assert.Equal("0-2 rw-s, 2-4 rw-s, 4-8 rw-s", World.AreasOf(world.First));
        Assert.Equal(3, segment.MappingCount);
        World.Succeeds(world.Memory.Unmap(World.At(3), 4096));
        world.MapFile(file, 3, 1, 3, MapFlags.Shared);    // joins the one below, and leaves the one above
        Assert.Equal("0-2 rw-s, 2-4 rw-s, 4-8 rw-s", World.AreasOf(world.First));
        Assert.Equal(Errno.EFAULT, world.Memory.Remap(World.At(0), World.Bytes(8), World.Bytes(8), RemapFlags.MayMove | RemapFlags.Fixed,
            World.At(100), out _));
        World.Succeeds(world.Memory.Remap(World.At(4), World.Bytes(4), World.Bytes(4), RemapFlags.MayMove | RemapFlags.Fixed,
            World.At(100), out _));
    }
}
