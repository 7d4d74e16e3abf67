using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Which process ends when memory is out, beside the formula of the kernel: resident pages, swapped pages and page tables, and the score
/// as thousandths of all memory; -1000 never. Linux: mm/oom_kill.c oom_badness, select_bad_process.
/// </summary>
public sealed class OutOfMemoryChoiceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]    // a group at its limit chooses among its own
    public void TheWorstProcessEnds(bool isGroupFull) => Property.ForSeeds(20, seed =>
    {
        Random random = new((int)seed);
        using World world = new(World.Options(8) with { OutOfMemory = OutOfMemoryPolicy.Kill });
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        MemoryGroup group = Group(world), other = Group(world);
        List<UserProcess> processes = [];
        for (int i = 0; i < 6; i++)
        {
            UserProcess process = world.Engine.CreateProcess($"p{i}", new ProcessOptions { Group = i % 2 == 0 ? group : other });
            int pages = random.Next(1, 60);
            World.MapAs(process, 0, 64, MemoryProtection.ReadWrite, World.PrivateFixed);
            for (int page = 0; page < pages; page++) process.Memory.Mmu.Write(World.At(page), (byte)1);
            int outside = random.Next(pages + 1);
            if (outside != 0) World.Succeeds(process.Memory.Advise(World.At(0), World.Bytes(outside), MemoryAdvice.PageOut));
            process.OutOfMemoryScore = random.Next(3) == 0 ? -1000 : random.Next(-20, 21);
            processes.Add(process);
        }

        processes[random.Next(6)].Exit(3);
        world.First.OutOfMemoryScore = -1000;
        UserProcess asking = processes.Find(static process => !process.HasExited)!;
        if (isGroupFull)
        {
            asking = processes.Where((process, index) => index % 2 == 0 && !process.HasExited).First();
            _ = group.SetLimit(new FrameCount(1));
        }

        long total = world.Machine.Frames.Count.Value + 256;
        IEnumerable<UserProcess> candidates = processes.Where((process, index) =>
            !process.HasExited && process.OutOfMemoryScore != -1000 && (!isGroupFull || index % 2 == 0));
        UserProcess? worst = candidates.OrderByDescending(process => Badness(process, total)).FirstOrDefault();
        long kills = world.Engine.Reclaimed.Kills;
        bool isKilled = world.Engine.Parts.Reclaim.Pressure.TryKill(asking.Memory.Space);
        bool isExpected = worst is not null && worst != asking;
        Assert.Equal(isExpected, isKilled);
        Assert.Equal(kills + (isExpected ? 1 : 0), world.Engine.Reclaimed.Kills);
        if (!isExpected) return;
        Assert.True(worst!.HasExited);
        Assert.Equal(137, worst.ExitCode);
        Assert.Equal(1, worst.Group.Kills);
        Assert.Equal(2, processes.Count(static process => process.HasExited));
        world.Verify();
    });

    private static long Badness(UserProcess process, long total)
    {
        MemoryFootprint footprint = process.Memory.Footprint;
        long pages = (long)((footprint.Resident + footprint.Swapped) >> 12) + process.Memory.Space.Tables.TableCount.Value;
        return pages + (process.OutOfMemoryScore * total / 1000);
    }

    private static MemoryGroup Group(World world)
    {
        World.Succeeds(world.Engine.Groups.Create(new() { OutOfMemory = OutOfMemoryPolicy.Kill }, out MemoryGroup? group));
        Assert.Equal(OutOfMemoryPolicy.Kill, group!.OutOfMemory);
        return group;
    }

    /// <summary>A process whose pages a snapshot of the engine keeps is not ended: that would free nothing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NoProcessEndsForNothing(bool isKept)
    {
        using World world = new(World.Options(4) with { OutOfMemory = OutOfMemoryPolicy.Kill });
        UserProcess[] large = [.. Enumerable.Range(0, 4).Select(i => Filled(world, $"large {i}", 215))];
        using EngineSnapshot? snapshot = isKept ? world.Engine.TakeSnapshot() : null;
        UserProcess small = world.Engine.CreateProcess("small");
        World.MapAs(small, 0, 200, MemoryProtection.ReadWrite, World.PrivateFixed);
        int filled = 0;
        while (filled < 200 && small.Memory.Mmu.TryWrite(World.At(filled), (byte)1)) filled++;
        Assert.Equal((isKept ? 0 : 1, !isKept), (large.Count(static process => process.HasExited), filled == 200));
        world.Verify();
        if (!isKept) return;
        for (int page = 0; page < 20; page++) Assert.False(small.Memory.Mmu.TryWrite(World.At(filled), (byte)1));
        Assert.Equal(0, world.Engine.Reclaimed.Kills);
        World.Succeeds(snapshot!.Restore());
        foreach (UserProcess process in large) Assert.Equal(7, process.Memory.Mmu.Read<byte>(World.At(214)));
        world.Verify();
    }

    /// <summary>The pages that an end frees count: those changed since a snapshot of the engine, and those of its own ones.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheWorstProcessIsTheOneThatFreesMost(bool isOwnSnapshot)
    {
        using World world = new(World.Options(4) with { OutOfMemory = OutOfMemoryPolicy.Kill });
        UserProcess keeper = Filled(world, "keeper", isOwnSnapshot ? 500 : 300), plain = Filled(world, "plain", isOwnSnapshot ? 300 : 250);
        using Snapshot? own = isOwnSnapshot ? keeper.TakeSnapshot() : null;
        using EngineSnapshot? ofAll = isOwnSnapshot ? null : world.Engine.TakeSnapshot();
        if (isOwnSnapshot) World.Succeeds(keeper.Memory.Unmap(World.At(0), World.Bytes(500)));
        else for (int page = 0; page < 250; page++) plain.Memory.Mmu.Write(World.At(page), (byte)2);
        UserProcess small = world.Engine.CreateProcess("small");
        World.MapAs(small, 0, 1000, MemoryProtection.ReadWrite, World.PrivateFixed);
        int filled = 0;
        while (!keeper.HasExited && !plain.HasExited && small.Memory.Mmu.TryWrite(World.At(filled), (byte)1)) filled++;
        Assert.Equal((isOwnSnapshot, !isOwnSnapshot), (keeper.HasExited, plain.HasExited));
        world.Verify();
    }

    /// <summary>The count is the number of frames that come free, for any tree of snapshots of a process, or of the engine.</summary>
    [Fact]
    public void ThatCountIsExact() => Property.ForSeeds(120, static seed =>
    {
        Random random = new((int)seed);
        using World world = new(8);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        List<Snapshot> own = [];
        List<EngineSnapshot> ofAll = [];
        world.Map(0, 60);
        for (int step = 0; step < 60; step++)
        {
            int page = random.Next(60);
            switch (random.Next(12))
            {
                case 0 when own.Count < 3 && seed % 2 == 0: own.Add(world.First.TakeSnapshot()); break;
                case 1 when ofAll.Count < 2 && seed % 2 != 0: ofAll.Add(world.Engine.TakeSnapshot()); break;
                case 2 when own.Count != 0:
                    own[0].Dispose();
                    own.RemoveAt(0);
                    break;
                case 3 when ofAll.Count != 0: World.Succeeds(ofAll[random.Next(ofAll.Count)].Restore()); break;
                case 4 when own.Count != 0 && own[^1].IsValid: World.Succeeds(own[^1].Restore()); break;
                case 5: World.Succeeds(world.Memory.Advise(World.At(page), 4096, MemoryAdvice.DontNeed)); break;
                case 6: World.Succeeds(world.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut)); break;
                default: world.Touch(page, (byte)step); break;
            }

            own.RemoveAll(static snapshot => !snapshot.IsValid);
        }

        if (world.First.Snapshots is not { Current: not null } tree) return;
        long counted = tree.CountFreedByEnd(ofAll.Count == 0 ? null : world.Engine.ProcessTable.ProcessSnapshots);
        long before = Used(world, device!);
        world.First.Exit();
        long directory = ofAll.Count == 0 ? 1 : 0;    // is freed as well, and counts for nobody
        Assert.Equal(before - Used(world, device!) - directory, counted);
        world.Verify();
    });

    private static long Used(World world, SwapDevice device) =>
        (long)world.Machine.Frames.Count.Value - world.Machine.Allocator.AvailableFrames.Value + device.UsedSlotCount
            - world.Engine.Frames.CountOf(FrameState.SwapCache).Value;    // a page of the swap cache counts once

    private static UserProcess Filled(World world, string name, int pages)
    {
        UserProcess process = world.Engine.CreateProcess(name);
        World.MapAs(process, 0, pages, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < pages; page++) process.Memory.Mmu.Write(World.At(page), (byte)7);
        return process;
    }
}
