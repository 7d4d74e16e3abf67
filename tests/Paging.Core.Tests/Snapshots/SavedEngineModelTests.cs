using Paging.Core.Swap;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Random families of processes with shared memory, forks, swap and snapshots are saved or cloned; then the same random writes, forks and
/// exits are made on both sides, and every byte of every process is the same on both.
/// </summary>
public sealed class SavedEngineModelTests
{
    private const int PageCount = 40;
    private static readonly VirtualAddress[] Places = [new(0x2000_0000), new(0x3000_0000), new(0x4000_0000), new(0x5000_0000)];

    [Theory]
    [InlineData(SavedEngineTests.Way.Load)]
    [InlineData(SavedEngineTests.Way.Resume)]
    [InlineData(SavedEngineTests.Way.Clone)]
    [InlineData(SavedEngineTests.Way.CloneAgain)]
    public void WhatFollowsIsTheSameOnBothSides(SavedEngineTests.Way way) => Property.ForSeeds(Soak.Of(25, 6), seed =>
    {
        Random random = new((int)seed);
        using World world = new(8), other = new(8);
        foreach (World one in (World[])[world, other])
            if (seed % 2 == 0) World.Succeeds(one.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        using GuestFile ram = world.Engine.Files.CreateMemoryFile("ram", PageCount << 12);
        List<UserProcess> before = [world.First];
        world.Memory.Map(Places[0], PageCount << 12, MemoryProtection.ReadWrite, World.PrivateFixed, out _);
        world.Memory.Map(Places[1], PageCount << 12, MemoryProtection.ReadWrite, World.SharedFixed, out _);
        world.Memory.MapFile(Places[2], ram, PageCount << 12);
        world.Memory.MapFile(Places[3], ram, PageCount << 12, isPrivate: true);
        for (int i = 0; i < 150; i++) Step(random, before, mayAdvise: true);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        List<UserProcess> after = [.. SavedEngineTests.Make(way, snapshot, other)];
        other.Verify();
        Compare(before, after, random);
        if (seed % 3 == 0)
        {
            using EngineSnapshot again = other.Engine.TakeSnapshot();
            for (int i = 0; i < 50; i++) Step(random, [.. after.Where(static process => !process.HasExited)], mayAdvise: true);
            World.Succeeds(again.Restore());
            other.Verify();
            Compare(before, after, random);
        }

        int same = random.Next();
        foreach (List<UserProcess> side in (List<UserProcess>[])[before, after])
        {
            Random steps = new(same);
            for (int i = 0; i < 150; i++) Step(steps, side, mayAdvise: false);
        }

        Compare(before, after, random);
        world.Verify();
        other.Verify();
        foreach (UserProcess process in after) process.Dispose();
        foreach (SwapDevice device in other.Engine.Swap.Devices.ToArray()) World.Succeeds(other.Engine.Swap.SwitchOff(device));
        other.AssertNothingIsLeft();
    });

    private static void Step(Random random, List<UserProcess> processes, bool mayAdvise)
    {
        int choice = random.Next(100), at = random.Next(processes.Count), page = random.Next(PageCount), place = random.Next(Places.Length);
        int value = random.Next();
        UserProcess process = processes[at];
        if (process.HasExited) return;
        VirtualAddress address = Places[place] + ((uint)page << 12) + ((uint)(value & 0x3F) << 2);
        switch (choice)
        {
            case < 60:
                process.Memory.Mmu.TryWrite(address, value, out _);
                break;
            case < 75:
                process.Memory.Mmu.TryRead(address, out int _, out _);
                break;
            case < 80 when mayAdvise:
                process.Memory.Advise(Places[place], (uint)page << 12, MemoryAdvice.PageOut);
                break;
            case < 83:
                process.Memory.Advise(Places[place] + ((uint)page << 12), 4096, place == 0 ? MemoryAdvice.DontNeed : MemoryAdvice.Remove);
                break;
            case < 86:
                process.Memory.Unmap(Places[place] + ((uint)page << 12), 4096);
                break;
            case < 89:
                process.Memory.Protect(Places[place] + ((uint)page << 12), 4096, MemoryProtection.Read);
                break;
            case < 92:
                process.Memory.Remap(Places[0] + ((uint)page << 12), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed,
                    new(0x6000_0000 + ((uint)page << 12)), out _);
                break;
            case < 97 when processes.Count < 6:
                if (process.Fork(out UserProcess? child) == Errno.None) processes.Add(child!);
                break;
            case >= 99 when at != 0:
                process.Exit(value & 0xFF);
                break;
        }
    }

    private static void Compare(List<UserProcess> before, List<UserProcess> after, Random random)
    {
        Assert.Equal(before.Select(static process => process.HasExited), after.Select(static process => process.HasExited));
        byte[] then = new byte[4096], now = new byte[4096];
        foreach (int i in Enumerable.Range(0, before.Count).OrderBy(_ => random.Next()))
        {
            if (before[i].HasExited) continue;
            Assert.Equal(Lines(before[i]), Lines(after[i]));
            foreach (AreaSnapshot area in before[i].Memory.Areas.Snapshot())
            {
                for (PageNumber page = area.Range.First; page < area.Range.End; page += Paging.Native.PageCount.One)
                {
                    bool isThen = before[i].Memory.Mmu.CopyOut(page.Address, then, out _) == 4096;
                    bool isNow = after[i].Memory.Mmu.CopyOut(page.Address, now, out _) == 4096;
                    Assert.Equal(isThen, isNow);
                    if (isThen && !then.AsSpan().SequenceEqual(now)) Assert.Fail($"process {i}, page {page.Value:x5} differs");
                }
            }
        }
    }

    private static string Lines(UserProcess process) => string.Join('\n', process.Memory.Areas.Snapshot().Select(static area =>
        $"{area.Range.First.Value:x5} {area.Range.Count.Value} {area.Rights} {area.Name}"));
}
