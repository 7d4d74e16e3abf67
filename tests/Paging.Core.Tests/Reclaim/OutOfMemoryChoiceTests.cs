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
        World.Succeeds(world.Engine.Swap.On(new MemorySwapStore(1 << 20), out _));
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
}
