using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Reports;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Each access to a device is one call, in order. Accesses that are unaligned or cross a page are split as on a bus.</summary>
public sealed class DeviceTests : IDisposable
{
    private readonly World _world = new();
    private readonly RecordingDevice _device = new();
    private readonly GuestFile _file;
    private readonly int _descriptor;

    public DeviceTests()
    {
        _file = _world.Engine.Files.CreateDevice("/dev/recorder", _device, RecordingDevice.ByteLength);
        _descriptor = _world.Open(_file);
        _world.MapFile(_descriptor, 0, 4, type: MapFlags.Shared);
    }

    private Mmu Mmu => _world.Mmu;

    public void Dispose()
    {
        _world.Verify();
        _file.Dispose();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Fact]
    public void AnAlignedAccessIsOneCall()
    {
        Mmu.Write(World.At(0, 8), 0x1122334455667788UL);
        Mmu.Write(World.At(0, 16), 0xAABBCCDDu);
        Mmu.Write(World.At(0, 20), (ushort)0xEEFF);
        Mmu.Write(World.At(1, 1), (byte)7);
        Assert.Equal("S8@8 S4@10 S2@14 S1@1001", _device.Take());
        Assert.Equal(0x1122334455667788UL, Mmu.Read<ulong>(World.At(0, 8)));
        Assert.Equal(0xAABBCCDDu, Mmu.Read<uint>(World.At(0, 16)));
        Assert.Equal((ushort)0xEEFF, Mmu.Read<ushort>(World.At(0, 20)));
        Assert.True(Mmu.TryRead(World.At(1, 1), out byte last));
        Assert.Equal(7, last);
        Assert.Equal("L8@8 L4@10 L2@14 L1@1001", _device.Take());
        Assert.True(Mmu.TryWrite(World.At(0), 5u, out MemoryFault fault));
        Assert.True(Mmu.TryRead(World.At(0), out uint five, out fault));
        Assert.Equal((5u, MemoryFault.None), (five, fault));
        Assert.Equal("S4@0 L4@0", _device.Take());
    }

    /// <summary>A device of 16 bytes has no 17th: the rest of its page is as after the end of a file.</summary>
    [Fact]
    public void NoByteAfterTheEndReachesTheDevice()
    {
        RecordingDevice small = new();
        using (GuestFile file = _world.Engine.Files.CreateDevice("/dev/small", small, 16))
        {
            int descriptor = _world.Open(file);
            _world.MapFile(descriptor, 8, 1, type: MapFlags.Shared);
            for (int i = 0; i < 2; i++)    // the second time the device is known
            {
                Mmu.Write(World.At(8, 8), 0x1122334455667788UL);
                Mmu.Write(World.At(8, 2048), 7u);
                Mmu.Write(World.At(8, 12), 0xAABBCCDD_99887766UL);
                Mmu.Write(World.At(8, 15), (ushort)0x0102);
                Assert.Equal("S8@8 S4@c S1@f", small.Take());
                Assert.Equal((0UL, 0u), (Mmu.Read<ulong>(World.At(8, 16)), Mmu.Read<uint>(World.At(8, 2048))));
                Assert.Equal(0u, Mmu.Read<uint>(World.At(8, 4092)));
                Assert.Equal("", small.Take());
                Assert.Equal(0x00000000_02887766UL, Mmu.Read<ulong>(World.At(8, 12)));
                Assert.Equal((ushort)0x02, Mmu.Read<ushort>(World.At(8, 15)));
                Assert.Equal("L4@c L1@f", small.Take());
            }

            byte[] all = new byte[4096];
            Assert.Equal(4096, Mmu.CopyOut(World.At(8), all, out _));
            Assert.Equal("L8@0 L8@8", small.Take());
            Assert.Equal(4096, Mmu.CopyIn(World.At(8), all, out _));
            Assert.Equal("S8@0 S8@8", small.Take());
            World.Succeeds(_world.Memory.Unmap(World.At(8), 4096));
            World.Succeeds(_world.First.FileDescriptors.Close(descriptor));
        }
    }

    [Theory]
    [InlineData(1, 4, "1@1 2@2 1@4")]
    [InlineData(2, 4, "2@2 2@4")]
    [InlineData(3, 2, "1@3 1@4")]
    [InlineData(4, 8, "4@4 4@8")]
    [InlineData(7, 8, "1@7 4@8 2@c 1@e")]
    [InlineData(4094, 4, "2@ffe 2@1000")]
    [InlineData(4095, 8, "1@fff 4@1000 2@1004 1@1006")]
    public void OtherAccessesAreSplitFromTheLowestAddressUp(int offset, int byteLength, string pieces)
    {
        for (int i = 0; i < 32; i++) _device.Bytes[offset + i] = (byte)(i + 1);
        ulong expected = 0x0807060504030201UL & (byteLength == 8 ? ulong.MaxValue : (1UL << (8 * byteLength)) - 1);
        ulong found = byteLength switch
        {
            2 => Mmu.Read<ushort>(World.At(0, offset)),
            4 => Mmu.Read<uint>(World.At(0, offset)),
            _ => Mmu.Read<ulong>(World.At(0, offset)),
        };
        Assert.Equal(expected, found);
        Assert.Equal("L" + pieces.Replace(" ", " L", StringComparison.Ordinal), _device.Take());
        Mmu.Write(World.At(0, offset), expected + 1);
        _device.Take();
        Assert.Equal(expected + 1, MemoryMarshal.Read<ulong>(_device.Bytes[offset..]));
    }

