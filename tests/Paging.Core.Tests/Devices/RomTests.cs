using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A ROM is memory for loads and fetches; a device gets the stores, or they have no effect.</summary>
public sealed class RomTests
{
    private static readonly VirtualAddress Start = new(0x8000);

    private static byte[] NewContents(int pages = 2)
    {
        byte[] bytes = new byte[pages * 4096];
        new Random(pages).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Every way to reach memory, over RAM, a ROM and RAM again, beside one array in which stores to the ROM are lost.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void RamAndRomTogetherAreAnArrayWithALockedPart(TableFormat format) => Property.ForScripts(40, 120, script =>
    {
        using World world = new(World.Options() with { Tables = format });
        RecordingDevice stores = new();
        byte[] contents = NewContents(), model = new byte[4 * 4096];
        using GuestFile rom = world.Engine.Files.CreateRom("rom", contents, stores);
        contents.CopyTo(model, 4096);
        world.Map(0, 1);
        world.Map(3, 1);
        world.Memory.MapDevice(World.At(1), rom);
        foreach (uint word in script)
        {
            uint value = word * 2654435761;
            int offset = (int)((word >> 4) % (model.Length - 8)), count;
            VirtualAddress at = World.At(0, offset);
            switch (word % 8)
            {
                case 0:
                    world.Mmu.Write(at, value);
                    count = 4;
                    break;
                case 1:
                    world.Mmu.Write(at, (byte)value);
                    count = 1;
                    break;
                case 2:
                    Assert.Equal(8, world.Mmu.CopyIn(at, BitConverter.GetBytes((ulong)value * value), out _));
                    count = 8;
                    break;
                case 3:
                    uint old = BitConverter.ToUInt32(model, offset);
                    Assert.Equal(old, world.Mmu.Exchange(at, value));
                    count = 4;
                    break;
                case 4:
                    Assert.Equal(BitConverter.ToUInt16(model, offset), world.Mmu.Read<ushort>(at));
                    continue;
                case 5:
                    using (Snapshot snapshot = world.First.TakeSnapshot())
                    {
                        world.Mmu.Write(at, (byte)~model[offset]);
                        World.Succeeds(snapshot.Restore());
                    }

                    continue;
                case 6:
                    using (UserProcess child = world.First.Fork())
                    {
                        child.Memory.Mmu.Write(at, value);
                        Assert.Equal(IsRom(offset) ? model[offset] : (byte)value, child.Memory.Mmu.Read<byte>(at));
                    }

                    continue;
                default:
                    Assert.Equal(BitConverter.ToUInt64(model, offset), world.Mmu.Read<ulong>(at));
                    continue;
            }

            byte[] written = word % 8 == 2 ? BitConverter.GetBytes((ulong)value * value) : BitConverter.GetBytes(value);
            for (int i = 0; i < count; i++) if (!IsRom(offset + i)) model[offset + i] = written[i];
        }

        byte[] found = new byte[model.Length];
        Assert.Equal(found.Length, world.Mmu.CopyOut(World.At(0), found, out _));
        Assert.Equal(model, found);
        Assert.Equal(model[4096..(3 * 4096)], contents);
        world.Verify();
        Assert.DoesNotContain(stores.Accesses, static access => access[0] != 'S');

        static bool IsRom(int at) => at is >= 4096 and < 3 * 4096;
    });

    [Fact]
    public void AStoreIsOneCallWithItsValue()
    {
        using World world = new();
        RecordingDevice stores = new();
        using GuestFile rom = world.Engine.Files.CreateRom("rom", NewContents(), stores);
        world.Memory.MapDevice(Start, rom);
        uint before = world.Mmu.Read<uint>(Start + 8);
        world.Mmu.Write(Start + 8, 0x1234_5678u);
        world.Mmu.Write(Start + 4097, (byte)7);
        Assert.Equal(["S4@8", "S1@1001"], stores.Accesses);
        Assert.Equal(before, world.Mmu.Read<uint>(Start + 8));
        Assert.Equal(2u, world.Memory.Areas.Snapshot()[0].Range.Count.Value);
        world.Verify();
    }

    [Fact]
    public void WithoutADeviceStoresAreIgnoredAndChangesOfTheHostAreSeen()
    {
        using World world = new();
        byte[] contents = NewContents();
        using GuestFile rom = world.Engine.Files.CreateRom("rom", contents);
        world.Memory.MapDevice(Start, rom);
        Assert.True(world.Mmu.TryWrite(Start, ~contents[0], out MemoryFault fault));
        Assert.Equal(MemoryFault.None, fault);
        Assert.Equal(contents[0], world.Mmu.Read<byte>(Start));
        contents[0] ^= 0xFF;
        Assert.Equal(contents[0], world.Mmu.Read<byte>(Start));
        world.Verify();
    }

    /// <summary>A processor that walks the tables gets the fault of a store, again and again, and reads on.</summary>
    [Fact]
    public void AProcessorsStoreIsADevicesFault()
    {
        using World world = new();
        using GuestFile rom = world.Engine.Files.CreateRom("rom", NewContents());
        world.Memory.MapDevice(Start, rom);
        Assert.Equal(MemoryFault.None, world.Mmu.ResolveFault(Start, PageFaultErrorCode.User));
        for (int i = 0; i < 2; i++)
            Assert.Equal(new(MemoryFaultKind.Device, Start), world.Mmu.ResolveFault(Start,
                PageFaultErrorCode.User | PageFaultErrorCode.Write | PageFaultErrorCode.Protection));
        world.Verify();
    }

    [Fact]
    public void MappedReadOnlyItsStoresFault()
    {
        using World world = new();
        using GuestFile rom = world.Engine.Files.CreateRom("rom", NewContents(), new RecordingDevice());
        world.Memory.MapFile(Start, rom, 8192, protection: MemoryProtection.Read);
        Assert.False(world.Mmu.TryWrite(Start, 1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
        world.Verify();
    }

    [Fact]
    public void AWatchpointSeesItsLoads()
    {
        using World world = new();
        RecordingDevice stores = new();
        byte[] contents = NewContents();
        using GuestFile rom = world.Engine.Files.CreateRom("rom", contents, stores);
        world.Memory.MapDevice(Start, rom);
        int seen = 0;
        using (world.Mmu.Watch(Start, 4, WatchedAccesses.All, _ => seen++))
        {
            Assert.Equal(contents[1], world.Mmu.Read<byte>(Start + 1));
            world.Mmu.Write(Start + 1, (byte)~contents[1]);
            Assert.Equal(contents[1], world.Mmu.Read<byte>(Start + 1));
        }

        Assert.Equal(2, seen);    // devices see their stores themselves
        Assert.Equal(["S1@1"], stores.Accesses);
        world.Verify();
    }

    /// <summary>A bank is present at once: loads are hits, no fault is counted, and stores still reach the device.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void APopulatedBankIsPresentAtOnce(TableFormat format)
    {
        using World world = new(World.Options() with { Tables = format });
        byte[] contents = NewContents(pages: 12);
        RecordingDevice stores = new();
        using GuestFile rom = world.Engine.Files.CreateRom("rom", contents, stores);
        World.Succeeds(rom.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        using (open)
        {
            const MapFlags flags = MapFlags.Shared | MapFlags.Fixed | MapFlags.Populate;
            for (int bank = 2; bank >= 0; bank--)
            {
                ulong offset = (ulong)bank * 16384;
                World.Succeeds(open!.Map(world.Memory, World.At(1), 16384, MemoryProtection.ReadWrite, flags, offset, out _));
                long minor = world.Memory.Faults.Minor;
                for (int page = 0; page < 4; page++)
                {
                    Assert.Equal(contents[(bank * 16384) + (page * 4096) + 7], world.Mmu.Read<byte>(World.At(1 + page, 7)));
                    Assert.True(world.Mmu.TryGetSpan(World.At(1 + page), 1, AccessKind.Read, out _, out _));
                }

                Assert.Equal(minor, world.Memory.Faults.Minor);
            }

            int before = stores.Accesses.Count;
            world.Mmu.Write<byte>(World.At(2), 9);
            Assert.Equal(before + 1, stores.Accesses.Count);
            world.Verify();

            // Without rights nothing is shown.
            World.Succeeds(open!.Map(world.Memory, World.At(1), 4 * 4096, MemoryProtection.None, flags, 0, out _));
            Assert.False(world.Mmu.TryRead<byte>(World.At(1), out _));
        }

        world.Verify();
    }
}
