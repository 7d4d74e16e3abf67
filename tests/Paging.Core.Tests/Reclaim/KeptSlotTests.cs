using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A page that is read back keeps its slot if it is only read, while the device has room, and if it is not locked.</summary>
/// <remarks>Linux: mm/memory.c should_try_to_free_swap, mm/swap.h vm_swap_full; mm/swapfile.c folio_free_swap.</remarks>
public sealed class KeptSlotTests : IDisposable
{
    private readonly World _world = new();
    private readonly SwapDevice _device;

    public KeptSlotTests()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        _device = device!;
    }

    public void Dispose()
    {
        _world.Verify();
        World.Succeeds(_world.Engine.Swap.SwitchOff(_device));
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Theory]
    [InlineData(AccessKind.Read, 8)]
    [InlineData(AccessKind.Write, 7)]
    public void AWriteGivesTheSlotUp(AccessKind access, int left)
    {
        SwapOut(8);
        Touch(_world.First, 3, access);
        Assert.Equal((uint)left, _device.UsedSlotCount);
        Touch(_world.First, 3, AccessKind.Write);    // already there, and writable
        Assert.Equal((uint)left, _device.UsedSlotCount);
    }

    /// <summary>More than half of the slots are in use: each read gives its slot up until that is no longer so.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void ReadsGiveSlotsUpWhileTheDeviceIsMoreThanHalfFull(int aboveHalf)
    {
        uint half = _device.SlotCount / 2;
        int pages = (int)half + aboveHalf;
        SwapOut(pages);
        Assert.Equal((uint)pages, _device.UsedSlotCount);
        for (int page = 0; page < 8; page++)
        {
            Touch(_world.First, page * 9, AccessKind.Read);
            // What is asked is how full the device is with this page's slot in it.
            Assert.Equal((uint)Math.Max(half, pages - page - 1), _device.UsedSlotCount);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALockedPageNeedsNoSlot(bool isLocked)
    {
        SwapOut(8);
        if (isLocked) World.Succeeds(_world.Memory.Lock(World.At(0), World.Bytes(4)));
        else
            for (int page = 0; page < 4; page++) Touch(_world.First, page, AccessKind.Read);
        Assert.Equal(isLocked ? 4u : 8, _device.UsedSlotCount);
        _world.Memory.Unlock(World.At(0), World.Bytes(4));
    }

    /// <summary>A slot that another process still needs stays, and is given up with the last of them.</summary>
    [Theory]
    [InlineData(AccessKind.Read)]
    [InlineData(AccessKind.Write)]
    public void ASlotOfTwoProcessesStaysForTheOther(AccessKind access)
    {
        SwapOut(4);
        UserProcess child = _world.First.Fork();
        Touch(child, 1, access);
        Assert.Equal(4u, _device.UsedSlotCount);
        Assert.Equal(access == AccessKind.Write ? 77 : 2, child.Memory.Mmu.Read<byte>(World.At(1)));
        Assert.Equal(2, _world.Peek(1));
        child.Dispose();
        Touch(_world.First, 2, AccessKind.Write);
        Assert.Equal(3u, _device.UsedSlotCount);
    }

    private void SwapOut(int pages)
    {
        _world.Map(0, pages);
        for (int page = 0; page < pages; page++) _world.Touch(page, (byte)(page + 1));
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(pages), MemoryAdvice.PageOut));
        Assert.Equal((uint)pages, _device.UsedSlotCount);
    }

    private static void Touch(UserProcess process, int page, AccessKind access)
    {
        if (access == AccessKind.Read) process.Memory.Mmu.Read<byte>(World.At(page));
        else process.Memory.Mmu.Write(World.At(page), (byte)77);
    }
}
