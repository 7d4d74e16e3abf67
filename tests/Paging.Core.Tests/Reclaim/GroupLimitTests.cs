using Paging.Core.Reclaim;
using Paging.Native;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>A group's limit to the page, the pages that it counts, and the state after a group goes.</summary>
public class GroupLimitTests
{
    [Theory]
    [InlineData(99u)]
    [InlineData(50u)]
    [InlineData(1u)]
    public void ALowerLimitHoldsToThePage(uint limit)
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 4);
        MemoryGroup group = Filled(world, 100);
        Assert.Equal(100u, group.Usage.Value);
        Succeeds(group.SetLimit(new FrameCount(limit)));
        Assert.Equal(limit, group.Usage.Value);
        world.VerifyBytes();
    }

    [Fact]
    public void ALimitThatCannotBeReachedIsRefused()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 0);
        MemoryGroup group = Filled(world, 100);
        Assert.Equal(Errno.EBUSY, group.SetLimit(new FrameCount(99)));
        Assert.Equal(100u, group.Usage.Value);
        Succeeds(group.SetLimit(new FrameCount(100)));    // exactly what it has is enough
        Succeeds(group.SetLimit(new FrameCount(101)));
        Assert.Equal(Errno.EBUSY, group.SetLimit(new FrameCount(99)));
    }

    [Fact]
    public void EachHitAndEachFailureIsCounted()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 0);
        MemoryGroup group = Filled(world, 100);
        Succeeds(group.SetLimit(new FrameCount(100)));
        UserProcess process = world.Processes[0].Process;
        Assert.Equal((0, 0), (group.LimitHits, group.Failures));
        Assert.False(process.Memory.Mmu.TryWrite(At(100), 1));
        Assert.Equal((1, 1), (group.LimitHits, group.Failures));
        Assert.False(process.Memory.Mmu.TryWrite(At(101), 1));
        Assert.Equal((2, 2), (group.LimitHits, group.Failures));
    }

    /// <summary>A hit of the limit that frees something is no failure.</summary>
    [Fact]
    public void AHitThatFreesIsNoFailure()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 4);
        MemoryGroup group = Filled(world, 100);
        Succeeds(group.SetLimit(new FrameCount(100)));
        UserProcess process = world.Processes[0].Process;
        long direct = world.Engine.Reclaimed.DirectReclaims;
        int page = 100;
        for (int hit = 1; hit <= 3; hit++)
        {
            while (group.LimitHits < hit) Assert.True(process.Memory.Mmu.TryWrite(At(page++), 1));
            Assert.Equal((hit, 0), (group.LimitHits, group.Failures));
            Assert.Equal(direct + hit, world.Engine.Reclaimed.DirectReclaims);
        }

        Assert.Equal(0, world.Engine.Reclaimed.Failures);
    }

    [Fact]
    public void AllPagesOfARemovedGroupAreChargedToTheFirst()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 4);
        Succeeds(world.Engine.Groups.Create(new() { Name = "g", CountsTables = false }, out MemoryGroup? group));
        UserProcess process = world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        GuestFile file = world.Engine.Files.CreateMemoryFile("file", 20 * 4096);
        Succeeds(file.Open(process, FileRights.ReadWrite, out int descriptor));
        Succeeds(process.Memory.Map(At(0), 20 * 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _));
        for (int page = 0; page < 20; page++) process.Memory.Mmu.Write(At(page), page);
        process.Dispose();
        Assert.Equal(20u, group!.Usage.Value);
        uint before = world.Engine.Groups.All[0].Usage.Value;
        Succeeds(world.Engine.Groups.Remove(group));
        Assert.Equal((before + 20, 0u), (world.Engine.Groups.All[0].Usage.Value, group.Usage.Value));
        world.Verify();
    }

    /// <summary>With no group at its limit, each time another one is asked first.</summary>
    /// <remarks>Linux: mem_cgroup_iter in shrink_node_memcgs.</remarks>
    [Fact]
    public void GroupsLosePagesInTurn()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 4);
        MemoryGroup group = Filled(world, 100), root = world.Engine.Groups.All[0];
        Modelled other = world.Start(100);
        for (int page = 0; page < 100; page++) other.Write(page, 0, 1);
        foreach (Modelled one in world.Processes) Succeeds(one.Process.Memory.Advise(At(0), 100 * 4096, MemoryAdvice.Cold));
        List<(int OfGroup, int OfRoot)> lost = [];
        for (int pass = 0; pass < 4; pass++)
        {
            (uint ofGroup, uint ofRoot) = (group.Usage.Value, root.Usage.Value);
            Assert.Equal(1u, world.Engine.Parts.Reclaim.Reclaimer.Free(1));
            lost.Add(((int)(ofGroup - group.Usage.Value), (int)(ofRoot - root.Usage.Value)));
        }

        Assert.Equal([(1, 0), (0, 1), (1, 0), (0, 1)], lost);
        world.VerifyBytes();
    }

    /// <summary>There are 256 groups at the most, that of all others among them; a number is free again when its group goes.</summary>
    [Fact]
    public void ThereAreSoManyGroups()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 0);
        List<MemoryGroup> groups = [];
        for (int number = 1; number < 256; number++)
        {
            Succeeds(world.Engine.Groups.Create(new() { Name = $"g{number}" }, out MemoryGroup? group));
            groups.Add(group!);
        }

        Assert.Equal(Errno.ENOSPC, world.Engine.Groups.Create(new(), out MemoryGroup? none));
        Assert.Null(none);
        Assert.Equal(("g1", "g100", "g255"), (groups[0].Name, groups[99].Name, groups[254].Name));
        Succeeds(world.Engine.Groups.Remove(groups[99]));
        Succeeds(world.Engine.Groups.Create(new() { Name = "late", Limit = new FrameCount(7) }, out MemoryGroup? late));
        Assert.Equal(("late", "late: 0 of 7 frames"), (late!.Name, late.ToString()));
        Assert.Same(late, world.Engine.Groups.All[100]);
        Assert.Equal("g1: 0 frames", groups[0].ToString());
    }

    /// <summary>A group with a process that has written so many of its 200 pages.</summary>
    private static MemoryGroup Filled(PressureWorld world, int pageCount)
    {
        Succeeds(world.Engine.Groups.Create(new() { Name = "g", CountsTables = false }, out MemoryGroup? group));
        UserProcess process = world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        Succeeds(process.Memory.Map(At(0), 200 * 4096, MemoryProtection.ReadWrite, PrivateFixed, out _));
        Modelled modelled = new(process, new byte[200][]);
        world.Processes.Add(modelled);
        for (int page = 0; page < pageCount; page++) modelled.Write(page, 0, (uint)page + 1);
        return group!;
    }
}
