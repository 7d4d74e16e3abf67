using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Reports;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>Swap devices: each page that goes out comes back or gives an error, and an error affects that page alone.</summary>
public class SwapTests
{
    [Fact]
    public void ASwappedPageIsNotPresentIsCountedAndComesBackByAMajorFault()
    {
        using PressureWorld world = new();
        Modelled process = world.Start(8);
        process.Write(3, 8, 42);
        AddressSpace memory = process.Process.Memory;
        Succeeds(memory.Advise(At(0), 8 * 4096, MemoryAdvice.PageOut));
        world.Verify();

        PageTableEntry entry = memory.Space.Tables.Read(At(3).Page);
        Assert.False(entry.IsPresent);
        Assert.True(SwapEntry.From(entry) is { IsSwap: true, IsExclusive: true, Device: 0 });
        Assert.Equal(1, memory.Space.Statistics.Swapped);
        Assert.Contains("VmSwap:\t       4 kB", memory.FormatStatus(), StringComparison.Ordinal);
        Assert.True(memory.HasOwnPage(At(3).Page));
        byte[] present = new byte[8];
        Succeeds(memory.InCore(At(0), 8 * 4096, present));
        Assert.Equal(0, present[3]);

        long major = memory.Faults.Major;
        process.Check(3, 8);
        Assert.Equal(major + 1, memory.Faults.Major);
        Assert.True(memory.Space.Tables.Read(At(3).Page).IsWritable, "no other process had it");
        world.VerifyBytes();
    }

    [Fact]
    public void ACleanPageGoesOutAgainWithoutAWriteAndAPageOfZerosWithoutAny()
    {
        using PressureWorld world = new();
        Modelled process = world.Start(4);
        process.Write(0, 0, 7);
        process.Write(1, 0, 0);
        AddressSpace memory = process.Process.Memory;
        Succeeds(memory.Advise(At(0), 2 * 4096, MemoryAdvice.PageOut));
        Assert.Equal(1, world.Engine.Reclaimed.SwapWrites);
        Assert.Equal(1, world.Engine.Reclaimed.ZeroPages);
        process.Check(0, 0);
        process.Check(1, 0);
        Succeeds(memory.Advise(At(0), 2 * 4096, MemoryAdvice.PageOut));
        Assert.Equal(1, world.Engine.Reclaimed.SwapWrites);
        Assert.Equal(2, world.Engine.Reclaimed.CleanDrops);
        world.VerifyBytes();
    }

    [Fact]
    public void AForkSharesSlotsAndEachSideSeesItsOwnWrites()
    {
        using PressureWorld world = new();
        Modelled parent = world.Start(16);
        for (int page = 0; page < 16; page++) parent.Write(page, 0, (uint)page + 1);
        Succeeds(parent.Process.Memory.Advise(At(0), 16 * 4096, MemoryAdvice.PageOut));
        Modelled child = parent.Fork();
        world.Processes.Add(child);
        world.Verify();
        Assert.Equal(16u, world.Device.UsedSlotCount);
        for (int page = 0; page < 16; page += 2) child.Write(page, 4, 99);
        parent.Check(0, 4);
        for (int page = 1; page < 16; page += 2) parent.Write(page, 8, 55);
        world.VerifyBytes();
        parent.Process.Dispose();
        world.Processes.Remove(parent);
        world.VerifyBytes();
        child.Process.Dispose();
        world.Verify();
        Assert.Equal(0u, world.Device.UsedSlotCount);
    }

    [Fact]
    public void PagesUnmappedDiscardedOrGivenUpLeaveTheirSlots()
    {
        using PressureWorld world = new();
        Modelled process = world.Start(12);
        AddressSpace memory = process.Process.Memory;
        for (int page = 0; page < 12; page++) process.Write(page, 0, 1);
        Succeeds(memory.Advise(At(0), 12 * 4096, MemoryAdvice.PageOut));
        Succeeds(memory.Unmap(At(0), 4 * 4096));
        Succeeds(memory.Advise(At(4), 4 * 4096, MemoryAdvice.DontNeed));
        Succeeds(memory.Advise(At(8), 4 * 4096, MemoryAdvice.Free));
        world.Verify();
        Assert.Equal(0u, world.Device.UsedSlotCount);
        Assert.Equal(0u, memory.Mmu.Read<uint>(At(9)));
    }

