using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A swap device that takes no page any more, as one whose server is gone, while all of RAM is full.</summary>
public sealed class DeadDeviceTests
{
    /// <summary>
    /// Two pages of a program's file displace each other for ever, if each fault finds the other one to drop. So memory has run out.
    /// </summary>
    [Fact]
    public void AProgramThatOnlyReadsItsOwnTextAgainAndAgainIsOutOfMemory()
    {
        using DeviceWorld disk = new(2, options: World.Options(1) with { ReadAheadPages = 0, FaultAroundPages = 1 });
        World.Succeeds(disk.Engine.Swap.SwitchOn(new DeadStore(), -2, out _));
        disk.World.MapFile(disk.Descriptor, 0, 2);
        disk.World.Map(16, 4096);
        Mmu mmu = disk.World.Memory.Mmu;
        Assert.True(mmu.TryRead(World.At(0), out byte _));
        for (int filled = 16; disk.Engine.Frames.CountOf(FrameState.Free).Value > 0; filled++)
            Assert.True(mmu.TryWrite(World.At(filled), (byte)1));

        MemoryFault fault = default;
        int touches = 0;
        for (; touches < 1000 && !fault.IsFault; touches++) mmu.TryRead(World.At(touches & 1), out byte _, out fault);
        Assert.Equal(MemoryFaultKind.OutOfMemory, fault.Kind);
        Assert.InRange(touches, 10, 40);    // not at the first: the device may come back
    }

    private sealed class DeadStore : ISwapStore
    {
        public string Name => "dead";

        public uint SlotCount => 4096;

        public Errno Read(uint slot, Span<byte> page) => Errno.EIO;

        public Errno Write(uint slot, ReadOnlySpan<byte> page) => Errno.EIO;

        public void Dispose() { }
    }
}
