using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Filling ahead, forks and collapsing leave alone pages that are there, tables without pages, and pins of others.</summary>
public sealed class FilledAheadTests
{
    /// <summary>Pages that are there count no fault; a page of zeros is replaced where a write is asked for.</summary>
    [Theory]
    [InlineData(MemoryAdvice.PopulateRead, "Minor 2, ZeroPage 2")]
    [InlineData(MemoryAdvice.PopulateWrite, "Minor 3, Anonymous 2, Copied 1")]
    public void OnlyMissingPagesAreFaults(MemoryAdvice advice, string expected)
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0, 7);
        world.Peek(1);
        Assert.Equal(expected,
            FaultStory.Of(world.First, () => World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), advice))));
        Assert.Equal("", FaultStory.Of(world.First, () => World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), advice))));
        Assert.Equal(7, world.Peek(0));
        world.AssertNothingIsLeft();
    }

    /// <summary>A child gets a table where the parent has pages that it cannot have by a fault, and nowhere else.</summary>
    [Fact]
    public void AForkMakesTablesWhereAnAreaWithAHistoryHasThem()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0);
        world.Map(1024, 4);
        world.Peek(1024);                                   // the page of zeros
        world.Map(2048, 4);
        world.Touch(2048);
        World.Succeeds(world.Memory.Advise(World.At(2048), 4096, MemoryAdvice.DontNeed));
        world.MapShared(3072, 4);
        world.Touch(3072);
        UserProcess child = world.First.Fork();
        Assert.Equal([true, false, true, false], ((int[])[0, 1024, 2048, 3072])
            .Select(page => child.Memory.Space.Tables.HasTable(World.At(page).Page)));
        world.AssertNothingIsLeft();
    }

    /// <summary>A pin keeps huge pages away from its own line of its own process only, and only while its page is mapped.</summary>
    [Fact]
    public void APinStandsAgainstItsOwnProcessOnly()
    {
        using HugeWorld world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        foreach (UserProcess process in (UserProcess[])[world.Process, other])
        {
            World.Succeeds(process.Memory.Map(HugeWorld.At(0), 1024 << 12, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
            process.Memory.Mmu.Write(HugeWorld.At(1), 1);
            process.Memory.Mmu.Write(HugeWorld.At(600), 6);
        }

        using PinnedMemory pin = other.Pin(HugeWorld.At(600), 4096, AccessKind.Write);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.Collapse));
        World.Succeeds(other.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.Collapse));
        Assert.Equal(Errno.EAGAIN, other.Memory.Advise(HugeWorld.At(512), 512 << 12, MemoryAdvice.Collapse));    // SCAN_PAGE_COUNT
        World.Succeeds(other.Memory.Unmap(HugeWorld.At(600), 4096));
        other.Memory.Mmu.Write(HugeWorld.At(700), 7);
        world.Audit();
    }

    /// <summary>A fork breaks up the huge page with a pin, whose page stays the parent's, and no other.</summary>
    [Fact]
    public void AForkBreaksUpTheHugePageThatIsPinned()
    {
        using HugeWorld world = new();
        world.MapLines(0, 3);
        for (int line = 0; line < 3; line++) world.Write((line * 512) + 5, (uint)line);
        using PinnedMemory pin = world.Process.Pin(HugeWorld.At(512 + 5), 4096, AccessKind.Write);
        UserProcess child = world.Process.Fork();
        Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(line =>
            world.Memory.Space.Tables.Huge.Has(HugeWorld.At(line * 512).Page)));
        FrameNumber mine = world.Memory.Space.Tables.Read(HugeWorld.At(517).Page).Frame;
        Assert.NotEqual(mine, child.Memory.Space.Tables.Read(HugeWorld.At(517).Page).Frame);
        FrameNumber shared = world.Memory.Space.Tables.Read(HugeWorld.At(5).Page).Frame;
        Assert.Equal(shared, child.Memory.Space.Tables.Read(HugeWorld.At(5).Page).Frame);
        world.Verify(child);
        world.Verify();
    }
}
