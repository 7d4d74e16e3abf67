using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Policies;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A policy in rare cases: when it throws, when no page can be evicted, when there are more frames than it was made for.
/// </summary>
public sealed class PluggedPolicyTests
{
    /// <summary>The exception reaches the host once. The engine goes on with its own lists and does not call the policy again.</summary>
    [Theory]
    [InlineData("Missed", 3), InlineData("Loaded", 3), InlineData("FindVictim", 2), InlineData("Evicted", 2), InlineData("Removed", 2)]
    [InlineData("Hit", 2), InlineData("Missed", 1), InlineData("Loaded", 1), InlineData("FindVictim", 1)]
    public void APolicyThatThrowsIsNotAskedAgain(string call, int time)
    {
        using PolicyWorld world = new(limit: 6, AccessInformation.EveryAccess);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        int calls = 0, count = -1, thrown = 0;
        world.Record.OnCall = name =>
        {
            Assert.Equal(-1, count);
            if (!string.Equals(name, call, StringComparison.Ordinal) || ++calls != time) return;
            count = 0;
            throw new NotSupportedException("mine");
        };
        byte[] model = new byte[16];
        for (int round = 0; round < 60; round++)
        {
            int page = round * 7 % 16;
            Do(() => process.Memory.Mmu.Write(World.At(page), model[page] = (byte)round));
            Do(() => process.Memory.Touch(World.At(page), AccessKind.Write, out _, out _));
            if (round % 5 != 4) continue;
            int gone = (page + 9) % 16;    // the page before
            model[gone] = 0;
            Do(() => World.Succeeds(process.Memory.Advise(World.At(gone), 4096, MemoryAdvice.DontNeed)));
        }

        Assert.Equal(1, thrown);
        for (int page = 0; page < 16; page++) Assert.Equal(model[page], process.Memory.Mmu.Read<byte>(World.At(page)));
        world.Base.Verify();
        Assert.True(world.Group.Usage.Value <= 6);

        void Do(Action act)
        {
            Exception? failure = Record.Exception(act);
            if (failure is null) return;
            Assert.Equal("mine", Assert.IsType<NotSupportedException>(failure).Message);
            thrown++;
        }
    }

    /// <summary>Each page is tried and refused, none is lost, and the access fails for lack of memory.</summary>
    [Fact]
    public void WhenEveryPageIsLockedThereIsNoMemory()
    {
        using PolicyWorld world = new(limit: 6);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        world.Record.IsHeld = static _ => true;
        World.Succeeds(process.Memory.Lock(World.At(0), World.Bytes(6)));
        ulong[] pages = [.. world.Record.Pages.Values];
        Assert.Equal(6, pages.Length);
        for (int pass = 1; pass < 4; pass++)
        {
            Assert.False(process.Memory.Mmu.TryWrite(World.At(9), 1));
            Assert.Equal(pages.Order(), world.Record.Pages.Values.Order());
            Assert.InRange(world.Record.Refusals, 6 * pass, 12 * pass);
            Assert.Equal(world.Record.Refusals, world.Record.Questions);
            Assert.Equal(pass, world.Group.Failures);
            Assert.Equal(world.Record.Questions, world.Base.Engine.Reclaimed.Scanned);
        }

        world.Record.IsHeld = static _ => false;
        World.Succeeds(process.Memory.Unlock(World.At(0), World.Bytes(6)));
        Assert.True(process.Memory.Mmu.TryWrite(World.At(9), 1));
        Assert.Single(world.Record.Evictions);
        Assert.Equal(1, process.Memory.Mmu.Read<int>(World.At(9)));
        world.Base.Verify();
    }

