using System.Buffers;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Pins of the zero page, pins of pages that leave their process while pinned, and the page where pinning stops.</summary>
/// <remarks>Linux: mm/gup.c pin_user_pages, try_grab_folio (the zero page takes no reference); mm/swapfile.c folio_free_swap.</remarks>
public sealed class PinEdgeTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Fact]
    public void PinsOfTheZeroPageTakeNoFrame()
    {
        _world.Map(0, 3, MemoryProtection.Read);
        long free = _world.Engine.Memory.Free.Value;
        PinnedMemory pin = _world.First.Pin(World.At(0, 5), World.Bytes(2), AccessKind.Read);
        PinnedMemory second = _world.First.Pin(World.At(1), 1, AccessKind.Read);
        Assert.Equal(World.Bytes(2), (uint)PinTests.BytesOf(pin).Length);
        Assert.DoesNotContain(PinTests.BytesOf(pin), static one => one != 0);
        Assert.Equal(free - 1, _world.Engine.Memory.Free.Value);    // the page table
        second.Dispose();
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(3)));
        Assert.DoesNotContain(PinTests.BytesOf(pin), static one => one != 0);
        pin.Dispose();
        Assert.False(_world.First.TryPin(World.At(0), 1, AccessKind.Write, out _, out _));
    }

    [Fact]
    public void APageOfTheSwapCacheKeepsItsSlotUntilItIsUnpinned()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        _world.Map(0, 4);
        for (int page = 0; page < 4; page++) _world.Touch(page, (byte)(page + 1));
        World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(4), MemoryProtection.Read));
        World.Succeeds(_world.Memory.Advise(World.At(1), World.Bytes(2), MemoryAdvice.PageOut));
        Assert.Equal(2u, device!.UsedSlotCount);
        PinnedMemory pin = _world.First.Pin(World.At(1), World.Bytes(2), AccessKind.Read);
        World.Succeeds(_world.Memory.Unmap(World.At(1), World.Bytes(1)));
        _world.Verify();
        byte[] bytes = PinTests.BytesOf(pin);
        Assert.Equal((2, 3), (bytes[0], bytes[4096]));
        pin.Dispose();
        Assert.Equal(3, _world.Peek(2));    // the process still has this one
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(4)));
        Assert.Equal(0u, device.UsedSlotCount);
        World.Succeeds(_world.Engine.Swap.SwitchOff(device));
    }

    [Theory]
    [InlineData(0, 0, 8193, 2, 0)]      // the third page is not there
    [InlineData(1, 100, 4096, 2, 0)]
    [InlineData(2, 100, 8, 2, 100)]     // not even the first byte
    [InlineData(9, 4095, 1, 9, 4095)]
    public void TheFaultIsThatOfTheFirstByteThatCannotBePinned(int page, int offset, uint length, int faultPage, int faultOffset)
    {
        _world.Map(0, 2);
        Assert.False(_world.First.TryPin(World.At(page, offset), length, AccessKind.Read, out PinnedMemory? pin, out MemoryFault fault));
        Assert.Null(pin);
        Assert.Equal(new MemoryFault(MemoryFaultKind.NotMapped, World.At(faultPage, faultOffset)), fault);
        Assert.True(_world.Machine.Pins.IsEmpty);
    }

    /// <summary>A host's memory and a device have no frames of the engine's, so there is nothing to hold.</summary>
    [Theory]
    [InlineData(AccessKind.Read), InlineData(AccessKind.Write)]
    public void MemoryOfHostsAndDevicesIsNotPinned(AccessKind access)
    {
        RecordingDevice device = new();
        GuestFile registers = _world.Engine.Files.CreateDevice("registers", device, RecordingDevice.ByteLength);
        Assert.True(_world.Engine.Frames.TryTake(1, out FrameNumber first));
        GuestFile screen = _world.Engine.Files.CreateFrameFile("screen", first, new FrameCount(2));
        int[] descriptors = [_world.Open(registers), _world.Open(screen)];
        _world.MapFile(descriptors[0], 4, 1, type: MapFlags.Shared);
        _world.MapFile(descriptors[1], 6, 2, type: MapFlags.Shared);
        _world.Map(5, 1);
        foreach (int page in (int[])[4, 6])
        {
            Assert.False(_world.First.TryPin(World.At(page, 8), 8, access, out _, out MemoryFault fault));
            Assert.Equal(new MemoryFault(MemoryFaultKind.Device, World.At(page, 8)), fault);
        }

        Assert.False(_world.First.TryPin(World.At(5), 4097, access, out _, out MemoryFault second));
        Assert.Equal(new MemoryFault(MemoryFaultKind.Device, World.At(6)), second);
        Assert.True(_world.Machine.Pins.IsEmpty);
        Assert.Empty(device.Take());
        World.Succeeds(_world.Memory.Unmap(World.At(4), World.Bytes(4)));
        foreach (int descriptor in descriptors) World.Succeeds(_world.First.FileDescriptors.Close(descriptor));
        registers.Dispose();
        screen.Dispose();
        _world.Engine.Frames.Return(first, 1);
    }
}
