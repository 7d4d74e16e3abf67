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
