using Paging.Tests;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>Many processes and little RAM: fork bombs, mixes, locked pages, and no managed allocation on the way.</summary>
public class SharedPressureTests
{
    [Fact]
    public void SixtyFourProcessesShareSixteenMebibytes()
    {
        using PressureWorld world = new(ramMiB: 16, swapMiB: 128);
        Random random = new(5);
        world.Start(200);
        for (int page = 0; page < 100; page++) world.Processes[0].Write(page, 0, (uint)page + 1);
        while (world.Processes.Count < 64) world.Processes.Add(world.Processes[random.Next(world.Processes.Count)].Fork());
        for (int step = 0; step < 30_000; step++)
        {
            Modelled process = world.Processes[random.Next(64)];
            int page = random.Next(200);
            if (random.Next(2) == 0) process.Write(page, random.Next(1024) * 4, (uint)step);
            else process.Check(page, random.Next(1024) * 4);
        }

        world.VerifyBytes();
        Assert.True(world.Engine.Reclaimed.SwapWrites > 1000);
        foreach (Modelled process in world.Processes) process.Process.Dispose();
        world.Verify();
        Assert.Equal(0u, world.Device.UsedSlotCount);
    }

    [Fact]
    public void AForkBombEndsWithAnErrorAndEverythingComesBack()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 8);
        world.Start(300);
        for (int page = 0; page < 300; page++) world.Processes[0].Write(page, 0, (uint)page + 1);
        Errno error = Errno.None;
        List<UserProcess> bomb = [world.Processes[0].Process];
        for (int number = 0; number < 2000 && error == Errno.None; number++)
        {
            error = bomb[number / 2].Fork(out UserProcess? child);
            if (error == Errno.None) bomb.Add(child!);
        }

        Assert.Equal(Errno.ENOMEM, error);
        world.Verify();
        foreach (UserProcess process in bomb.Skip(1)) process.Dispose();
        world.VerifyBytes();
    }

    [Fact]
    public void LockedPagesStay()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 16);
        Modelled process = world.Start(2000);
        Succeeds(process.Process.Memory.Lock(At(0), 100 * 4096));
        for (int page = 0; page < 2000; page++) process.Write(page, 0, (uint)page + 1);
        for (int page = 0; page < 100; page++) Assert.True(process.Process.Memory.Space.Tables.Read(At(page).Page).IsPresent);
        world.VerifyBytes();
    }

    [Fact]
    public void PagesGivenUpGoWithoutSwapAndPagesWrittenSinceStay()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 0);
        Modelled process = world.Start(400);
        for (int page = 0; page < 180; page++) process.Write(page, 0, (uint)page + 1);
        Succeeds(process.Process.Memory.Advise(At(0), 180 * 4096, MemoryAdvice.Free));
        for (int page = 0; page < 20; page++) process.Write(page, 0, 77);
        for (int page = 200; page < 380; page++) process.Write(page, 0, (uint)page);
        Assert.True(world.Engine.Reclaimed.LazyFreed > 100);
        for (int page = 0; page < 20; page++) process.Check(page, 0);
        for (int page = 20; page < 180; page++)
        {
            uint found = process.Process.Memory.Mmu.Read<uint>(At(page));
            Assert.True(found == 0 || found == (uint)page + 1);
        }

        world.Verify();
    }

    [Fact]
    public void NothingIsAllocatedOnTheManagedHeapUnderPressure()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 16);
        Modelled process = world.Start(2000);
        Mmu mmu = process.Process.Memory.Mmu;
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (uint round = 0; round < 2; round++)
                for (int page = 0; page < 2000; page++) mmu.Write(At(page), round);
        }));
    }

    [Fact]
    public void TheSamePressureGivesTheSameCounters()
    {
        string counters = Run(9);
        Assert.Equal(counters, Run(9));
        Assert.NotEqual(counters, Run(10), StringComparer.Ordinal);

        static string Run(int seed)
        {
            using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
            Modelled process = world.Start(600);
            Random random = new(seed);
            for (int step = 0; step < 3000; step++) process.Write(random.Next(600), 0, (uint)step);
            ReclaimCounters counters = world.Engine.Reclaimed;
            return $"{counters.Scanned} {counters.Reclaimed} {counters.SwapWrites} {counters.SwapReads} {counters.Refaulted} " +
                $"{process.Process.Memory.Faults.Major}";
        }
    }
}
