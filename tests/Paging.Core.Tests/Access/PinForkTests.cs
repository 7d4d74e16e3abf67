using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A fork copies a pinned page for the child, and only if the page still is the pinned one.</summary>
/// <remarks>Linux: mm/memory.c copy_present_page.</remarks>
public sealed class PinForkTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    /// <summary>
    /// The pinned page was given up. The page that came after it is swapped out, to the slot whose entry has the number of the pinned
    /// frame where a present entry has its own.
    /// </summary>
    [Fact]
    public void ASwapEntryIsNoPinnedFrame()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(80 << 20), out _));
        _world.Map(0, 2);
        _world.Touch(0, 1);
        using PinnedMemory pin = _world.First.Pin(World.At(0), 4096, AccessKind.Write);
        FrameNumber pinned = Entry(0).Frame;
        World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        _world.Touch(1, 2);
        const int first = 10;
        _world.Map(first, 20_000);
        int page = first;
        do
        {
            _world.Touch(page, 5);
            World.Succeeds(_world.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut));
        }
        while (SwapEntry.From(Entry(page++)).Slot + 1 != pinned.Value << 4);

        _world.Touch(0, 3);
        World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.PageOut));
        Assert.Equal((false, pinned), (Entry(0).IsPresent, Entry(0).Frame));
        UserProcess child = _world.First.Fork();
        Assert.Equal(Entry(0), child.Memory.Space.Tables.Read(World.At(0).Page));
        _world.Verify();
        Assert.Equal((3, 3, 1), (_world.Peek(0), child.Memory.Mmu.Read<byte>(World.At(0)), pin.Parts[0].Span[0]));
    }

    /// <summary>The pinned page is gone, and with it the only table; or another page of the table is there.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APinnedPageThatIsGoneIsNotCopied(bool hasNeighbour)
    {
        _world.Map(0, 3000);
        _world.Touch(2500, 1);
        _world.Touch(0, 1);
        if (hasNeighbour) _world.Touch(2501, 2);
        using PinnedMemory pin = _world.First.Pin(World.At(2500), 4096, AccessKind.Write);
        World.Succeeds(_world.Memory.Advise(World.At(2500), 4096, MemoryAdvice.DontNeed));
        UserProcess child = _world.First.Fork();
        Assert.Equal((0, 0, 1), (_world.Peek(2500), child.Memory.Mmu.Read<byte>(World.At(2500)), pin.Parts[0].Span[0]));
        Assert.Equal(hasNeighbour ? 2 : 0, child.Memory.Mmu.Read<byte>(World.At(2501)));
    }

    /// <summary>E2: the child's copy has the rights of its area, which may have lost them since the page was pinned.</summary>
    [Theory]
    [InlineData(MemoryProtection.None)]
    [InlineData(MemoryProtection.Read)]
    [InlineData(MemoryProtection.ReadWrite)]
    public void TheCopyHasTheRightsOfItsArea(MemoryProtection protection)
    {
        _world.Map(0, 1);
        _world.Touch(0, 1);
        using PinnedMemory pin = _world.First.Pin(World.At(0), 4096, AccessKind.Write);
        World.Succeeds(_world.Memory.Protect(World.At(0), 4096, protection));
        UserProcess child = _world.First.Fork();
        PageTableEntry copy = child.Memory.Space.Tables.Read(World.At(0).Page);
        Assert.NotEqual(Entry(0).Frame, copy.Frame);
        Assert.Equal((protection != MemoryProtection.None, protection == MemoryProtection.ReadWrite), (copy.IsUser, copy.IsWritable));
        _world.Verify();
    }

    /// <summary>After the fork the parent writes to its pinned page without a fault that would move it, in the swap cache or not.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ThePinnedPageIsTheParentsAlone(bool isInSwapCache)
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        _world.Map(0, 2);
        for (int page = 0; page < 2; page++) _world.Touch(page, 1);
        if (isInSwapCache)
        {
            World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PageOut));
            _world.Peek(0);
        }

        using PinnedMemory pin = _world.First.Pin(World.At(0), 4096, isInSwapCache ? AccessKind.Read : AccessKind.Write);
        FrameNumber frame = Entry(0).Frame;
        UserProcess child = _world.First.Fork();
        Assert.True(Spaces.EntryWords.IsExclusive(Entry(0)));
        Assert.Equal(isInSwapCache ? 1u : 0u, device!.UsedSlotCount);
        FaultCounters before = _world.Memory.Space.Faults;
        _world.Touch(0, 9);
        Assert.Equal((frame, before.Copied), (Entry(0).Frame, _world.Memory.Space.Faults.Copied));
        Assert.Equal((9, 1), (pin.Parts[0].Span[0], child.Memory.Mmu.Read<byte>(World.At(0))));
    }

    private PageTableEntry Entry(int page) => _world.Memory.Space.Tables.Read(World.At(page).Page);
}
