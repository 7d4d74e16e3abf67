using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Images and saved processes of machines with devices: each clone gets its own from the caller, once for each name.</summary>
public sealed class DeviceImageTests
{
    private static readonly VirtualAddress Uart = new(0x1000_0000), Rom = new(0x2000_0000), Screen = new(0x3000_0000),
        Disk = new(0x4000_0000);

    private static UserProcess Build(World world, RecordingDevice uart, byte[] rom, byte[] screen)
    {
        using GuestFile device = world.Engine.Files.CreateDevice("uart", uart, 4096), code = world.Engine.Files.CreateRom("rom", rom),
            pixels = world.Engine.Files.CreateHostMemoryFile("screen", screen), disk = world.CreateFile("disk", 4);
        AddressSpace memory = world.Memory;
        memory.MapDevice(Uart, device);
        memory.MapDevice(Uart + 0x10_0000, device);
        memory.MapDevice(Rom, code);
        memory.MapDevice(Screen, pixels);
        memory.MapFile(Disk, disk, 8192);
        memory.MapFile(Disk + 0x10_0000, disk, 8192, 8192, isPrivate: true);
        memory.MapAnonymous(default(VirtualAddress) + 0x10000, 4096);
        world.Mmu.Write(new(0x10000), 42);
        world.Mmu.Write(Screen, 0x11111111);
        _ = world.Mmu.Read<int>(Rom);
        return world.First;
    }

    [Fact]
    public void EachCloneHasItsOwnDevices()
    {
        using World world = new();
        byte[] rom = new byte[4096], screen = new byte[8192];
        RecordingDevice original = new();
        rom[0] = 0xEA;
        using Snapshot snapshot = Build(world, original, rom, screen).TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot, id => world.Engine.Files.Find(id) is { Kind: FileKind.Memory } disk
            ? disk.Name : null);
        original.Take();
        for (int i = 0; i < 2; i++)
        {
            using World other = new();
            RecordingDevice uart = new();
            byte[] pixels = new byte[8192];
            List<string> asked = [];
            UserProcess clone = other.Engine.CloneProcess(image, name =>
            {
                asked.Add(name);
                return name switch
                {
                    "uart" => other.Engine.Files.CreateDevice(name, uart, 4096),
                    "rom" => other.Engine.Files.CreateRom(name, rom),
                    "screen" => other.Engine.Files.CreateHostMemoryFile(name, pixels),
                    _ => other.CreateFile(name, 4),
                };
            });
            asked.Sort(StringComparer.Ordinal);
            Assert.Equal("disk rom screen uart", string.Join(' ', asked));
            Mmu mmu = clone.Memory.Mmu;
            mmu.Write(Uart + 8, (byte)'x');
            mmu.Write(Uart + 0x10_0008, (byte)'y');
            Assert.Equal(2, uart.Accesses.Count);
            Assert.Equal(0xEA, mmu.Read<byte>(Rom));
            mmu.Write(Rom, (byte)1);
            Assert.Equal(0xEA, mmu.Read<byte>(Rom));
            mmu.Write(Screen + 4096, (byte)7);
            Assert.Equal(7, pixels[4096]);
            Assert.Equal(42, mmu.Read<int>(new(0x10000)));
            other.Verify();
            clone.Dispose();
            other.Verify();
        }

        Assert.Empty(original.Accesses);
        Assert.Equal(0, screen[4096]);
        world.Verify();
    }

    [Fact]
    public void ADeviceIsNoFile()
    {
        using World world = new(), other = new();
        using Snapshot snapshot = Build(world, new(), new byte[4096], new byte[8192]).TakeSnapshot();
        using MemoryStream stream = new();
        snapshot.Save(stream, null, id => world.Engine.Files.Find(id) is { Kind: FileKind.Memory } disk ? disk.Name : null);
        Refused("'uart' was given for a saved device, and is a file.", name => other.CreateFile(name, 4));
        Refused("'disk' was given for a saved file, and is a device.",
            name => other.Engine.Files.CreateDevice(name, new RecordingDevice(), 8192));
        Refused("and is shorter.", name => name is "disk" ? other.CreateFile(name, 4)
            : other.Engine.Files.CreateDevice(name, new RecordingDevice(), 4096));
        Assert.Equal(0, other.Engine.ProcessCount - 1);
        other.Verify();

        void Refused(string part, Func<string, GuestFile?> open)
        {
            stream.Position = 0;
            Assert.Contains(part, Assert.Throws<ArgumentException>(() => other.Engine.SavedProcesses.Load(stream, open)).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AFixedDeviceReplacesNothing()
    {
        using World world = new();
        using GuestFile device = world.Engine.Files.CreateDevice("uart", new RecordingDevice(), 4096);
        world.Memory.MapAnonymous(Uart, 4096);
        Assert.Contains("EEXIST", Assert.Throws<InvalidOperationException>(() => world.Memory.MapDevice(Uart, device)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => world.Memory.MapDevice(Uart, null!));
        using GuestFile reading = world.Engine.Files.CreateDevice("clock", new RecordingDevice(), 4096, FileRights.Read);
        VirtualAddress at = world.Memory.MapDevice(reading);
        Assert.False(world.Mmu.TryWrite(at, 1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
    }
}
