using Paging.Core.Swap;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>A swapoff that fails returns the reason, and the device goes on as before; one that succeeds touches no other device.</summary>
/// <remarks>Linux: mm/swapfile.c, swapoff: after an error of try_to_unuse the device is inserted again.</remarks>
public class SwapOffErrorTests
{
    [Fact]
    public void AfterSharedMemoryDidNotFitTheDeviceTakesPagesAgain()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
        UserProcess process = world.Engine.CreateProcess("p");
        Succeeds(process.Memory.Map(At(0), 500 * 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed,
            out _));
        for (int page = 0; page < 500; page++) process.Memory.Mmu.Write(At(page), page + 1);
        Assert.Equal(Errno.ENOMEM, world.Engine.Swap.SwitchOff(world.Device));
        for (int page = 0; page < 500; page++)
        {
            Assert.Equal(page + 1, process.Memory.Mmu.Read<int>(At(page)));
            process.Memory.Mmu.Write(At(page), page + 2);
        }

        Assert.True(world.Device.UsedSlotCount > 200);
        world.Verify();
    }

    [Fact]
    public void PagesThatOnlyASnapshotHasAreReadBack()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 8);
        Modelled process = world.Start(8);
        AddressSpace memory = process.Process.Memory;
        for (int page = 0; page < 8; page++) process.Write(page, 0, (uint)page + 1);
        Succeeds(memory.Advise(At(0), 4 * 4096, MemoryAdvice.PageOut));
        using Snapshot snapshot = process.Process.TakeSnapshot();
        Succeeds(memory.Advise(At(0), 4 * 4096, MemoryAdvice.DontNeed));
        Succeeds(world.Engine.Swap.SwitchOff(world.Device));
        Assert.Equal(0u, world.Device.UsedSlotCount);
        Succeeds(snapshot.Restore());
        for (int page = 0; page < 8; page++) Assert.Equal(page + 1, memory.Mmu.Read<int>(At(page)));
        world.Verify();
    }

    [Fact]
    public void ASlotThatCannotBeReadIsAnInputErrorAndTheDeviceStays()
    {
        FailingSwapStore failing = null!;
        using PressureWorld world = new(ramMiB: 4, wrap: inner => failing = new(inner));
        Modelled process = world.Start(32);
        for (int page = 0; page < 32; page++) process.Write(page, 0, (uint)page + 100);
        Succeeds(process.Process.Memory.Advise(At(0), 32 * 4096, MemoryAdvice.PageOut));
        failing.ReadsFail = true;
        Assert.Equal(Errno.EIO, world.Engine.Swap.SwitchOff(world.Device));
        Assert.Equal((32u, 1), (world.Device.UsedSlotCount, world.Engine.Swap.Devices.Count));
        failing.ReadsFail = false;
        process.Write(5, 0, 1);
        Succeeds(process.Process.Memory.Advise(At(5), 4096, MemoryAdvice.PageOut));
        Assert.False(process.Process.Memory.Space.Tables.Read(At(5).Page).IsPresent);
        world.VerifyBytes();
        Succeeds(world.Engine.Swap.SwitchOff(world.Device));
    }

    [Fact]
    public void PagesOfOtherDevicesStayWhereTheyAre()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 1);
        Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(16), 10, out SwapDevice? first));
        Modelled process = world.Start(32);
        for (int page = 0; page < 32; page++) process.Write(page, 0, (uint)page + 1);
        Succeeds(process.Process.Memory.Advise(At(0), 32 * 4096, MemoryAdvice.PageOut));
        Assert.Equal((16u, 16u), (first!.UsedSlotCount, world.Device.UsedSlotCount));
        Succeeds(world.Engine.Swap.SwitchOff(first));
        Assert.Equal((16u, 16), (world.Device.UsedSlotCount, process.Process.Memory.Space.Statistics.Swapped));
        world.VerifyBytes();
    }

    /// <summary>The page of the last slot is in memory already, and nothing but the swap cache has the slot.</summary>
    [Fact]
    public void TheSwapCacheIsEmptiedUpToTheLastSlot()
    {
        using PressureWorld world = new(ramMiB: 4, swapMiB: 0);
        Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(16), 0, out SwapDevice? device));
        Modelled process = world.Start(16);
        for (int page = 0; page < 16; page++) process.Write(page, 0, (uint)page + 1);
        Succeeds(process.Process.Memory.Advise(At(0), 16 * 4096, MemoryAdvice.PageOut));
        Succeeds(process.Process.Memory.Advise(At(0), 15 * 4096, MemoryAdvice.DontNeed));
        Array.Clear(process.Pages, 0, 15);
        process.Check(15, 0);
        Assert.Equal(1u, device!.UsedSlotCount);
        Succeeds(world.Engine.Swap.SwitchOff(device));
        Assert.Equal(0u, world.Engine.Memory.SwapCached.Value);
        world.VerifyBytes();
    }
}
