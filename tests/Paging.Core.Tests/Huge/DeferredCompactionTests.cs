using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>After attempts in vain the next ones are left out: 1, 3, 7 … 63 of them, for blocks of that order and larger ones.</summary>
/// <remarks>Linux: mm/compaction.c compaction_deferred, defer_compaction, compaction_defer_reset.</remarks>
public sealed class DeferredCompactionTests : IDisposable
{
    private readonly HugeWorld _world = new(ramMiB: 16, swapMiB: 0);
    private readonly List<FrameNumber> _taken;

    public DeferredCompactionTests() => _taken = _world.Engine.TakeAllFrames();

    private Compactor Compactor => _world.Engine.Parts.Reclaim.Compactor;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void EachFailureDoublesTheDeferral()
    {
        foreach (int leftOut in (int[])[0, 1, 3, 7, 15, 31, 63, 63, 63])
        {
            for (int round = 0; round < leftOut; round++) Assert.False(IsTried(5), $"round {round} of {leftOut}");
            Assert.True(IsTried(5));
        }

        HugeCounters counters = Compactor.Counters;
        Assert.Equal((9L, 9L, 0L), (counters.Compactions, counters.CompactionsRefused, counters.CompactionsServed));
    }

    /// <summary>Orders below the limit are tried at any time; one that fails becomes the new limit.</summary>
    [Fact]
    public void SmallerBlocksAreTried()
    {
        Assert.True(IsTried(9));                            // in vain
        Assert.False(IsTried(9));
        Assert.True(IsTried(10));                           // in vain again, and 9 stays the limit
        foreach (int order in (int[])[9, 10, 9]) Assert.False(IsTried(order));
        Assert.True(IsTried(9));
        Assert.True(IsTried(4));                            // in vain as well: the limit is lower
        for (int round = 0; round < 15; round++) Assert.False(IsTried(4 + (round % 6)));
        Assert.True(IsTried(3));
    }

    /// <summary>Once a block was made, its order is no longer deferred, even if larger orders still fail.</summary>
    [Fact]
    public void ASuccessEndsItForItsOrder()
    {
        Assert.True(IsTried(9));
        Assert.False(IsTried(9));
        GiveBackBlock(9);
        Assert.True(IsTried(9));
        Assert.Equal(1, Compactor.Counters.CompactionsServed);
        Assert.True(IsTried(10));    // in vain, and not left out: the success has ended that, too
        Assert.True(IsTried(9));
        Assert.True(IsTried(10));
        Assert.False(IsTried(10));
        Assert.Equal((2L, 3L), (Compactor.Counters.CompactionsServed, Compactor.Counters.CompactionsRefused));
    }

    /// <summary>A request of the host ends all deferral.</summary>
    [Fact]
    public void CompactingAllOfMemoryEndsIt()
    {
        Assert.True(IsTried(5));
        Assert.True(!IsTried(5) && IsTried(5));
        _world.Engine.Frames.Compact();
        Assert.True(IsTried(5));
        Assert.True(!IsTried(5) && IsTried(5));
    }

    /// <summary>The order from which on a failure counts: smaller blocks that are made leave it, one of its own order moves it.</summary>
    [Fact]
    public void TheOrderThatFailsMovesByOne()
    {
        Assert.True(IsTried(5));    // in vain
        GiveBackBlock(3);
        Assert.True(IsTried(3));    // a success below it
        Assert.True(IsTried(9));    // in vain: once more from 5 on
        Assert.True(IsTried(4));    // in vain, and not left out
        Assert.False(IsTried(4));
        GiveBackBlock(5);
        Assert.True(!IsTried(4) && !IsTried(4) && IsTried(4));    // a success of its own order
        Assert.Equal(2, Compactor.Counters.CompactionsServed);
        Assert.True(IsTried(9));    // in vain: from 5 on
        Assert.False(IsTried(5));
        Assert.True(IsTried(4));
    }

    /// <summary>Blocks of a group at its limit: pages of the group go until there is room, and none if there is, or can never be.</summary>
    /// <remarks>Linux: mm/memcontrol.c try_charge_memcg, MAX_RECLAIM_RETRIES.</remarks>
    [Theory]
    [InlineData(0u, 64u, true, false)]
    [InlineData(0u, 65u, false, false)]    // more than the limit
    [InlineData(64u, 64u, true, true)]
    [InlineData(64u, 65u, false, false)]
    [InlineData(40u, 24u, true, false)]
    [InlineData(40u, 25u, true, true)]
    public void RoomInAGroupIsMadeFromItsOwnPages(uint pages, uint wanted, bool isMade, bool reclaims)
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _));
        MemoryGroupOptions options = new() { Limit = new(64), CountsTables = false };
        World.Succeeds(world.Engine.Groups.Create(options, out MemoryGroup? group));
        UserProcess member = world.Engine.CreateProcess("member", ProcessOptions.Default with { Group = group });
        World.MapAs(member, 0, 64, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < pages; page++) member.Memory.Mmu.Write(World.At(page), (byte)(page + 1));
        Assert.Equal(pages, group!.Usage.Value);
        Assert.Equal(isMade, world.Engine.Parts.Reclaim.Compactor.TryMakeRoom(group.Frames, wanted));
        Assert.Equal(reclaims, group.Usage.Value < pages);
        Assert.Equal(reclaims, group.LimitHits != 0);
        if (isMade) Assert.True(group.Usage.Value + wanted <= 64);
        for (int page = 0; page < pages; page++) Assert.Equal((byte)(page + 1), member.Memory.Mmu.Read<byte>(World.At(page)));
        world.Verify();
    }

    /// <summary>No page of the group can be evicted: one attempt, and it fails.</summary>
    [Fact]
    public void WithoutSwapAGroupMakesNoRoom()
    {
        using World world = new();
        World.Succeeds(world.Engine.Groups.Create(new() { Limit = new(64), CountsTables = false }, out MemoryGroup? group));
        UserProcess member = world.Engine.CreateProcess("member", ProcessOptions.Default with { Group = group });
        World.MapAs(member, 0, 64, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 60; page++) member.Memory.Mmu.Write(World.At(page), (byte)(page + 1));
        Compactor compactor = world.Engine.Parts.Reclaim.Compactor;
        Assert.Equal((true, 0L), (compactor.TryMakeRoom(group!.Frames, 4), group.LimitHits));
        Assert.Equal((false, 1L), (compactor.TryMakeRoom(group.Frames, 5), group.LimitHits));
    }

    private bool IsTried(int order)
    {
        long before = Compactor.Counters.Compactions;
        Compactor.TryMakeBlock(order);
        return Compactor.Counters.Compactions != before;
    }

    private void GiveBackBlock(int order)
    {
        uint mask = (1u << order) - 1;
        HashSet<uint> all = [.. _taken.Select(static frame => frame.Value)];
        uint first = all.First(frame => (frame & mask) == 0 && Enumerable.Range(0, 1 << order).All(i => all.Contains(frame + (uint)i))
            && !all.Contains(frame ^ (mask + 1)));
        for (uint i = 0; i <= mask; i++) _world.Engine.Frames.Return(new(first + i), 0);
    }
}