    /// <summary>A slot that was in use and is free is no answer, and no other page goes in its place.</summary>
    [Theory]
    [InlineData(2)]    // was in use, and its frame has no page
    [InlineData(5)]    // the first that never was
    [InlineData(-2)]
    public void AnEmptySlotIsNoVictim(int victim)
    {
        using PolicyWorld world = new(limit: 5);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        UserProcess other = world.Start();
        World.MapAs(other, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 5; page++) process.Memory.Mmu.Write(World.At(page), page + 1);
        World.Succeeds(process.Memory.Advise(World.At(2), 4096, MemoryAdvice.DontNeed));
        World.Succeeds(world.Group.SetLimit(new FrameCount(4)));
        world.Record.Victim = () => victim;
        Assert.Throws<InvalidOperationException>(() => other.Memory.Mmu.Write(World.At(1), 9));
        Assert.True(world.Group.Reclaim.Policy!.IsBroken);
        for (int page = 0; page < 5; page++) Assert.Equal(page == 2 ? 0 : page + 1, process.Memory.Mmu.Read<int>(World.At(page)));
        world.Base.Verify();
    }

    /// <summary>A miss is reported before a victim is requested, for private and shared pages.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AMissIsReportedBeforeAVictimIsRequested(bool isShared)
    {
        using PolicyWorld world = new(limit: 4);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        if (isShared) World.MapAs(process, 8, 4, MemoryProtection.ReadWrite, World.SharedFixed);
        for (int page = 0; page < 4; page++) process.Memory.Mmu.Write(World.At(page), page);
        List<string> calls = [];
        world.Record.OnCall = calls.Add;
        process.Memory.Mmu.Write(World.At(8), 8);
        Assert.Equal("Missed FindVictim Evicted Loaded", string.Join(' ', calls));
    }