    /// <summary>The rule in another way: every offset and length against a loop that takes the longest piece that fits.</summary>
    [Fact]
    public void CopiesAreSplitByTheSameRule() => Property.ForSeeds(300, seed =>
    {
        Random random = new((int)seed);
        int offset = random.Next(4096 * 3), length = random.Next(1, 4096);
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        List<string> expected = [];
        for (int at = offset; at < offset + length;)
        {
            int piece = 8;
            while (at % piece != 0 || piece > offset + length - at) piece /= 2;
            expected.Add($"{piece}@{at:x}");
            at += piece;
        }

        Assert.Equal(length, Mmu.CopyIn(World.At(0, offset), bytes, out MemoryFault fault));
        Assert.False(fault.IsFault);
        Assert.Equal("S" + string.Join(" S", expected), _device.Take());
        byte[] back = new byte[length];
        Assert.Equal(length, Mmu.CopyOut(World.At(0, offset), back, out fault));
        Assert.Equal("L" + string.Join(" L", expected), _device.Take());
        Assert.Equal(bytes, back);
    });

    [Fact]
    public void AtomicsAreOneLoadAndOneStore()
    {
        Assert.Equal(3u, Mmu.Add(World.At(0), 3u));
        Assert.Equal("L4@0 S4@0", _device.Take());
        Assert.Equal(3u, Mmu.CompareExchange(World.At(0), 9, 3));
        Assert.Equal("L4@0 S4@0", _device.Take());
        Assert.Equal(9u, Mmu.CompareExchange(World.At(0), 1, 3));    // fails, and stores what it has loaded, as CMPXCHG does
        Assert.Equal("L4@0 S4@0", _device.Take());
        Assert.Equal(9u, Mmu.Read<uint>(World.At(0)));
    }

    [Fact]
    public void FillingStoresByteByByte()
    {
        Assert.Equal(3u, Mmu.Fill(World.At(0, 4094), 3, 0x55, out _));
        Assert.Equal("S1@ffe S1@fff S1@1000", _device.Take());
    }

    [Fact]
    public void AnAccessThatAlsoCoversOrdinaryPagesHappensCompletelyOrNotAtAll()
    {
        Assert.False(Mmu.TryWrite(World.At(4, -2), 1u, out MemoryFault fault));    // nothing is mapped above
        Assert.Equal(new(MemoryFaultKind.NotMapped, World.At(4)), fault);
        Assert.Equal("", _device.Take());
        _world.Map(4, 1);
        Mmu.Write(World.At(4, -2), 0x04030201u);
        Assert.Equal("S2@3ffe", _device.Take());
        Assert.Equal(0x0403, Mmu.Read<ushort>(World.At(4)));
        Assert.Equal(0x04030201u, Mmu.Read<uint>(World.At(4, -2)));
        Assert.Equal("L2@3ffe", _device.Take());
    }

