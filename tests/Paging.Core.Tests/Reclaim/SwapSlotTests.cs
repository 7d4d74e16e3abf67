using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The contents of a device's slots. Linux: mm/page_io.c, swap_writeout, swap_zeromap_folio_set and _clear.</summary>
public class SwapSlotTests
{
    /// <summary>A page of zeros is only marked; the mark goes when the slot is written.</summary>
    [Fact]
    public void ASlotOfZerosThatIsWrittenAgainHoldsTheNewPage()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(0);
        world.Touch(1);
        PhysicalMemory ram = world.Machine.Ram;
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(0).Page).Frame;
        FrameNumber other = world.Memory.Space.Tables.Read(World.At(1).Page).Frame;
        SwapDevice device = new(new MemorySwapStore(1 << 20), number: 0, priority: 0);
        ram.Bytes(frame).Clear();
        Assert.Equal((Errno.None, true), (device.Write(3, ram, frame, out bool isZero), isZero));
        ram.Bytes(frame)[77] = 5;
        Assert.Equal((Errno.None, false), (device.Write(3, ram, frame, out isZero), isZero));
        Assert.Equal(Errno.None, device.Read(3, ram, other));
        Assert.Equal(5, ram.Bytes(other)[77]);
        device.Close();
    }
}
