using Xunit;

namespace Paging.Core.Tests;

/// <summary>Read-modify-writes: one access for writing.</summary>
public sealed class AtomicTests
{
    [Fact]
    public void AddReturnsTheSumWithOneFault()
    {
        using World world = new();
        world.Map(0, 2);
        Assert.Equal("Minor 1, Anonymous 1", FaultStory.Of(world.First, () => Assert.Equal(5, world.Mmu.Add(World.At(0), (byte)5))));
        Assert.Equal(4, world.Mmu.Add(World.At(0), byte.MaxValue));    // wraps
        Assert.Equal(-3L, world.Mmu.Add(World.At(0, 4092), -3L));      // across a border
        Assert.Equal(-3L, world.Mmu.Read<long>(World.At(0, 4092)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AddNeedsTheRightToWriteAndChangesNothingWithoutIt()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(1, 1, MemoryProtection.Read);
        world.Mmu.Write(World.At(0, 4092), 7);
        Assert.False(world.Mmu.TryAdd(World.At(1), (byte)1, out byte _, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(1)), fault);
        Assert.False(world.Mmu.TryAdd(World.At(0, 4092), 1L, out long _, out fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(1)), fault);
        Assert.Equal(7, world.Mmu.Read<int>(World.At(0, 4092)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void CompareExchangeStoresIfEqualAndReturnsTheOldValue()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal(0u, world.Mmu.CompareExchange(World.At(0, 8), 5, 0));
        Assert.Equal(5u, world.Mmu.CompareExchange(World.At(0, 8), 6, 4));
        Assert.Equal(5u, world.Mmu.Read<uint>(World.At(0, 8)));
        Assert.Equal(0u, world.Mmu.Read<uint>(World.At(0, 4)));
        Assert.Throws<ArgumentException>(() => world.Mmu.CompareExchange(World.At(0, 2), 1, 0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void CompareExchangeBreaksCopyOnWriteEvenWhenItReplacesNothing()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 9);
        UserProcess child = world.First.Fork();
        Assert.Equal("Minor 1, Copied 1",
            FaultStory.Of(child, () => Assert.Equal(9u, child.Memory.Mmu.CompareExchange(World.At(0), 1, 0))));
        world.AssertNothingIsLeft();
    }
}
