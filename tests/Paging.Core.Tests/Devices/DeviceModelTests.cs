using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Every way to reach memory, over RAM, a device and RAM again, beside one array of bytes. The device sees only the part of each access
/// inside it, in aligned pieces of at most eight bytes.
/// </summary>
public sealed class DeviceModelTests
{
    private const int Pages = 6, DeviceFirst = 2, DevicePages = 2;

    [Fact]
    public void RamAndDeviceTogetherAreAnArray() => Property.ForSeeds(15, static seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        RecordingDevice device = new();
        using GuestFile file = world.Engine.Files.CreateDevice("/dev/recorder", device, RecordingDevice.ByteLength);
        const MemoryProtection all = MemoryProtection.ReadWrite | MemoryProtection.Execute;
        world.Map(0, Pages, all);
        world.MapFile(world.Open(file), DeviceFirst, DevicePages, filePage: 1, type: MapFlags.Shared, protection: all);
        byte[] model = new byte[Pages * 4096];
        for (int step = 0; step < 120; step++)
        {
            int offset = random.Next(3) switch
            {
                0 => (DeviceFirst * 4096) - random.Next(1, 12),
                1 => ((DeviceFirst + DevicePages) * 4096) - random.Next(1, 12),
                _ => random.Next(model.Length - 40),
            };
            int length = random.Next(1, 30);
            device.Take();
            Access(world.Mmu, World.At(0, offset), model.AsSpan(offset, length), random, out int touched, out char kind);
            Check(device.Accesses, offset, touched, kind);
        }

        byte[] found = new byte[model.Length];
        Assert.Equal(found.Length, world.Mmu.CopyOut(World.At(0), found, out _));
        Assert.Equal(model, found);
        Assert.Equal(model.AsSpan(DeviceFirst * 4096, DevicePages * 4096), device.Bytes.Slice(4096, DevicePages * 4096));
    });

    private static void Access(Mmu mmu, VirtualAddress at, Span<byte> model, Random random, out int touched, out char kind)
    {
        byte[] bytes = new byte[model.Length];
        random.NextBytes(bytes);
        touched = model.Length;
        kind = 'L';
        switch (random.Next(10))
        {
            case 0:
                Assert.Equal(bytes.Length, mmu.CopyIn(at, bytes, out MemoryFault fault));
                Assert.Equal(MemoryFault.None, fault);
                bytes.CopyTo(model);
                kind = 'S';
                break;
            case 1:
                Assert.Equal(bytes.Length, mmu.CopyOut(at, bytes, out fault));
                Assert.Equal(MemoryFault.None, fault);
                Assert.Equal(model.ToArray(), bytes);
                break;
            case 2:
                Assert.Equal((uint)bytes.Length, mmu.Fill(at, (uint)bytes.Length, bytes[0], out fault));
                Assert.Equal(MemoryFault.None, fault);
                model.Fill(bytes[0]);
                kind = 'S';
                touched = -model.Length;    // byte by byte
                break;
            case 3 when model.Length >= 8:
                mmu.Write(at, BitConverter.ToUInt64(bytes));
                bytes.AsSpan(0, 8).CopyTo(model);
                (touched, kind) = (8, 'S');
                break;
            case 4 when model.Length >= 8:
                Assert.Equal(BitConverter.ToUInt64(model), mmu.Read<ulong>(at));
                touched = 8;
                break;
            case 5 when model.Length >= 4:
                Assert.True(mmu.TryWrite(at, BitConverter.ToUInt32(bytes), out fault));
                bytes.AsSpan(0, 4).CopyTo(model);
                (touched, kind) = (4, 'S');
                break;
            case 6 when model.Length >= 2:
                Assert.True(mmu.TryRead(at, out ushort word, out fault));
                Assert.Equal(BitConverter.ToUInt16(model), word);
                touched = 2;
                break;
            case 7 when model.Length >= 8:
                Assert.True(mmu.TryFetch(at, out ulong code, out fault));
                Assert.Equal((BitConverter.ToUInt64(model), MemoryFault.None), (code, fault));
                (touched, kind) = (8, 'F');
                break;
            case 8:
                Assert.True(mmu.TryFetch(at, out byte small, out fault));
                Assert.Equal((model[0], MemoryFault.None), (small, fault));
                (touched, kind) = (1, 'F');
                break;
            default:
                Assert.Equal(model[0], mmu.Read<byte>(at));
                touched = 1;
                break;
        }
    }

    /// <summary>The pieces are consecutive and aligned, and cover exactly the part of the access inside the device.</summary>
    private static void Check(List<string> accesses, int offset, int touched, char kind)
    {
        bool isFill = touched < 0;
        int first = Math.Max(offset, DeviceFirst * 4096), end = Math.Min(offset + Math.Abs(touched), (DeviceFirst + DevicePages) * 4096);
        int next = first - ((DeviceFirst - 1) * 4096);
        foreach (string access in accesses)
        {
            Assert.Equal(kind, access[0]);
            int size = access[1] - '0', at = Convert.ToInt32(access[3..], 16);
            Assert.Equal(next, at);
            Assert.Equal(0, at % size);
            if (isFill) Assert.Equal(1, size);
            next += size;
        }

        Assert.Equal(Math.Max(first, end), next + ((DeviceFirst - 1) * 4096));
    }
}
