using Xunit;

namespace Paging.Core.Tests;

/// <summary>Which signal, and at which address: the first byte of the access in the page at fault.</summary>
public sealed class AccessErrorTests
{
    private const MemoryFaultKind Not = MemoryFaultKind.NotMapped, Denied = MemoryFaultKind.NotAllowed;

    // page 0 read and write, 1 read, 2 none, 3 a hole, 4 write only, 5 execute only
    private static World Prepare()
    {
        World world = new();
        world.Map(0, 1);
        world.Map(1, 1, MemoryProtection.Read);
        world.Map(2, 1, MemoryProtection.None);
        world.Map(4, 1, MemoryProtection.Write);
        world.Map(5, 1, MemoryProtection.Execute);
        return world;
    }

    [Theory]
    [InlineData(0, 5, MemoryFaultKind.None, 0)]
    [InlineData(1, 5, MemoryFaultKind.None, 0)]
    [InlineData(2, 5, Denied, 5)]
    [InlineData(3, 5, Not, 5)]
    [InlineData(4, 5, MemoryFaultKind.None, 0)]      // there is no write-only page on this processor
    [InlineData(5, 5, MemoryFaultKind.None, 0)]      // and no execute-only one
    [InlineData(0, 4094, MemoryFaultKind.None, 0)]   // crosses into page 1
    [InlineData(1, 4094, Denied, 4096)]              // the higher page is at fault
    [InlineData(2, 4095, Denied, 4095)]              // both are: the lower one is reported
    [InlineData(3, 4094, Not, 4094)]                 // the lower one is
    public void LoadsFaultWhereNothingMayBeRead(int page, int offset, MemoryFaultKind kind, int faultOffset)
    {
        using World world = Prepare();
        Assert.Equal(kind == MemoryFaultKind.None, world.Mmu.TryRead(World.At(page, offset), out uint _, out MemoryFault fault));
        Assert.Equal(kind == MemoryFaultKind.None ? MemoryFault.None : new(kind, World.At(page, faultOffset)), fault);
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(0, 5, MemoryFaultKind.None, 0)]
    [InlineData(1, 5, Denied, 5)]
    [InlineData(2, 5, Denied, 5)]
    [InlineData(3, 5, Not, 5)]
    [InlineData(4, 4092, MemoryFaultKind.None, 0)]
    [InlineData(4, 4093, Denied, 4096)]
    [InlineData(0, 4093, Denied, 4096)]
    [InlineData(2, 4093, Denied, 4093)]
    [InlineData(5, 0, Denied, 0)]
    [InlineData(-1, 4093, Not, 4093)]
    public void StoresFaultWhereNothingMayBeWritten(int page, int offset, MemoryFaultKind kind, int faultOffset)
    {
        using World world = Prepare();
        Assert.Equal(kind == MemoryFaultKind.None, world.Mmu.TryWrite(World.At(page, offset), 0xAABB_CCDD, out MemoryFault fault));
        Assert.Equal(kind == MemoryFaultKind.None ? MemoryFault.None : new(kind, World.At(page, faultOffset)), fault);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AStoreThatCrossesIntoAHoleChangesNothingYetItsLowerPageExistsNow()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal("Minor 1, Refused 1, Anonymous 1", FaultStory.Of(world.First, () =>
        {
            Assert.False(world.Mmu.TryWrite(World.At(0, 4094), 0xFFFF_FFFF, out MemoryFault fault));
            Assert.Equal(new(Not, World.At(1)), fault);
        }));
        Assert.True(world.Memory.HasOwnPage(World.At(0).Page));
        Assert.Equal(0, world.Mmu.Read<ushort>(World.At(0, 4094)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AStoreThatBeginsInAHoleTouchesNothing()
    {
        using World world = new();
        world.Map(1, 1);
        Assert.Equal("Refused 1", FaultStory.Of(world.First, () =>
        {
            Assert.False(world.Mmu.TryWrite(World.At(0, 4094), 0xFFFF_FFFF, out MemoryFault fault));
            Assert.Equal(new(Not, World.At(0, 4094)), fault);
        }));
        Assert.False(world.Memory.HasOwnPage(World.At(1).Page));
    }

    [Theory]
    [InlineData(0xC000_0000u, 0xC000_0000u)]
    [InlineData(0xFFFF_FFFFu, 0xFFFF_FFFFu)]
    [InlineData(0xC010_0000u, 0xC010_0000u)]
    [InlineData(0x0000_0000u, 0x0000_0000u)]
    [InlineData(0xBFFF_FFFEu, 0xC000_0000u)]    // the user half ends in the middle of the access
    public void TheKernelHalfAndPageZeroAreNotThePrograms(uint address, uint faultAddress)
    {
        using World world = new();
        World.Succeeds(world.Memory.Map(new(0xBFFF_F000), 4096, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        Assert.False(world.Mmu.TryRead(new(address), out uint _, out MemoryFault fault));
        Assert.Equal(new(Not, new(faultAddress)), fault);
        Assert.False(world.Mmu.TryWrite(new(address), 1u, out fault));
        Assert.Equal(new(Not, new(faultAddress)), fault);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheThrowingFormsCarryTheFault()
    {
        using World world = Prepare();
        Assert.Equal(new(Not, World.At(3, 1)), Assert.Throws<PageFaultException>(() => world.Mmu.Read<byte>(World.At(3, 1))).Fault);
        Assert.Equal(new(Denied, World.At(1, 1)), Assert.Throws<PageFaultException>(() => world.Mmu.Write(World.At(1, 1), 1)).Fault);
        Assert.Equal(new(Denied, World.At(1, 8)), Assert.Throws<PageFaultException>(() => world.Mmu.Add(World.At(1, 8), 1)).Fault);
        PageFaultException exchange = Assert.Throws<PageFaultException>(() => world.Mmu.CompareExchange(World.At(3, 8), 1, 0));
        Assert.Equal(new(Not, World.At(3, 8)), exchange.Fault);
        Assert.Contains("20003008", exchange.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FaultsThatEndInASignalAreCountedApart()
    {
        using World world = Prepare();
        Assert.Equal("Refused 3", FaultStory.Of(world.First, () =>
        {
            world.Mmu.TryRead(World.At(3), out byte _);
            world.Mmu.TryWrite(World.At(1), (byte)1);
            world.Mmu.TryRead(new(0xC000_0000), out byte _);
        }));
        Assert.Equal(3, world.Engine.Faults.Refused);
    }
}
