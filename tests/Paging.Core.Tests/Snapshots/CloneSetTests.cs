using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Demonstrations: sets of processes that are cloned, and a machine that goes on elsewhere.</summary>
public sealed class CloneSetTests
{
    private static readonly VirtualAddress Channel = new(0x5000_0000), Bank = new(0x6000_0000);

    /// <summary>
    /// A client and a server with 1 MiB between them, 1,000 times in one engine: each pair talks, and no pair hears another.
    /// </summary>
    [Fact]
    [Trait("Category", "Medium")]
    public void AClientAndAServerAreClonedAThousandTimes()
    {
        using World world = new(16), other = new(64);
        GuestFile channel = world.Engine.Files.CreateMemoryFile("channel", 1 << 20);
        world.Memory.MapFile(Channel, channel, 1 << 20);
        world.Map(0, 64);
        for (int page = 0; page < 64; page++) world.Touch(page, (byte)page);
        for (uint page = 0; page < 256; page++) world.Mmu.Write(Channel + (page << 12), page);
        UserProcess server = world.First, client = server.Fork();
        client.Memory.Mmu.Write(World.At(1), 0xC11E);
        server.Memory.Mmu.Write(World.At(1), 0x5E4E);
        EngineImage image;
        using (EngineSnapshot ready = world.Engine.TakeSnapshot()) image = EngineImage.Of(ready);
        Assert.Equal((2, 255u + 62 + 2), (image.ProcessCount, image.Pages.Value));    // without the two pages of zeros

        uint free = other.Engine.Memory.Free.Value;
        IReadOnlyList<UserProcess>[] sets = [.. Enumerable.Range(0, 1_000).Select(_ => other.Engine.CloneProcesses(image))];
        Assert.Equal(0u, other.Engine.Memory.MappedAnonymous.Value);
        Assert.Equal(0u, other.Engine.Files.CachedPages.Value);    // no page of any clone is there yet
        for (int set = 0; set < sets.Length; set += 37)
        {
            (Mmu first, Mmu second) = (sets[set][0].Memory.Mmu, sets[set][1].Memory.Mmu);
            first.Write(Channel + 0x3004, 0x1000 + set);
            Assert.Equal((3, 0x1000 + set), (second.Read<int>(Channel + 0x3000), second.Read<int>(Channel + 0x3004)));
            second.Write(World.At(2), set);
            Assert.Equal((2, 0x5E4E, 0xC11E), (first.Read<byte>(World.At(2)), first.Read<int>(World.At(1)), second.Read<int>(World.At(1))));
        }

        Assert.Equal(0, sets[1][1].Memory.Mmu.Read<int>(Channel + 0x3004));
        using (EngineSnapshot start = other.Engine.TakeSnapshot())
        {
            sets[5][0].Memory.Mmu.Write(Channel + 0x4004, 9);
            World.Succeeds(start.Restore());
            Assert.Equal((4, 0), (sets[5][1].Memory.Mmu.Read<int>(Channel + 0x4000), sets[5][1].Memory.Mmu.Read<int>(Channel + 0x4004)));
        }

        other.Verify();
        foreach (IReadOnlyList<UserProcess> set in sets)
            foreach (UserProcess process in set) process.Dispose();
        Assert.Equal(free, other.Engine.Memory.Free.Value);
        other.AssertNothingIsLeft();
    }

    /// <summary>What takes a page of shared memory away that still lies in the image is undone by a snapshot of the engine.</summary>
    /// <param name="way">How the page goes.</param>
    [Theory]
    [InlineData("removed")]
    [InlineData("overwritten")]
    [InlineData("cut off")]
    [InlineData("stored to")]
    [InlineData("exit")]
    public void APageOfAnImageThatGoesComesBack(string way)
    {
        using World world = new(8), other = new(8);
        world.Memory.MapFile(Channel, world.Engine.Files.CreateMemoryFile("channel", 16 << 10), 16 << 10);
        for (uint page = 0; page < 4; page++) world.Mmu.Write(Channel + (page << 12), page + 1);
        EngineImage image;
        using (EngineSnapshot ready = world.Engine.TakeSnapshot()) image = EngineImage.Of(ready);
        using UserProcess clone = other.Engine.CloneProcesses(image)[0];
        using EngineSnapshot start = other.Engine.TakeSnapshot();

        AddressSpace memory = clone.Memory;
        AreaSnapshot area = memory.Areas.Snapshot().Single(static area => area.Range.First == Channel.Page);
        using GuestFile channel = other.Engine.Files.Find(area.ObjectId)!;
        switch (way)
        {
            case "removed":
                World.Succeeds(memory.Advise(Channel + 4096, 8192, MemoryAdvice.Remove));
                Assert.Equal(0u, memory.Mmu.Read<uint>(Channel + 4096));
                break;
            case "overwritten":
                World.Succeeds(channel.Write(4096, new byte[8192], out int written));
                Assert.Equal(8192, written);
                break;
            case "cut off":
                World.Succeeds(channel.SetLength(4096));
                break;
            case "stored to":
                memory.Mmu.Write(Channel + 4096, 77u);
                break;
            default:
                clone.Exit(0);
                break;
        }

        World.Succeeds(start.Restore());
        for (uint page = 0; page < 4; page++) Assert.Equal(page + 1, memory.Mmu.Read<uint>(Channel + (page << 12)));
        other.Verify();
    }

    /// <summary>
    /// An emulator with 512 KiB of banked RAM, a device and registers is saved in one process of the host, and goes on in a fresh engine:
    /// the window shows the bank that it showed, and the other banks are there.
    /// </summary>
    [Fact]
    public void AnEmulatorWithBankedRamGoesOnElsewhere()
    {
        using MemoryStream file = new();
        using (World world = new())
        {
            GuestFile ram = world.Engine.Files.CreateMemoryFile("banks", 32 << 14);
            World.Succeeds(ram.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? banks));
            for (uint bank = 0; bank < 32; bank++) Show(world.First, banks!, bank).Write(Bank + 0x10, 0x100 + bank);
            Show(world.First, banks!, 7);
            World.Succeeds(ram.Open(world.First, FileRights.ReadWrite, out int _));
            using Snapshot state = world.First.TakeSnapshot();
            banks!.Dispose();
            state.Save(file);
        }

        file.Position = 0;
        using World fresh = new();
        UserProcess again = fresh.Engine.SavedProcesses.Load(file);
        Assert.Equal(0x107u, again.Memory.Mmu.Read<uint>(Bank + 0x10));
        AreaSnapshot window = again.Memory.Areas.Snapshot().Single(static area => area.Range.First == Bank.Page);
        using GuestFile found = fresh.Engine.Files.Find(window.ObjectId)!;
        World.Succeeds(found.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        for (uint bank = 0; bank < 32; bank++) Assert.Equal(0x100 + bank, Show(again, open!, bank).Read<uint>(Bank + 0x10));
        open!.Dispose();
        fresh.Verify();
    }

    private static Mmu Show(UserProcess process, OpenFileDescription banks, uint bank)
    {
        const MapFlags there = MapFlags.Shared | MapFlags.Fixed;
        World.Succeeds(banks.Map(process.Memory, Bank, 1 << 14, MemoryProtection.ReadWrite, there, bank << 14, out _));
        return process.Memory.Mmu;
    }
}