    [Fact]
    public void APageThatCannotBeReadIsABusErrorForThatPageAlone()
    {
        FailingSwapStore failing = null!;
        using PressureWorld world = new(wrap: inner => failing = new(inner));
        Modelled process = world.Start(64);
        for (int page = 0; page < 64; page++) process.Write(page, 0, (uint)page + 100);
        Succeeds(process.Process.Memory.Advise(At(0), 64 * 4096, MemoryAdvice.PageOut));
        failing.ReadsFail = true;
        Assert.False(process.Process.Memory.Mmu.TryRead(At(20), out uint _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        world.Verify();
        failing.ReadsFail = false;
        world.VerifyBytes();
    }

    [Theory]
    [InlineData(11), InlineData(12), InlineData(13)]
    public void EachOperationOfADeviceMayFailAndNothingIsLost(int seed)
    {
        FailingSwapStore failing = null!;
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8, wrap: inner => failing = new(inner));
        Modelled process = world.Start(600);
        Random random = new(seed);
        for (int step = 0; step < 4000; step++)
        {
            if (failing.FailAtOperation == 0) failing.FailAtOperation = 1 + random.Next(40);
            int page = random.Next(600);
            if (random.Next(2) == 0)
            {
                uint value = (uint)random.Next();
                if (!process.Process.Memory.Mmu.TryWrite(At(page), value, out MemoryFault fault)) AssertBusError(fault);
                else process.Write(page, 0, value);
            }
            else if (process.Process.Memory.Mmu.TryRead(At(page), out uint found, out MemoryFault fault))
            {
                Assert.Equal(process.Expected(page, 0), found);
            }
            else
            {
                AssertBusError(fault);
            }

            if (step % 200 == 0) world.Verify();
        }

        failing.FailAtOperation = 0;
        world.VerifyBytes();
        Assert.True(world.Engine.Reclaimed.WriteErrors > 0);
    }

    [Fact]
    public void SwitchingOffBringsEverythingBackWhileForksShareIt()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 8);
        Modelled parent = world.Start(300);
        for (int page = 0; page < 300; page++) parent.Write(page, page * 4, (uint)page + 1);
        Succeeds(parent.Process.Memory.Advise(At(0), 300 * 4096, MemoryAdvice.PageOut));
        world.Processes.Add(parent.Fork());
        for (int page = 0; page < 100; page++) parent.Write(page, 0, 5);
        Succeeds(parent.Process.Memory.Protect(At(200), 50 * 4096, MemoryProtection.None));
        Succeeds(world.Engine.Swap.SwitchOff(world.Device));
        world.Verify();
        Succeeds(parent.Process.Memory.Protect(At(200), 50 * 4096, MemoryProtection.ReadWrite));
        Assert.Empty(world.Engine.Swap.Devices);
        Assert.Equal(0, parent.Process.Memory.Space.Statistics.Swapped);
        world.VerifyBytes();
        Assert.Equal(Errno.EINVAL, world.Engine.Swap.SwitchOff(world.Device));
    }

    [Fact]
    public void SwitchingOffMovesPagesToAnotherDeviceWhereRamIsTooSmall()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
        Modelled process = world.Start(600);
        for (int page = 0; page < 600; page++) process.Write(page, 0, (uint)page + 1);
        Assert.Equal(Errno.ENOMEM, world.Engine.Swap.SwitchOff(world.Device));
        world.VerifyBytes();
        Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), -5, out SwapDevice? second));
        Succeeds(world.Engine.Swap.SwitchOff(world.Device));
        Assert.True(second!.UsedSlotCount > 300);
        world.VerifyBytes();
    }

    [Fact]
    public void TheDeviceOfHighestPriorityIsFilledFirst()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 1);
        Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), 10, out SwapDevice? first));
        Modelled process = world.Start(1200);
        for (int page = 0; page < 1000; page++) process.Write(page, 0, (uint)page + 1);
        Assert.True(first!.UsedSlotCount > 700);
        Assert.Equal(0u, world.Device.UsedSlotCount);
        for (int page = 1000; page < 1200; page++) process.Write(page, 0, 1);
        world.VerifyBytes();
    }

    [Fact]
    public void WithRamAndSwapFullTheFaultFailsAndNothingIsLost()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 1);
        Modelled process = world.Start(1000);
        int page = 0;
        MemoryFault fault = default;
        while (page < 1000 && process.Process.Memory.Mmu.TryWrite(At(page), (uint)page + 1, out fault))
            process.Write(page, 0, (uint)page++ + 1);
        Assert.Equal(MemoryFaultKind.OutOfMemory, fault.Kind);
        Assert.True(page > 400);
        world.Verify();
        Succeeds(process.Process.Memory.Unmap(At(0), 100 * 4096));
        for (int written = 100; written < page; written++) process.Check(written, 0);
        process.Write(page, 0, 1);
        world.Verify();
    }

    [Fact]
    public void AFileOfTheHostKeepsPagesAndNoticesWhenTheyChange()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using FileSwapStore store = new(path, 64);
        byte[] page = new byte[4096], found = new byte[4096];
        new Random(1).NextBytes(page);
        Succeeds(store.Write(7, page));
        Succeeds(store.Read(7, found));
        Assert.Equal(page, found);
        Succeeds(store.Write(8, page));
        page[100] ^= 1;
        Succeeds(store.Write(7, page));
        Succeeds(store.Read(8, found));
        Assert.NotEqual(page, found);
        Assert.Equal(Errno.EIO, store.Read(9, found));    // never written: zeros, but with no such sum
    }

    private static void AssertBusError(MemoryFault fault) => Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
}