    /// <summary>A policy that finds no victim is no failure of the policy: there is no memory.</summary>
    [Fact]
    public void APolicyMayFindNoVictim()
    {
        using PolicyWorld world = new(limit: 3);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 3; page++) process.Memory.Mmu.Write(World.At(page), page);
        world.Record.Victim = static () => IReplacementPolicy.None;
        Assert.False(process.Memory.Mmu.TryWrite(World.At(3), 3));
        Assert.False(world.Group.Reclaim.Policy!.IsBroken);
        world.Record.Victim = null;
        Assert.True(process.Memory.Mmu.TryWrite(World.At(3), 3));
    }

    /// <summary>The policy was made for four frames; of six, it sees the first four, and those that take their slots.</summary>
    [Fact]
    public void FramesBeyondThePolicysCapacityAreNotSeen()
    {
        using PolicyWorld world = new(limit: 4, AccessInformation.EveryAccess);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        World.Succeeds(world.Group.SetLimit(new FrameCount(6)));
        for (int page = 0; page < 6; page++) process.Memory.Mmu.Write(World.At(page), page + 1);
        Assert.Equal([0, 1, 2, 3], world.Record.Pages.Keys.Order());
        Assert.Equal(6, world.Record.Misses.Count);
        Assert.True(process.Memory.Touch(World.At(5), AccessKind.Write, out _, out _));
        Assert.Empty(world.Record.Hits);
        Assert.True(process.Memory.Touch(World.At(3), AccessKind.Write, out _, out _));
        Assert.Equal([world.Record.Pages[3]], world.Record.Hits);
        World.Succeeds(process.Memory.Advise(World.At(4), World.Bytes(2), MemoryAdvice.DontNeed));
        Assert.Equal([0, 1, 2, 3], world.Record.Pages.Keys.Order());
        World.Succeeds(process.Memory.Advise(World.At(1), World.Bytes(2), MemoryAdvice.DontNeed));
        Assert.Equal([0, 3], world.Record.Pages.Keys.Order());
        for (int page = 4; page < 9; page++) process.Memory.Mmu.Write(World.At(page), page + 1);
        Assert.Single(world.Record.Evictions);
        for (int page = 4; page < 9; page++) Assert.Equal(page + 1, process.Memory.Mmu.Read<int>(World.At(page)));
        world.Base.Verify();
    }

    /// <summary>An access of any width is reported once. One that is refused, or loads or copies its page, is not.</summary>
    [Fact]
    public void EachAccessToAPresentPageIsReportedOnce()
    {
        using PolicyWorld world = new(limit: 8, AccessInformation.EveryAccess);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 2, MemoryProtection.ReadWrite, World.PrivateFixed);
        World.MapAs(process, 4, 1, MemoryProtection.Read, World.PrivateFixed);
        Mmu mmu = process.Memory.Mmu;
        Assert.Equal(0, Hits(() => mmu.Read<int>(World.At(0))));    // the zero page, which belongs to no group
        Assert.Equal(0, Hits(() => mmu.Write(World.At(0), 1)));
        Assert.Equal(0, Hits(() => mmu.Write(World.At(1), 2)));
        Assert.Equal(1, Hits(() => mmu.Read<int>(World.At(0))));
        Assert.Equal(1, Hits(() => mmu.Write(World.At(0), 1)));
        Assert.Equal(2, Hits(() => mmu.Read<int>(World.At(0, 4094))));    // in two pages
        Assert.Equal(2, Hits(() => mmu.Write(World.At(0, 4094), 3)));
        Assert.Equal(2, Hits(() => mmu.CopyOut(World.At(0), new byte[5000], out _)));
        Assert.Equal(1, Hits(() => mmu.TryWriteAsSupervisor(World.At(1), 5, out _)));
        Assert.Equal(0, Hits(() => Assert.False(mmu.TryWrite(World.At(4), 1))));
        using UserProcess child = process.Fork();
        Assert.Equal(1, Hits(() => child.Memory.Mmu.Read<int>(World.At(1))));
        Assert.Equal(0, Hits(() => child.Memory.Mmu.Write(World.At(1), 6)));    // a copy, which is loaded
        Assert.Equal(1, Hits(() => mmu.Write(World.At(1), 7)));    // the page is its own again: a fault, but no load
        using (mmu.Watch(World.At(1), 4, WatchedAccesses.All, static _ => { }))
            Assert.Equal(1, Hits(() => mmu.Write(World.At(1), 8)));
        Assert.Equal(1, Hits(() => Assert.Equal(8, mmu.Read<int>(World.At(1)))));
        world.Base.Verify();

        int Hits(Action act)
        {
            int before = world.Record.Hits.Count;
            act();
            return world.Record.Hits.Count - before;
        }
    }

    [Fact]
    public void AProcessorThatWalksTheTablesItselfIsRefusedWhenEveryAccessIsWanted()
    {
        using PolicyWorld world = new(limit: 8, AccessInformation.EveryAccess);
        UserProcess process = world.Start();
        World.MapAs(process, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        Exception failure = Assert.Throws<InvalidOperationException>(
            () => process.Memory.Mmu.ResolveFault(World.At(0), PageFaultErrorCode.User));
        Assert.Contains("AccessedBits", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The factory of the policy is the host's code, too.</summary>
    [Fact]
    public void APolicyIsMadeWithoutTheEngine()
    {
        using World world = new();
        ReclaimPolicy policy = ReclaimPolicy.Of(_ =>
        {
            world.Engine.Audit();
            return new RecordedPolicy(new());
        });
        Assert.Throws<InvalidOperationException>(() => world.Engine.Groups.Create(new() { Limit = new(4), Policy = policy }, out _));
        world.AssertNothingIsLeft();
    }

    /// <summary>A page that was read ahead has no owner yet: its name is that of its slot, on its device.</summary>
    [Fact]
    public void APageThatWasReadAheadIsNamedByItsSlot()
    {
        using PolicyWorld world = new(limit: 12, swapReadAhead: 8);
        World.Succeeds(world.Base.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), 5, out SwapDevice? second));
        UserProcess process = world.Start();
        World.MapAs(process, 0, 24, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 24; page++) process.Memory.Mmu.Write(World.At(page), page + 1);
        HashSet<ulong> own = [.. world.Record.Misses];
        Assert.Equal(24, own.Count);
        World.Succeeds(process.Memory.Advise(World.At(0), World.Bytes(24), MemoryAdvice.PageOut));
        Assert.Empty(world.Record.Pages);
        Assert.Equal(1, process.Memory.Mmu.Read<int>(World.At(0)));
        ulong[] ahead = [.. world.Record.Pages.Values.Where(name => !own.Contains(name))];
        Assert.NotEmpty(ahead);
        Assert.All(ahead, name => Assert.Equal(0x7FFF_FF00ul + (ulong)second!.Number, name >> 32));
        Assert.All(ahead, name => Assert.True((uint)name < 256));
        Assert.Equal(ahead.Length, ahead.Distinct().Count());
    }
}
