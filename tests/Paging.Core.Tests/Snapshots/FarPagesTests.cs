using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The arguments for loading or resuming a process: files by name, and a store with its pages, or none.</summary>
public sealed class FarPagesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AStoreOfAnySizeIsTakenOver(int count)
    {
        using World world = new(), other = new();
        world.Map(0, 3);
        for (int page = 0; page < count; page++) world.Touch(page, (byte)(page + 1));
        using MemoryStream stream = new();
        List<byte[]> pages = [];
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream, page => pages.Add(page.ToArray()));
        Assert.Equal(count, pages.Count);
        stream.Position = 0;
        PageStore store = new(pages);
        using UserProcess loaded = other.Engine.SavedProcesses.Resume(stream, store, out SwapDevice? device);
        Assert.Equal((count == 0, count == 0), (device is null, store.IsDisposed));    // nothing to come from it
        Assert.Equal((uint)count, device?.UsedSlotCount ?? 0);
        Assert.Equal(count, loaded.Memory.Space.Statistics.Swapped);
        for (int page = 0; page < 3; page++)
            Assert.Equal(page < count ? page + 1 : 0, loaded.Memory.Mmu.Read<byte>(World.At(page)));
        Assert.Equal(count, store.ReadCount);
        if (device is not null) World.Succeeds(other.Engine.Swap.SwitchOff(device));
        Assert.True(store.IsDisposed);
        other.Verify();
    }

    /// <summary>Nothing is swapped out to saved pages, not even after their device could not be switched off.</summary>
    [Fact]
    public void AFailedSwapOffLeavesSavedPagesClosed()
    {
        using World world = new(), other = new();
        world.Map(0, 3);
        for (int page = 0; page < 3; page++) world.Touch(page, (byte)(page + 1));
        using MemoryStream stream = new();
        List<byte[]> pages = [];
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream, page => pages.Add(page.ToArray()));
        stream.Position = 0;
        FailingSwapStore store = new(new PageStore(pages));
        using UserProcess loaded = other.Engine.SavedProcesses.Resume(stream, store, out SwapDevice? device);
        loaded.Memory.Mmu.Write(World.At(1), (byte)7);
        store.ReadsFail = true;
        World.Returns(Errno.EIO, other.Engine.Swap.SwitchOff(device!));
        World.Succeeds(loaded.Memory.Advise(World.At(1), 4096, MemoryAdvice.PageOut));
        Assert.Equal((2u, 0L), (device!.UsedSlotCount, other.Engine.Reclaimed.WriteErrors));
        GuestFile shared = other.Engine.Files.CreateSharedMemory(4096, isCommitted: true);
        uint slot = 1;
        other.Engine.SavedProcesses.AdoptPages(shared, default, PageCount.One, device, ref slot);    // still a device of saved pages
        store.ReadsFail = false;
        World.Succeeds(other.Engine.Swap.SwitchOff(device));
        for (int page = 0; page < 3; page++) Assert.Equal(page == 1 ? 7 : page + 1, loaded.Memory.Mmu.Read<byte>(World.At(page)));
        other.Verify();
    }

    /// <summary>The callback that resolves a file name must return a live file of this engine.</summary>
    [Theory]
    [InlineData("given", null)]
    [InlineData("none", typeof(FileNotFoundException))]
    [InlineData("nobody asked", typeof(FileNotFoundException))]
    [InlineData("gone", typeof(FileNotFoundException))]
    [InlineData("another engine's", typeof(ArgumentException))]
    public void AFileIsAskedForByItsName(string answer, Type? refusal)
    {
        using World world = new(), other = new();
        world.MapFile(world.OpenFile("data", 2), 0, 2);
        using MemoryStream stream = new();
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream, null, static _ => "data");
        stream.Position = 0;
        GuestFile file = other.CreateFile("other", 2, first: 0x30);
        Balance before = Balance.Of(other.Engine);
        Func<string, GuestFile?>? ask = name =>
        {
            Assert.Equal("data", name);
            if (answer is "gone") file.Dispose();
            return answer is "given" or "gone" ? file : answer is "none" ? null : world.CreateFile("foreign", 2);
        };
        if (answer is "nobody asked") ask = null;
        if (refusal is not null)
        {
            Assert.IsType(refusal, Record.Exception(() => other.Engine.SavedProcesses.Load(stream, ask)));
            if (answer is not "gone") Assert.Equal(before, Balance.Of(other.Engine));
            other.Verify();
            return;
        }

        using UserProcess loaded = other.Engine.SavedProcesses.Load(stream, ask);
        Assert.Equal(0x31, loaded.Memory.Mmu.Read<byte>(World.At(1)));
        other.Verify();
    }

    /// <summary>Pages 0 to 3 of a file in memory, of which page 1 is cached and page 2 was taken from slot 5, of eight slots.</summary>
    [Theory]
    [InlineData("shared", 0, 1, 0, null)]
    [InlineData("shared", 3, 1, 7, null)]
    [InlineData("shared", 0, 1, 4, null)]
    [InlineData("memory", 0, 1, 0, null)]
    [InlineData("shared", 0, 0, 99, null)]    // no page at all
    [InlineData("disk", 0, 1, 0, "Page 0 of 'disk' cannot be taken from slot 0.")]
    [InlineData("shared", 4, 1, 0, "Page 4 of '/dev/zero' cannot be taken from slot 0.")]
    [InlineData("shared", 1, 1, 0, "Page 1 of '/dev/zero' cannot be taken from slot 0.")]
    [InlineData("shared", 2, 1, 0, "Page 2 of '/dev/zero' cannot be taken from slot 0.")]
    [InlineData("shared", 0, 1, 8, "Page 0 of '/dev/zero' cannot be taken from slot 8.")]
    [InlineData("shared", 0, 1, 5, "Page 0 of '/dev/zero' cannot be taken from slot 5.")]
    [InlineData("shared", 3, 2, 0, "Page 4 of '/dev/zero' cannot be taken from slot 1.")]
    public void OnlyMissingPagesComeFromFreeSlots(string kind, uint first, uint count, uint slot, string? refusal)
    {
        using World world = new();
        GuestFile shared = world.Engine.Files.CreateSharedMemory(4 * 4096, isCommitted: true);
        World.Succeeds(shared.Write(4096, new byte[] { 9 }, out _));
        SwapDevice device = world.Engine.SavedProcesses.OpenPages(
            new PageStore([.. Enumerable.Range(0, 8).Select(static number => Enumerable.Repeat((byte)(number + 1), 4096).ToArray())]));
        uint taken = 5;
        world.Engine.SavedProcesses.AdoptPages(shared, new(2), PageCount.One, device, ref taken);
        Assert.Equal(6u, taken);
        GuestFile file = kind is "disk" ? world.CreateBacked(new(4 * 4096))
            : kind is "memory" ? world.Engine.Files.CreateMemoryFile("m", 4 * 4096) : shared;
        uint at = slot, used = device.UsedSlotCount;
        Exception? thrown = Record.Exception(() => world.Engine.SavedProcesses.AdoptPages(file, new(first), new(count), device, ref at));
        Assert.Equal(refusal, thrown?.Message);
        if (refusal is not null) Assert.IsType<InvalidDataException>(thrown);
        uint adopted = refusal is null ? count : count - 1;    // those before the one that is refused
        Assert.Equal((slot + adopted, used + adopted), (at, device.UsedSlotCount));
        world.Verify();
        byte[] bytes = new byte[1];
        for (uint i = 0; i < adopted; i++)
        {
            World.Succeeds(file.Read((first + i) * 4096, bytes, out _));
            Assert.Equal((byte)(slot + i + 1), bytes[0]);
        }

        World.Succeeds(shared.Read(2 * 4096, bytes, out _));
        Assert.Equal(6, bytes[0]);
        world.Verify();
    }
}