    [Fact]
    public void RightsHoldAndThereAreNoBytesToHandOut()
    {
        World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(1), MemoryProtection.Read));
        World.Succeeds(_world.Memory.Protect(World.At(1), World.Bytes(1), MemoryProtection.None));
        Assert.False(Mmu.TryWrite(World.At(0), 1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
        Assert.Throws<PageFaultException>(() => Mmu.Read<byte>(World.At(1)));
        Assert.False(Mmu.TryGetSpan(World.At(2), 4, AccessKind.Read, out _, out fault));
        Assert.Equal(new(MemoryFaultKind.Device, World.At(2)), fault);
        Assert.Equal(new(MemoryFaultKind.Device, World.At(2)), Mmu.ResolveFault(World.At(2), PageFaultErrorCode.User));
        Assert.Equal("", _device.Take());
        Assert.Equal(0, _world.Memory.Faults.Minor);
    }

    [Fact]
    public void SystemCallsBehaveAsForARemappedPfnRange()
    {
        AddressSpace memory = _world.Memory;
        World.Returns(Errno.EINVAL, memory.Map(World.At(10), World.Bytes(1), MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed,
            _descriptor,
            0, out _));
        World.Returns(Errno.EINVAL, memory.Map(World.At(10), World.Bytes(2), MemoryProtection.Read, MapFlags.Shared | MapFlags.Fixed,
            _descriptor,
            3 * 4096, out _));
        foreach (MemoryAdvice advice in (MemoryAdvice[])[MemoryAdvice.DontNeed, MemoryAdvice.Free, MemoryAdvice.Cold, MemoryAdvice.PageOut,
            MemoryAdvice.Remove, MemoryAdvice.PopulateRead, MemoryAdvice.DoFork])
        {
            World.Returns(Errno.EINVAL, memory.Advise(World.At(0), World.Bytes(1), advice));
        }

        World.Succeeds(memory.Lock(World.At(0), World.Bytes(4)));
        Assert.DoesNotContain("lo ", memory.FormatSmaps(), StringComparison.Ordinal);
        Assert.Contains("VmFlags: rd wr sh mr mw me ms pf io de dd sd", memory.FormatSmaps(), StringComparison.Ordinal);
        World.Returns(Errno.EFAULT, memory.Remap(World.At(0), World.Bytes(4), World.Bytes(5), RemapFlags.MayMove, out _));
        World.Returns(Errno.EINVAL, memory.Remap(World.At(0), 0, World.Bytes(4), RemapFlags.MayMove, out _));
        World.Succeeds(memory.Remap(World.At(0), World.Bytes(4), World.Bytes(4), RemapFlags.MayMove | RemapFlags.Fixed, World.At(20),
            out _));
        Mmu.Write(World.At(23), 1);
        Assert.Equal("S4@3000", _device.Take());
        World.Succeeds(memory.Unmap(World.At(21), World.Bytes(1)));
        Mmu.Write(World.At(22), 1);
        Assert.Equal("S4@2000", _device.Take());
        Assert.False(Mmu.TryRead(World.At(21), out int _));
        using UserProcess child = _world.First.Fork();
        child.Memory.Mmu.Write(World.At(20), 1);
        Assert.Equal("S4@0", _device.Take());
        Assert.Equal(0ul, memory.Footprint.Resident);
        World.Returns(Errno.EINVAL, _file.Read(0, new byte[1], out _));
        World.Returns(Errno.EINVAL, _file.Write(0, new byte[1], out _));
        World.Returns(Errno.EINVAL, _file.SetLength(0));
        World.Returns(Errno.EINVAL, _world.First.FileDescriptors.SetLength(_descriptor, 0));
        World.Returns(Errno.EINVAL, _world.First.FileDescriptors.Read(_descriptor, 0, new byte[1], out _));
        World.Returns(Errno.EINVAL, _world.First.FileDescriptors.Write(_descriptor, 0, new byte[1], out _));
    }

    [Fact]
    public void NeighboursOfOneDeviceStayApart()
    {
        _world.MapFile(_descriptor, 30, 1, type: MapFlags.Shared);
        _world.MapFile(_descriptor, 31, 1, filePage: 1, type: MapFlags.Shared);
        Assert.Contains("30-31 rw-s, 31-32 rw-s", World.AreasOf(_world.First), StringComparison.Ordinal);
    }

    [Fact]
    public void ADeviceThatThrowsReachesTheHostAsItself()
    {
        _device.Interrupt = static () => throw new NotSupportedException("broken");
        Assert.Throws<NotSupportedException>(() => Mmu.Read<int>(World.At(0)));
        Assert.Throws<NotSupportedException>(() => Mmu.TryWrite(World.At(0), 1));
        _device.Interrupt = null;
        Mmu.Write(World.At(0), 1);
        Assert.Equal("S4@0", _device.Take());
    }

    [Fact]
    public void ADeviceMayNotCallTheEngine()
    {
        _world.Map(8, 1);
        int refused = 0;
        void Refuses(Action call)
        {
            Assert.Throws<InvalidOperationException>(call);
            refused++;
        }

        _device.Interrupt = () =>
        {
            Refuses(() => _world.Memory.Unmap(World.At(0), World.Bytes(4)));
            Refuses(() => Mmu.Read<int>(World.At(0)));
            Refuses(() => Mmu.Write(World.At(8), 1));
            Refuses(() => _world.First.Fork());
            Refuses(() => _world.Engine.Audit());
        };
        Mmu.Write(World.At(0), 1);
        Assert.Equal(1, Mmu.Read<int>(World.At(0)));
        _device.Interrupt = null;
        Assert.Equal(10, refused);
    }

    [Fact]
    public void AccessesAllocateNothing()
    {
        _device.IsSilent = true;
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                Mmu.Write(World.At(0, 8), i);
                if (Mmu.Read<int>(World.At(0, 8)) != i) Assert.Fail("Another value.");
                Mmu.TryRead(World.At(0, 4094), out int _, out _);
            }
        }));
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => _world.Engine.Files.CreateDevice("none", null!, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.Engine.Files.CreateDevice("none", _device, 0));
    }
}
