using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The rules of placement one by one: hints, fixed places, the guard gap of growing areas, and where the search begins.</summary>
public sealed class PlacementTests
{
    private const MapFlags Private = MapFlags.Private | MapFlags.Anonymous;

    [Theory]
    [InlineData(8u << 20, 0xB800_0000u)]           // at least 128 MiB below the top
    [InlineData(256u << 20, 0xAFF0_0000u)]         // the limit and 1 MiB
    [InlineData(0xFFFF_FFFFu, 0x2000_0000u)]       // at most 5/6 of the user half
    public void TheFlexibleLayoutLeavesRoomForTheStack(uint stackLimit, uint mmapBase)
    {
        using World world = new(process: new ProcessOptions { StackLimit = stackLimit });
        World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 8192, MemoryProtection.Read, Private, out VirtualAddress at));
        Assert.Equal(mmapBase - 8192, at.Value);
    }

    /// <summary>A limit within a page leaves the page to mappings. Linux: PAGE_ALIGN in mmap_base.</summary>
    [Theory]
    [InlineData(0u, 0xB370_0u)]
    [InlineData(1u, 0xB370_0u)]
    [InlineData(4095u, 0xB370_0u)]
    [InlineData(4096u, 0xB36F_Fu)]
    public void TheFlexibleLayoutRoundsUp(uint more, uint mmapBase) =>
        Assert.Equal(new PageNumber(mmapBase), ProcessOptions.TopDownBase((200u << 20) + more));

    [Fact]
    public void TheClassicLayoutBeginsAtAThirdOfTheUserHalf()
    {
        using World world = new(process: new ProcessOptions { IsTopDown = false });
        World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 4096, MemoryProtection.Read, Private, out VirtualAddress first));
        World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 4096, MemoryProtection.ReadWrite, Private, out VirtualAddress second));
        Assert.Equal((0x4000_0000u, 0x4000_1000u), (first.Value, second.Value));
    }

    [Theory]
    [InlineData(0x3000_0123u, 0x3000_0000u)]       // rounded down
    [InlineData(0x0000_0FFFu, 0xB7FF_F000u)]       // page 0 is no hint
    [InlineData(0x0000_1000u, 0x0001_0000u)]       // below the lowest place it becomes that
    [InlineData(0xBFFF_F000u, 0xBFFF_F000u)]       // anywhere that is free
    [InlineData(0xC000_0000u, 0xB7FF_F000u)]       // not in the kernel half
    public void AHintIsTakenWhereItIsFree(uint hint, uint expected)
    {
        using World world = new();
        World.Succeeds(world.Memory.Map(new(hint), 4096, MemoryProtection.Read, Private, out VirtualAddress at));
        Assert.Equal(expected, at.Value);
    }

    [Theory]
    [InlineData(300, 44, true)]      // 300 − 256
    [InlineData(300, 45, false)]
    [InlineData(300, 299, false)]
    public void AHintKeepsTheGuardGapOfAGrowingArea(int growing, int hintEnd, bool isTaken)
    {
        using World world = new();
        world.Map(growing, 1, more: MapFlags.GrowsDown);
        World.Succeeds(world.Memory.Map(World.At(hintEnd - 1), 4096, MemoryProtection.Read, Private, out VirtualAddress at));
        Assert.Equal(isTaken, at == World.At(hintEnd - 1));
    }

    [Theory]
    [InlineData(0x3000_0001u, 4096u, MapFlags.Fixed, Errno.EINVAL)]
    [InlineData(0x0000_0000u, 4096u, MapFlags.Fixed, Errno.EPERM)]
    [InlineData(0xBFFF_F000u, 8192u, MapFlags.Fixed, Errno.ENOMEM)]
    [InlineData(0xBFFF_F001u, 8192u, MapFlags.Fixed, Errno.ENOMEM)]               // the end comes before the alignment
    [InlineData(0xFFFF_F000u, 4096u, MapFlags.Fixed, Errno.ENOMEM)]
    [InlineData(0x2000_0000u, 4096u, MapFlags.FixedNoReplace, Errno.EEXIST)]
    [InlineData(0x1FFF_F000u, 8192u, MapFlags.FixedNoReplace, Errno.EEXIST)]
    [InlineData(0x2000_0000u, 0u, MapFlags.Fixed, Errno.EINVAL)]
    [InlineData(0x2000_0000u, 0xFFFF_FFFFu, MapFlags.Fixed, Errno.ENOMEM)]
    [InlineData(0x0000_0000u, 0xC000_0000u, MapFlags.None, Errno.ENOMEM)]
    public void FixedPlacesAreRefusedAsTheKernelDoes(uint address, uint byteLength, MapFlags how, Errno expected)
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal(expected, world.Memory.Map(new(address), byteLength, MemoryProtection.ReadWrite, Private | how, out _));
        Assert.Equal("0-1 rw-p", World.AreasOf(world.First));
    }

    [Fact]
    public void AFixedPlaceTakesNoNoticeOfTheGuardGap()
    {
        using World world = new();
        world.Map(10, 1, more: MapFlags.GrowsDown);
        world.Map(9, 1);
        World.Succeeds(world.Memory.Map(World.At(8), 4096, MemoryProtection.Read, Private | MapFlags.FixedNoReplace, out _));
        Assert.Equal("8-9 r--p, 9-10 rw-p, 10-11 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheDownwardSearchSkipsGapsTooNearToAGrowingArea()
    {
        using World world = new(process: new ProcessOptions { MmapBase = World.At(1000) });
        world.Map(990, 10, more: MapFlags.GrowsDown);
        World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 4096, MemoryProtection.Read, Private, out VirtualAddress at));
        Assert.Equal(World.At(990 - 256 - 1), at);
    }

    [Fact]
    public void WhenTheDownwardSearchFindsNothingAnUpwardOneBegins()
    {
        using World world = new(process: new ProcessOptions { MmapBase = new(0x0001_2000) });
        World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 8192, MemoryProtection.Read, Private, out VirtualAddress low));
        World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 4096, MemoryProtection.Read, Private, out VirtualAddress high));
        Assert.Equal((0x0001_0000u, 0x4000_0000u), (low.Value, high.Value));
    }

    [Fact]
    public void AReservedRangeIsNeitherGivenNorListed()
    {
        using World world = new();
        Assert.Equal(Errno.None, world.Memory.Reserve(new(World.At(0).Page, new(4))));
        Assert.Equal(Errno.EEXIST, world.Memory.Reserve(new(World.At(3).Page, new(2))));
        Assert.Equal(Errno.EINVAL, world.Memory.Reserve(new(new(0xBFFFF), new(2))));
        Assert.Equal(Errno.EINVAL, world.Memory.Reserve(new(World.At(9).Page, PageCount.Zero)));
        World.Succeeds(world.Memory.Map(World.At(3), 4096, MemoryProtection.Read, Private, out VirtualAddress elsewhere));
        Assert.NotEqual(World.At(3), elsewhere);
        Assert.DoesNotContain(world.Memory.Areas.Snapshot(), area => area.Range.Contains(World.At(0).Page));
        Assert.Equal(PageCount.One, world.Memory.Usage.Total);
        world.Mmu.TryRead(World.At(0), out byte _, out MemoryFault fault);
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(0)), fault);
        world.AssertNothingIsLeft();
    }
}
