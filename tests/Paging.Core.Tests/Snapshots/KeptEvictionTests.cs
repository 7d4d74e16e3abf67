using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Policies;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A page that only a snapshot keeps goes to swap when nothing else can, and is back when the process goes back.</summary>
public sealed class KeptEvictionTests
{
    private const int Pages = 60;

    public static TheoryData<string> Policies => ["lists", "LRU", "ARC", "CLOCK"];

    /// <summary>Two snapshots under a limit that has room for one and a half: the process runs on, and each has its bytes.</summary>
    [Theory, MemberData(nameof(Policies))]
    public void SnapshotsDoNotUseUpAGroup(string policy)
    {
        using World world = new(World.Options(16));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out SwapDevice? device));
        MemoryGroupOptions options = new() { Name = "g", Limit = new(Pages + (Pages / 2)) };
        if (policy is not "lists") options = options with { Policy = ReclaimPolicy.Of(PolicyEntry.Find(policy)!) };
        World.Succeeds(world.Engine.Groups.Create(options, out MemoryGroup? group));
        UserProcess process = world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        World.MapAs(process, 0, Pages, MemoryProtection.ReadWrite, World.PrivateFixed);
        List<Snapshot> snapshots = [];
        for (byte round = 1; round <= 3; round++)
        {
            for (int page = 0; page < Pages; page++)
                Assert.True(process.Memory.Mmu.TryWrite(World.At(page), (byte)(round + page)), $"round {round}, page {page}");
            world.Verify();
            snapshots.Add(process.TakeSnapshot());
        }

        Assert.InRange(device!.UsedSlotCount, (uint)Pages, 3u * Pages);
        foreach (int which in (int[])[0, 2, 1, 0])
        {
            World.Succeeds(snapshots[which].Restore());
            world.Verify();
            for (int page = 0; page < Pages; page++)
            {
                Assert.True(process.Memory.Mmu.TryRead(World.At(page), out byte value));
                Assert.Equal((byte)(which + 1 + page), value);
            }
        }

        foreach (Snapshot snapshot in snapshots) snapshot.Dispose();
        world.Verify();
        process.Dispose();
        Assert.Equal(0u, device.UsedSlotCount);
        world.AssertNothingIsLeft();
    }

    /// <summary>A page whose entry has neither A nor D is given up without a change of its entry; it comes back all the same.</summary>
    [Fact]
    public void APageGivenUpWithoutATraceInItsEntryComesBack()
    {
        using World world = new(World.Options(16));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        world.Map(0, 2);
        for (int page = 0; page < 2; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PageOut));
        for (int page = 0; page < 2; page++) Assert.Equal(page + 1, world.Peek(page));    // read back: in the swap cache, without D
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.Cold));    // takes A
        using Snapshot snapshot = world.First.TakeSnapshot();

        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(1), MemoryAdvice.Free));
        World.Succeeds(snapshot.Restore());
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PageOut));
        for (int page = 0; page < 2; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
    }

    /// <summary>A page that was written after it was read back: its slot is older, and only D of its entry tells.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void AKeptPageThatIsNewerThanItsSlotIsWrittenAgain(bool isForked)
    {
        const int Count = 40;
        using World world = new(World.Options(16));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        world.Map(0, Count);
        for (int page = 0; page < Count; page++) world.Touch(page, 1);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(Count), MemoryAdvice.PageOut));
        for (int page = 0; page < Count; page++) Assert.Equal(1, world.Peek(page));
        for (int page = 0; page < Count; page++) world.Touch(page, 2);
        UserProcess keeper = world.First;
        if (isForked)
        {
            World.Succeeds(world.First.Fork(out UserProcess? child));
            keeper = child!;
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(Count), MemoryAdvice.DontNeed));
        }

        using Snapshot snapshot = keeper.TakeSnapshot();
        World.Succeeds(keeper.Memory.Advise(World.At(0), World.Bytes(Count), MemoryAdvice.DontNeed));
        long writes = world.Engine.Reclaimed.SwapWrites;
        for (int round = 0; round < 4; round++) world.Engine.Parts.Reclaim.Reclaimer.Free(Count);
        Assert.Equal(writes + Count, world.Engine.Reclaimed.SwapWrites);
        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < Count; page++) Assert.Equal(2, keeper.Memory.Mmu.Read<byte>(World.At(page)));
        world.Verify();
    }

    /// <summary>The advice about a page that a snapshot keeps does what it does without one, and the page comes back.</summary>
    [Theory]
    [InlineData(MemoryAdvice.PageOut)]
    [InlineData(MemoryAdvice.Cold)]
    [InlineData(MemoryAdvice.Free)]
    public void AdviceAboutKeptPagesIsFollowed(MemoryAdvice advice)
    {
        string?[] states = new string?[2];
        foreach (bool isKept in (bool[])[false, true])
        {
            using World world = new(World.Options(16));
            World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out SwapDevice? device));
            world.Map(0, 8);
            for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
            Snapshot? snapshot = isKept ? world.First.TakeSnapshot() : null;
            World.Succeeds(world.Memory.Advise(World.At(1), World.Bytes(4), advice));
            string state = $"{device!.UsedSlotCount} {world.Memory.Usage.Resident.Value} {world.Engine.Reclaimed.SwapWrites}";
            if (advice == MemoryAdvice.Free) World.Succeeds(world.Memory.Advise(World.At(1), World.Bytes(2), MemoryAdvice.PageOut));
            for (int page = 0; page < 8; page++) state += $" {world.Peek(page)}";
            states[isKept ? 1 : 0] = state;
            world.Verify();
            if (snapshot is null) continue;
            World.Succeeds(snapshot.Restore());
            for (int page = 0; page < 8; page++) Assert.Equal(page + 1, world.Peek(page));
            world.Verify();
            snapshot.Dispose();
            world.AssertNothingIsLeft();
        }

        Assert.Equal(states[0], states[1]);
    }

    /// <summary>Reclaim meets the kept frames on its lists: cold ones go before pages that the process uses.</summary>
    [Fact]
    public void KeptFramesGoBeforePagesInUse()
    {
        using World world = new(World.Options(16));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        world.Map(0, 300);
        for (int page = 0; page < 300; page++) world.Touch(page, 1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        for (int page = 0; page < 300; page++) world.Touch(page, 2);    // the first 300 frames are the snapshot's alone
        for (int round = 0; round < 6; round++)
        {
            for (int page = 0; page < 300; page++) Assert.Equal(2, world.Peek(page));
            world.Engine.Parts.Reclaim.Reclaimer.Free(40);
            world.Verify();
        }

        Assert.True(world.Memory.Usage.Resident.Value > 250, $"{world.Memory.Usage.Resident.Value} of 300 pages in use are resident");
        Assert.InRange(world.Engine.Reclaimed.SwapWrites, 150, 400);
        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < 300; page++) Assert.Equal(1, world.Peek(page));
        world.Verify();
    }

    /// <summary>A device with kept pages, of a process and of shared memory, is switched off: they are in RAM, and come back.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void SwapOffReadsKeptPages(bool ofEngine)
    {
        using World world = new(World.Options(16));
        MemorySwapStore store = new(4 << 20);
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out SwapDevice? device));
        world.Map(0, 8);
        World.Succeeds(world.Memory.Map(World.At(8), World.Bytes(8), MemoryProtection.ReadWrite,
            MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed, out _));
        for (int page = 0; page < 16; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Protect(World.At(2), World.Bytes(2), MemoryProtection.Read));
        using IDisposable taken = ofEngine ? world.Engine.TakeSnapshot() : world.First.TakeSnapshot();
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(16), MemoryAdvice.PageOut));
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(8), MemoryProtection.ReadWrite));
        for (int page = 0; page < (ofEngine ? 16 : 8); page++) world.Touch(page, 0x99);
        using Snapshot second = world.First.TakeSnapshot();
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(3)));
        Assert.NotEqual(0u, device!.UsedSlotCount);
        World.Succeeds(world.Engine.Swap.SwitchOff(device));
        world.Verify();
        World.Succeeds(second.Restore());
        for (int page = 0; page < 8; page++) Assert.Equal(0x99, world.Peek(page));
        World.Succeeds(taken is EngineSnapshot whole ? whole.Restore() : ((Snapshot)taken).Restore());
        for (int page = 0; page < 16; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
        Assert.False(world.Mmu.TryWrite(World.At(2), (byte)1));
        world.Touch(0, 3);
        world.Verify();
    }

    /// <summary>The whole machine: three times RAM's pages in snapshots of two processes, and of the engine.</summary>
    [Fact]
    public void SnapshotsDoNotUseUpRam() => Property.ForSeeds(12, static seed =>
    {
        Random random = new((int)seed);
        using World world = new(2);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(16 << 20), out SwapDevice? device));
        const int Each = 200;
        UserProcess[] processes = [world.First, world.Engine.CreateProcess("second")];
        foreach (UserProcess process in processes) World.MapAs(process, 0, Each, MemoryProtection.ReadWrite, World.PrivateFixed);
        byte[][] bytes = [new byte[Each], new byte[Each]];
        List<(EngineSnapshot Snapshot, byte[][] Bytes)> taken = [];
        for (int step = 0; step < 10; step++)
        {
            for (int i = 0; i < Each; i++)
            {
                int which = random.Next(2), page = random.Next(Each);
                byte value = (byte)random.Next();
                Assert.True(processes[which].Memory.Mmu.TryWrite(World.At(page), value));
                bytes[which][page] = value;
            }

            if (step % 2 == 0) taken.Add((world.Engine.TakeSnapshot(), [[.. bytes[0]], [.. bytes[1]]]));
            if (random.Next(3) != 0) continue;
            (EngineSnapshot snapshot, byte[][] then) = taken[random.Next(taken.Count)];
            World.Succeeds(snapshot.Restore());
            bytes = [[.. then[0]], [.. then[1]]];
            for (int which = 0; which < 2; which++)
                for (int page = 0; page < Each; page++)
                    Assert.Equal(bytes[which][page], processes[which].Memory.Mmu.Read<byte>(World.At(page)));
            world.Verify();
        }

        world.Verify();
        foreach ((EngineSnapshot snapshot, _) in taken) snapshot.Dispose();
        world.Verify();
        world.AssertNothingIsLeft();
        Assert.Equal(0u, device!.UsedSlotCount);
    });

    /// <summary>A device that fails or is full leaves everything as it was, and a page that the host has pinned stays.</summary>
    [Fact]
    public void WithoutASlotNothingChanges()
    {
        using World world = new(World.Options(16));
        World.Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(8), out _));
        World.Succeeds(world.Engine.Groups.Create(new() { Name = "g", Limit = new(40) }, out MemoryGroup? group));
        UserProcess process = world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        World.MapAs(process, 0, 30, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 30; page++) process.Memory.Mmu.Write(World.At(page), (byte)page);
        using Snapshot snapshot = process.TakeSnapshot();
        int written = 0;
        while (written < 30 && process.Memory.Mmu.TryWrite(World.At(written), (byte)0xEE)) written++;
        Assert.InRange(written, 10, 29);
        world.Verify();
        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < 30; page++) Assert.Equal((byte)page, process.Memory.Mmu.Read<byte>(World.At(page)));
        world.Verify();
    }
}
