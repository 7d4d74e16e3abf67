using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>Shared memory and memory files go to swap as well. The object records the slots, so every process finds its pages.</summary>
public class SharedMemorySwapTests
{
    private const MapFlags SharedFixed = MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed;

    [Fact]
    public void SharedMemoryOfFiveTimesRamIsSeenByEveryProcess()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
        UserProcess first = world.Engine.CreateProcess("first");
        Succeeds(first.Memory.Map(At(0), 1280 * 4096, MemoryProtection.ReadWrite, SharedFixed, out _));
        UserProcess second = first.Fork();
        for (uint page = 0; page < 1280; page++) (page % 2 == 0 ? first : second).Memory.Mmu.Write(At((int)page), page + 1);
        world.Verify();
        for (uint page = 0; page < 1280; page++)
            Assert.Equal(page + 1, (page % 2 == 0 ? second : first).Memory.Mmu.Read<uint>(At((int)page)));
        world.Verify();
        Assert.True(world.Device.UsedSlotCount > 1000);
        Assert.True(first.Memory.Faults.Major > 300);
        first.Dispose();
        second.Dispose();
        world.Verify();
        Assert.Equal(0u, world.Device.UsedSlotCount);
    }

    [Fact]
    public void AMemoryFileIsReadCutAndWrittenWhileItIsOut()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 8);
        GuestFile file = world.Engine.Files.CreateMemoryFile("file");
        byte[] content = new byte[40 * 4096], found = new byte[40 * 4096];
        new Random(3).NextBytes(content);
        Succeeds(file.Write(0, content, out _));
        PutOut(world, file, 40);
        Assert.Equal(40u, world.Device.UsedSlotCount);

        Succeeds(file.Read(0, found.AsSpan(0, 10 * 4096), out int count));
        Assert.Equal(10 * 4096, count);
        Assert.Equal(content.AsSpan(0, 10 * 4096), found.AsSpan(0, 10 * 4096));
        Succeeds(file.Write((20 * 4096) + 5, [1, 2, 3], out _));         // a part: the rest comes back first
        content[(20 * 4096) + 5] = 1; content[(20 * 4096) + 6] = 2; content[(20 * 4096) + 7] = 3;
        Succeeds(file.Write(21 * 4096, content.AsSpan(0, 4096), out _));    // a whole page: its slot goes unread
        content.AsSpan(0, 4096).CopyTo(content.AsSpan(21 * 4096));
        Succeeds(file.SetLength((30 * 4096) + 100));
        Succeeds(file.SetLength(40 * 4096));
        content.AsSpan((30 * 4096) + 100).Clear();
        world.Verify();
        Succeeds(file.Read(0, found, out _));
        Assert.Equal(content, found);
        file.Dispose();
        world.Verify();
        Assert.Equal(0u, world.Device.UsedSlotCount);
    }

    [Fact]
    public void SwitchingOffBringsSharedMemoryBack()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 8);
        UserProcess process = Shared(world, 50);
        Succeeds(process.Memory.Advise(At(0), 50 * 4096, MemoryAdvice.PageOut));
        Assert.Equal(50u, world.Device.UsedSlotCount);
        Assert.Contains("Swap:                200 kB\nSwapPss:               0 kB", process.Memory.FormatSmaps(), StringComparison.Ordinal);
        byte[] present = new byte[50];
        Succeeds(process.Memory.InCore(At(0), 50 * 4096, present));
        Assert.All(present, static page => Assert.Equal(0, page));
        Succeeds(world.Engine.Swap.SwitchOff(world.Device));
        world.Verify();
        for (uint page = 0; page < 50; page++) Assert.Equal(page + 1, process.Memory.Mmu.Read<uint>(At((int)page)));
    }

    [Fact]
    public void ASlotOfSharedMemoryThatCannotBeReadIsABusErrorForThatPageAlone()
    {
        FailingSwapStore failing = null!;
        using PressureWorld world = new(wrap: inner => failing = new(inner));
        UserProcess process = Shared(world, 16);
        Succeeds(process.Memory.Advise(At(0), 16 * 4096, MemoryAdvice.PageOut));
        failing.ReadsFail = true;
        Assert.False(process.Memory.Mmu.TryRead(At(7), out uint _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        Assert.Equal(Errno.EIO, world.Engine.Swap.SwitchOff(world.Device));
        world.Verify();
        failing.ReadsFail = false;
        for (uint page = 0; page < 16; page++) Assert.Equal(page + 1, process.Memory.Mmu.Read<uint>(At((int)page)));
    }

    [Fact]
    public void PagesWithoutARecordStayInRam()
    {
        using PressureWorld world = new();
        UserProcess process = Shared(world, 4);
        world.Engine.Parts.Machine.Injection.FailAtAllocation = 1;    // the record in which the object would remember the slot
        Succeeds(process.Memory.Advise(At(0), 4096, MemoryAdvice.PageOut));
        world.Verify();
        Assert.Equal(0, world.Engine.Parts.Machine.Injection.FailAtAllocation);
        Assert.Equal(0u, world.Device.UsedSlotCount);
        Assert.Equal(4u, process.Memory.Mmu.Read<uint>(At(3)));
    }

    /// <summary>A process with shared anonymous memory: page n holds n + 1.</summary>
    private static UserProcess Shared(PressureWorld world, uint pageCount)
    {
        UserProcess process = world.Engine.CreateProcess("shared");
        Succeeds(process.Memory.Map(At(0), pageCount * 4096, MemoryProtection.ReadWrite, SharedFixed, out _));
        for (uint page = 0; page < pageCount; page++) process.Memory.Mmu.Write(At((int)page), page + 1);
        return process;
    }

    private static void PutOut(PressureWorld world, GuestFile file, uint pageCount)
    {
        for (uint page = 0; page < pageCount; page++)
        {
            FileParts files = world.Engine.Parts.Files;
            Assert.True(files.Cache.TryFind(files.OpenFiles.Objects.Single(), new(page), out FrameNumber frame));
            ReclaimCounters counters = default;
            Assert.True(file.IsCached(new(page)));
            Assert.Equal(EvictionResult.Freed, world.Engine.Parts.Reclaim.Eviction.Evict(frame, isWritten: true, ref counters));
        }

        world.Verify();
    }
}
