using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Copies by the kernel and rep stosb: upwards, to the first byte that cannot be reached. And spans.</summary>
public sealed class CopyTests
{
    private static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(static index => (byte)(index * 7))];

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(4095, 1)]
    [InlineData(4095, 2)]
    [InlineData(100, 12000)]
    [InlineData(0, 16384)]
    public void BytesCopiedInComeOutAgain(int offset, int length)
    {
        using World world = new();
        world.Map(0, 4);
        byte[] bytes = Pattern(length), read = new byte[length];
        Assert.Equal(length, world.Mmu.CopyIn(World.At(0, offset), bytes, out MemoryFault fault));
        Assert.False(fault.IsFault);
        Assert.Equal(length, world.Mmu.CopyOut(World.At(0, offset), read, out fault));
        Assert.False(fault.IsFault);
        Assert.Equal(bytes, read);
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(0, 0, 8192)]          // to the hole after two pages
    [InlineData(0, 8000, 192)]
    [InlineData(2, 0, 0)]             // nothing at all
    [InlineData(1, 4095, 1)]
    public void ACopyStopsAtTheFirstByteThatCannotBeReached(int page, int offset, int expected)
    {
        using World world = new();
        world.Map(0, 2);
        world.Map(3, 1);
        byte[] bytes = Pattern(20_000);
        MemoryFault hole = new(MemoryFaultKind.NotMapped, World.At(2));
        Assert.Equal(expected, world.Mmu.CopyIn(World.At(page, offset), bytes, out MemoryFault fault));
        Assert.Equal(hole, fault);
        byte[] read = new byte[20_000];
        Assert.Equal(expected, world.Mmu.CopyOut(World.At(page, offset), read, out fault));
        Assert.Equal(hole, fault);
        Assert.Equal(bytes[..expected], read[..expected]);
        Assert.DoesNotContain(read[expected..], static value => value != 0);
        Assert.Equal((uint)expected, world.Mmu.Fill(World.At(page, offset), 20_000, 9, out fault));
        Assert.Equal(hole, fault);
        Assert.Equal(0, world.Peek(3));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void CopiesBreakCopyOnWriteAndStopAtReadOnlyMemory()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(1, 1, MemoryProtection.Read);
        world.Touch(0, 1);
        UserProcess child = world.First.Fork();
        Assert.Equal(4096, child.Memory.Mmu.CopyIn(World.At(0), Pattern(8192), out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(1)), fault);
        Assert.Equal(1, world.Peek(0));
        Assert.Equal(7, child.Memory.Mmu.Read<byte>(World.At(0, 1)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void FillReachesTheEndOfTheUserHalfAndNoFurther()
    {
        using World world = new();
        World.Succeeds(world.Memory.Map(new(0xBFFF_F000), 4096, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        Assert.Equal(96u, world.Mmu.Fill(new(0xBFFF_FFA0), 0x4000_0000, 5, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, new(0xC000_0000)), fault);
        Assert.Equal(5, world.Mmu.Read<byte>(new(0xBFFF_FFFF)));
    }

    [Fact]
    public void ASpanIsTheRamBehindTheRestOfThePage()
    {
        using World world = new();
        world.Map(0, 2);
        Assert.True(world.Mmu.TryGetWritableSpan(World.At(0, 4000), 500, out Span<byte> written, out MemoryFault fault));
        Assert.Equal((96, false), (written.Length, fault.IsFault));
        written[95] = 0x33;
        Assert.Equal(0x33, world.Peek(0, 4095));
        Assert.True(world.Mmu.TryGetSpan(World.At(0, 4095), 9, AccessKind.Write, out ReadOnlySpan<byte> span, out _));
        Assert.Equal((1, 0x33), (span.Length, span[0]));
        Assert.True(world.Mmu.TryGetSpan(World.At(0, 10), 5, AccessKind.Read, out span, out _));
        Assert.Equal(5, span.Length);
        Assert.False(world.Mmu.TryGetSpan(World.At(0), 0, AccessKind.Read, out span, out fault));
        Assert.Equal((0, false), (span.Length, fault.IsFault));
        Assert.False(world.Mmu.TryGetSpan(World.At(2, 3), 1, AccessKind.Read, out span, out fault));
        Assert.Equal((0, new MemoryFault(MemoryFaultKind.NotMapped, World.At(2, 3))), (span.Length, fault));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Mmu.TryGetSpan(World.At(0), -1, AccessKind.Read, out _, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Mmu.TryGetWritableSpan(World.At(0), -1, out _, out _));
        Assert.False(world.Mmu.TryGetWritableSpan(World.At(2, 3), 1, out written, out fault));
        Assert.Equal((0, new MemoryFault(MemoryFaultKind.NotMapped, World.At(2, 3))), (written.Length, fault));
    }

    [Fact]
    public void ASpanForReadingMakesNoPageOfOnesOwn()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.True(world.Mmu.TryGetSpan(World.At(0), 4096, AccessKind.Read, out ReadOnlySpan<byte> span, out _));
        Assert.False(span.ContainsAnyExcept((byte)0));
        Assert.False(world.Memory.HasOwnPage(World.At(0).Page));
        Assert.True(world.Mmu.TryGetSpan(World.At(0), 4096, AccessKind.Fetch, out _, out _));
        Assert.True(world.Mmu.TryGetWritableSpan(World.At(0), 4096, out _, out _));
        Assert.True(world.Memory.HasOwnPage(World.At(0).Page));
    }
}
