using Paging.Core.Swap;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>
/// A swap device in a host file that runs out of room, is truncated from outside, or is closed: an error, never another page's bytes.
/// </summary>
public sealed class FileSwapStoreTests
{
    private static byte[] Page(int seed)
    {
        byte[] page = new byte[4096];
        new Random(seed).NextBytes(page);
        return page;
    }

    [Fact]
    public void ADiskWithoutRoomForItIsAnExceptionAndLeavesNoFile()
    {
        using HostDisk disk = new(8);
        Assert.Throws<IOException>(() => new FileSwapStore(disk.At("swap"), 9));
        Assert.False(File.Exists(disk.At("swap")));
        using FileSwapStore store = new(disk.At("swap"), 8);
        for (uint slot = 0; slot < 8; slot++) Succeeds(store.Write(slot, Page((int)slot)));
        byte[] found = new byte[4096];
        for (uint slot = 0; slot < 8; slot++)
        {
            Succeeds(store.Read(slot, found));
            Assert.Equal(Page((int)slot), found);
        }
    }

    [Fact]
    public void AFileThatExistsIsNotTaken()
    {
        using HostDisk disk = new(8);
        File.WriteAllText(disk.At("swap"), "mine");
        Assert.Throws<IOException>(() => new FileSwapStore(disk.At("swap"), 1));
        Assert.Equal("mine", File.ReadAllText(disk.At("swap")));
    }

    [Fact]
    public void AReadOfATruncatedPartFailsAndTheRestIsThere()
    {
        using HostDisk disk = new(64);
        using FileSwapStore store = new(disk.At("swap"), 16);
        for (uint slot = 0; slot < 16; slot++) Succeeds(store.Write(slot, Page((int)slot)));
        HostDisk.Cut(disk.At("swap"), (4 * 4096) + 1000);
        byte[] found = new byte[4096];
        // 4: a part of it
        for (uint slot = 0; slot < 16; slot++) Assert.Equal(slot < 4 ? Errno.None : Errno.EIO, store.Read(slot, found));
        Succeeds(store.Write(9, Page(99)));
        Succeeds(store.Read(9, found));
        Assert.Equal(Page(99), found);
        Assert.Equal(Errno.EIO, store.Read(8, found));    // zeros, not what was written
    }

    /// <summary>The half of a page that is left is no page, though the other half were the same.</summary>
    [Fact]
    public void HalfAPageIsNotTakenForAWholeOne()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("HostDisk.Cut is a call of Linux'");
        string path = Path.Combine(Path.GetTempPath(), $"paging-half-{Environment.ProcessId}-{Guid.NewGuid():N}");
        using FileSwapStore store = new(path, 3);
        byte[] page = [.. Page(1)[..2048], .. Page(1)[..2048]], found = new byte[4096];
        for (uint slot = 0; slot < 3; slot++) Succeeds(store.Write(slot, page));
        HostDisk.Cut(path, 4096 + 2048);
        Succeeds(store.Read(0, found));
        Assert.Equal(page, found);
        Assert.Equal(Errno.EIO, store.Read(1, found));
        Assert.Equal(Errno.EIO, store.Read(2, found));
    }

    [Fact]
    public void ADiskThatIsFullRefusesAPageAndThePageBeforeIsGoneOrWhole()
    {
        using HostDisk disk = new(16);
        using FileSwapStore store = new(disk.At("swap"), 8);
        Succeeds(store.Write(1, Page(1)));
        Succeeds(store.Write(5, Page(5)));
        HostDisk.Cut(disk.At("swap"), 2 * 4096);
        File.WriteAllBytes(disk.At("other"), new byte[14 * 4096]);
        byte[] found = new byte[4096];
        Assert.Equal(Errno.EIO, store.Write(5, Page(6)));
        Assert.Equal(Errno.EIO, store.Read(5, found));
        Succeeds(store.Read(1, found));
        Assert.Equal(Page(1), found);
        File.Delete(disk.At("other"));
        Succeeds(store.Write(5, Page(6)));
        Succeeds(store.Read(5, found));
        Assert.Equal(Page(6), found);
    }

    [Fact]
    public void AClosedStoreIsAnError()
    {
        using HostDisk disk = new(8);
        FileSwapStore store = new(disk.At("swap"), 2);
        Succeeds(store.Write(0, Page(0)));
        store.Dispose();
        Assert.False(File.Exists(disk.At("swap")));
        Assert.Equal(Errno.EIO, store.Read(0, new byte[4096]));
        Assert.Equal(Errno.EIO, store.Write(0, Page(1)));
    }

    /// <summary>Half of the device is gone: those pages end in SIGBUS, the others come back, and the engine goes on.</summary>
    [Fact]
    public void ProgramsLoseThePagesThatTheFileHasLostAndNoOthers()
    {
        const int pageCount = 64;
        using HostDisk disk = new(256);
        using PressureWorld world = new(ramMiB: 2, swapMiB: 0);
        Succeeds(world.Engine.Swap.SwitchOn(new FileSwapStore(disk.At("swap"), 128), 0, out _));
        Modelled process = world.Start(pageCount);
        for (int page = 0; page < pageCount; page++) process.Write(page, 0, (uint)page + 1);
        AddressSpace memory = process.Process.Memory;
        Succeeds(memory.Advise(At(0), pageCount * 4096, MemoryAdvice.PageOut));
        Assert.Equal(pageCount, memory.Space.Statistics.Swapped);
        HostDisk.Cut(disk.At("swap"), 32 * 4096);
        int lost = 0;
        for (int page = 0; page < pageCount; page++)
        {
            if (memory.Mmu.TryRead(At(page), out uint found, out MemoryFault fault)) Assert.Equal((uint)page + 1, found);
            else if (fault.Kind == MemoryFaultKind.BusError) lost++;
            else Assert.Fail($"page {page}: {fault}");
        }

        Assert.InRange(lost, pageCount - 32, pageCount - 31);    // slot 0 holds no page
        world.Verify();
        Succeeds(memory.Unmap(At(0), pageCount * 4096));
        world.Verify();
    }
}
