using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Diagnostics;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The last slot of a store in a file, and the one after it.</summary>
public sealed class SwapStoreEdgeTests
{
    [Fact]
    public void TheLastSlotIsOneBelowTheCount()
    {
        string path = Path.Combine(Path.GetTempPath(), $"paging-slots-{Environment.ProcessId}-{Guid.NewGuid():N}");
        using FileSwapStore store = new(path, 3);
        Includes(store, last: 2);
        Assert.Equal(3 * 4096, new FileInfo(path).Length);
    }

    [Fact]
    public void AStoreInMemoryEndsThereAsWell()
    {
        using MemorySwapStore store = new(1 << 20);
        Includes(store, last: 255);
    }

    /// <summary>1 MiB to 4 GiB, in whole pages.</summary>
    [Theory]
    [InlineData((1UL << 20) - 4096)]
    [InlineData((1UL << 20) + 1)]
    [InlineData((1UL << 32) + 4096)]
    [InlineData(0UL)]
    public void OtherSizesAreRefused(ulong byteLength) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemorySwapStore(byteLength));

    /// <summary>A store without slots, or with more than an entry of the tables can name. Linux: swapon's EINVAL.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, 0u, Errno.EINVAL)]
    [InlineData(TableFormat.Classic, 1u, Errno.None)]
    [InlineData(TableFormat.Classic, 1u << 24, Errno.None)]
    [InlineData(TableFormat.Classic, (1u << 24) + 1, Errno.EINVAL)]
    [InlineData(TableFormat.Pae, (1u << 24) + 1, Errno.None)]
    [InlineData(TableFormat.Pae, (1u << 27) + 1, Errno.EINVAL)]
    public void ADeviceHasSlotsThatEntriesCanName(TableFormat tables, uint slotCount, Errno expected)
    {
        using World world = new(World.Options() with { Tables = tables });
        World.Returns(expected, world.Engine.Swap.SwitchOn(new SmallSwapStore(slotCount), out SwapDevice? device));
        Assert.Equal((expected == Errno.None, expected == Errno.None ? slotCount : 0), (device is not null,
            (uint)world.Engine.Parts.Files.Swap.TotalSlots));
    }

    /// <summary>The store for failures fails on request, once or always, and counts only completed transfers.</summary>
    [Fact]
    public void AStoreFailsOnRequest()
    {
        using FailingSwapStore store = new(new MemorySwapStore(1 << 20));
        byte[] page = new byte[4096];
        store.FailAtOperation = 3;
        Errno[] results = [store.Write(0, page), store.Read(0, page), store.Read(0, page), store.Write(0, page)];
        Assert.Equal([Errno.None, Errno.None, Errno.EIO, Errno.None], results);
        store.FailAtOperation = 1;
        Assert.Equal((Errno.EIO, Errno.None), (store.Write(0, page), store.Read(0, page)));
        (store.ReadsFail, store.WritesFail) = (true, false);
        Assert.Equal((Errno.EIO, Errno.None), (store.Read(0, page), store.Write(0, page)));
        (store.ReadsFail, store.WritesFail) = (false, true);
        Assert.Equal((Errno.None, Errno.EIO), (store.Read(0, page), store.Write(0, page)));
        Assert.Equal((3L, 3L), (store.ReadCount, store.WriteCount));
    }

    /// <summary>A slot without users has none to give back; nothing is freed twice.</summary>
    [Fact]
    public void ASlotWithoutUsersHasNoneToGiveBack()
    {
        SwapDevice device = new(new SmallSwapStore(8), number: 0, priority: 0);
        for (uint slot = 0; slot < 8; slot++)
        {
            if (Check.Cheap) Assert.Throws<InvariantException>(() => device.DropUser(slot));
            else device.DropUser(slot);
            Assert.Equal((0u, 0u, false), (device.UsersOf(slot), device.UsedSlotCount, device.IsTaken(slot)));
        }

        Assert.True(device.TryTake(new(5), out uint taken));
        device.AddUser(taken);
        device.AddUser(taken);
        device.Uncache(taken);
        device.DropUser(taken);
        Assert.Equal((1u, 1u, true), (device.UsersOf(taken), device.UsedSlotCount, device.IsTaken(taken)));
        device.DropUser(taken);
        Assert.Equal((0u, 0u, false), (device.UsersOf(taken), device.UsedSlotCount, device.IsTaken(taken)));
    }

    private static void Includes(ISwapStore store, uint last)
    {
        byte[] page = new byte[4096], found = new byte[4096];
        page[4095] = 7;
        Assert.Equal(Errno.None, store.Write(last, page));
        Assert.Equal(Errno.None, store.Read(last, found));
        Assert.Equal(page, found);
        Assert.Equal(Errno.EIO, store.Write(last + 1, page));
        Assert.Equal(Errno.EIO, store.Read(last + 1, found));
        Assert.Equal(Errno.EIO, store.Write(uint.MaxValue, page));
    }
}
