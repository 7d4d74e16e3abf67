using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Native;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>A group of processes with a hard limit: it pays for itself, reclaims from itself, and runs out of memory by itself.</summary>
public class MemoryGroupTests
{
    [Fact]
    public void AGroupAtItsLimitReclaimsFromItselfAndItsNeighboursKeepTheirPages()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 32);
        Modelled neighbour = world.Start(500);
        for (int page = 0; page < 500; page++) neighbour.Write(page, 0, (uint)page);
        MemoryGroup group = Group(world, 200);
        Modelled guest = Start(world, group, 2000);
        for (int page = 0; page < 2000; page++)
        {
            guest.Write(page, 4, (uint)page + 1);
            Assert.True(group.Usage.Value <= 200);
        }

        world.Verify();
        Assert.Equal(0, neighbour.Process.Memory.Space.Statistics.Swapped);
        Assert.True(group.LimitHits > 20);
        Assert.True(world.Engine.Parts.Machine.Allocator.FreeFrames.Value > 1000, "RAM is not what was short");
        world.VerifyBytes();
        guest.Process.Dispose();
        Assert.Equal(0u, group.Usage.Value);
        world.Verify();
    }

    [Fact]
    public void WithoutSwapTheLimitIsAnOutOfMemoryForTheGroupAlone()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 0);
        MemoryGroup group = Group(world, 100);
        Modelled guest = Start(world, group, 200);
        int page = 0;
        while (guest.Process.Memory.Mmu.TryWrite(At(page), 1u, out MemoryFault fault)) page++;
        Assert.InRange(page, 90, 100);
        Assert.True(group.Failures > 0);
        Modelled neighbour = world.Start(1000);
        for (int other = 0; other < 1000; other++) neighbour.Write(other, 0, 1);
        Succeeds(group.SetLimit(new FrameCount(150)));
        Assert.True(guest.Process.Memory.Mmu.TryWrite(At(page), 1u));
        world.Verify();
    }

    [Fact]
    public void TheKillerOfAGroupTakesItsWorstProcessAndNoOther()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 0);
        Modelled neighbour = world.Start(1000);
        for (int page = 0; page < 1000; page++) neighbour.Write(page, 0, 1);
        MemoryGroup group = Group(world, 200, OutOfMemoryPolicy.Kill);
        Modelled hog = Start(world, group, 150), late = Start(world, group, 150);
        for (int page = 0; page < 140; page++) hog.Write(page, 0, 1);
        for (int page = 0; page < 100; page++) late.Write(page, 0, 1);
        Assert.True(hog.Process.HasExited);
        Assert.False(neighbour.Process.HasExited);
        Assert.Equal(1, group.Kills);
        world.Verify();
    }

    [Fact]
    public void AForkBombStaysWithinItsGroup()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        MemoryGroup group = Group(world, 300);
        Modelled guest = Start(world, group, 50);
        for (int page = 0; page < 50; page++) guest.Write(page, 0, 1);
        List<UserProcess> bomb = [guest.Process];
        Errno error = Errno.None;
        for (int number = 0; error == Errno.None; number++)
        {
            error = bomb[number / 2].Fork(out UserProcess? child);
            if (error == Errno.None) bomb.Add(child!);
        }

        Assert.Equal(Errno.ENOMEM, error);
        Assert.True(group.Usage.Value <= 300);
        Assert.True(world.Engine.Parts.Machine.Allocator.FreeFrames.Value > 1500);
        world.Verify();
        foreach (UserProcess process in bomb.Skip(1)) process.Dispose();
        world.VerifyBytes();
        guest.Process.Dispose();
        Assert.Equal(0u, group.Usage.Value);
        world.Verify();
    }

    [Fact]
    public void PagesOfFilesAndSharedMemoryAreChargedToTheCaller()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        MemoryGroup group = Group(world, 100);
        UserProcess process = world.Engine.CreateProcess("guest", new() { Group = group });
        GuestFile file = world.Engine.Files.CreateFile("file", new MemoryBacking(new byte[400 * 4096]));
        Succeeds(file.Open(process, FileRights.Read, out int descriptor));
        byte[] buffer = new byte[400 * 4096];
        Succeeds(process.FileDescriptors.Read(descriptor, buffer, out int count));
        Assert.Equal(buffer.Length, count);
        Assert.InRange(group.Usage.Value, 10u, 100u);
        Succeeds(process.Memory.Map(At(0), 300 * 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed,
            out _));
        for (int page = 0; page < 300; page++) process.Memory.Mmu.Write(At(page), page);
        for (int page = 0; page < 300; page++) Assert.Equal(page, process.Memory.Mmu.Read<int>(At(page)));
        Assert.True(group.Usage.Value <= 100);
        Assert.Equal(Errno.EBUSY, world.Engine.Groups.Remove(group));
        process.Dispose();
        world.Verify();
        Succeeds(world.Engine.Groups.Remove(group));
        Assert.Equal(Errno.EINVAL, world.Engine.Groups.Remove(group));
        world.Verify();
        file.Dispose();
    }

    /// <summary>At its limit a group is not above it.</summary>
    [Theory]
    [InlineData(0, Errno.None)]
    [InlineData(1, Errno.None)]
    [InlineData(-1, Errno.EBUSY)]
    public void ALimitThatIsReachedIsKept(int more, Errno expected)
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 0);
        MemoryGroup group = Group(world, null);
        Modelled guest = Start(world, group, 10);
        for (int page = 0; page < 10; page++) guest.Write(page, 0, 1);
        uint usage = group.Usage.Value;
        Assert.Equal(expected, group.SetLimit(new FrameCount((uint)(usage + more))));
        Assert.Equal((usage, (uint)(usage + more)), (group.Usage.Value, group.Limit!.Value.Value));
        Assert.False(guest.Process.Memory.Mmu.TryWrite(At(10), 1u));    // not mapped
        world.VerifyBytes();
    }

    /// <summary>The first group is there for good, also when no process is in it.</summary>
    [Fact]
    public void TheFirstGroupCannotBeRemoved()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 0);
        MemoryGroup root = world.Engine.Groups.All[0];
        Assert.Equal(0u, root.Tables.Value);
        Assert.Equal(Errno.EBUSY, world.Engine.Groups.Remove(root));
        Assert.Same(root, world.Engine.Groups.All[0]);
        Modelled process = world.Start(1);
        process.Write(0, 0, 1);
        Assert.Equal(Errno.EBUSY, world.Engine.Groups.Remove(root));
        MemoryGroup group = Group(world, null);
        Assert.Equal(1, group.Number);
        Succeeds(world.Engine.Groups.Remove(group));
        Assert.Equal((0u, 0u), (group.Usage.Value, group.Tables.Value));
        Assert.Throws<ObjectDisposedException>(() => group.SetLimit(null));
        world.VerifyBytes();
    }

    /// <summary>
    /// Pages that an earlier group of the same number has lost belong to no working set. Linux: workingset_test_recent finds no group.
    /// </summary>
    [Fact]
    public void AGroupHasNoPartInTheHistoryOfTheOneBefore()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        GuestFile file = world.Engine.Files.CreateFile("file", new MemoryBacking(new byte[16 * 4096]));
        for (int generation = 0; generation < 3; generation++)
        {
            MemoryGroup group = Group(world, null);
            Assert.Equal(1, group.Number);
            Modelled guest = Start(world, group, 100);
            UserProcess process = guest.Process;
            for (int page = 0; page < 100; page++) guest.Write(page, 0, 1);    // 100 pages could have made room for those of the file
            Succeeds(file.Open(process, FileRights.Read, out int descriptor));
            Succeeds(process.Memory.Map(At(200), 16 * 4096, MemoryProtection.Read, MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _));
            Succeeds(process.Memory.Advise(At(200), 16 * 4096, MemoryAdvice.PopulateRead));
            Assert.Equal(0, world.Engine.Reclaimed.RefaultedActive);
            Succeeds(process.Memory.Advise(At(200), 16 * 4096, MemoryAdvice.PageOut));
            process.Dispose();
            world.Processes.Clear();
            Succeeds(world.Engine.Groups.Remove(group));
        }

        world.Verify();
    }

    /// <summary>Pages that only killed processes had locked are reclaimed, however many they were. Linux: __alloc_pages_slowpath.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void AfterTheLastKillReclaimIsTriedAgain(int lockers)
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 0);
        MemoryGroupOptions options = new() { Limit = new FrameCount(8), OutOfMemory = OutOfMemoryPolicy.Kill, CountsTables = false };
        Succeeds(world.Engine.Groups.Create(options, out MemoryGroup? group));
        GuestFile file = world.Engine.Files.CreateFile("file", new MemoryBacking(new byte[8 * 4096]));
        for (int locker = 0; locker < lockers; locker++)
        {
            UserProcess process = world.Engine.CreateProcess("locker", new() { Group = group });
            Succeeds(file.Open(process, FileRights.Read, out int descriptor));
            Succeeds(process.Memory.Map(At(0), 8 * 4096, MemoryProtection.Read, MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _));
            Succeeds(process.Memory.Lock(At(0), 8 * 4096));
        }

        Modelled asking = Start(world, group!, 1);
        Assert.Equal(8u, group!.Usage.Value);
        Assert.True(asking.Process.Memory.Mmu.TryWrite(At(0), 1u));
        Assert.Equal(lockers, group.Kills);
        world.Verify();
    }

    [Fact]
    public void ALowerLimitReclaimsAtOnce()
    {
        using PressureWorld world = new(ramMiB: 8, swapMiB: 8);
        MemoryGroup group = Group(world, null);
        Modelled guest = Start(world, group, 400);
        for (int page = 0; page < 400; page++) guest.Write(page, 0, (uint)page + 1);
        Succeeds(group.SetLimit(new FrameCount(60)));
        Assert.True(group.Usage.Value <= 60);
        Assert.Equal(Errno.EBUSY, group.SetLimit(new FrameCount(1)));    // its tables stay
        Succeeds(group.SetLimit(null));
        world.VerifyBytes();
    }

    private static MemoryGroup Group(PressureWorld world, uint? limit, OutOfMemoryPolicy policy = OutOfMemoryPolicy.Report)
    {
        MemoryGroupOptions options = new()
        {
            Name = "guest",
            Limit = limit is { } frames
            ? new FrameCount(frames) : null,
            OutOfMemory = policy
        };
        Succeeds(world.Engine.Groups.Create(options, out MemoryGroup? group));
        return group!;
    }

    private static Modelled Start(PressureWorld world, MemoryGroup group, int pageCount)
    {
        UserProcess process = world.Engine.CreateProcess("guest", new() { Group = group });
        Succeeds(process.Memory.Map(At(0), (uint)pageCount * 4096, MemoryProtection.ReadWrite, PrivateFixed, out _));
        Modelled modelled = new(process, new byte[pageCount][]);
        if (group.OutOfMemory == OutOfMemoryPolicy.Report) world.Processes.Add(modelled);
        return modelled;
    }
}
