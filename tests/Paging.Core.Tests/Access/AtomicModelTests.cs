using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Exchange, add, compare and exchange of every size at every offset, also across pages, beside an array of bytes.</summary>
public sealed class AtomicModelTests
{
    private const int Pages = 2;

    [Fact]
    public void EverySizeAtEveryOffsetAgreesWithAnArray() => Property.ForSeeds(12, static seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        world.Map(0, Pages);
        byte[] model = new byte[Pages * 4096];
        for (int step = 0; step < 200; step++)
        {
            switch (random.Next(4))
            {
                case 0: One<byte>(world, model, random); break;
                case 1: One<ushort>(world, model, random); break;
                case 2: One<uint>(world, model, random); break;
                default: One<ulong>(world, model, random); break;
            }
        }

        byte[] memory = new byte[model.Length];
        Assert.Equal(memory.Length, world.Mmu.CopyOut(World.At(0), memory, out _));
        Assert.Equal(model, memory);
        world.Mmu.Fence();
    });

    [Fact]
    public void AnAtomicOnAReadOnlyPageIsAFaultAndChangesNothing()
    {
        using World world = new();
        world.Map(0, 2, MemoryProtection.Read);
        foreach (int offset in new[] { 0, 4094, 8190 })    // in a page, across two, across the end
        {
            VirtualAddress at = World.At(0, offset);
            MemoryFaultKind kind = MemoryFaultKind.NotAllowed;
            Assert.False(world.Mmu.TryExchange(at, 7u, out uint old, out MemoryFault fault));
            Assert.Equal((0u, kind), (old, fault.Kind));
            Assert.False(world.Mmu.TryAdd(at, 7u, out old, out fault));
            Assert.Equal((0u, kind), (old, fault.Kind));
            Assert.False(world.Mmu.TryCompareExchange(at, 7u, 0u, out old, out fault));
            Assert.Equal((0u, kind), (old, fault.Kind));
            Assert.Throws<PageFaultException>(() => world.Mmu.Exchange(at, 1u));
            Assert.Throws<PageFaultException>(() => world.Mmu.Add(at, 1u));
        }

        Assert.Throws<PageFaultException>(() => world.Mmu.CompareExchange(World.At(0), 1, 0));
        Assert.Throws<ArgumentException>(() => world.Mmu.CompareExchange(World.At(0, 2), 1, 0));
        Assert.Throws<NotSupportedException>(() => world.Mmu.Exchange(World.At(0), default(Guid)));
        Assert.Equal(0, world.Peek(0));
    }

    private static void One<T>(World world, byte[] model, Random random) where T : unmanaged, IBinaryInteger<T>
    {
        int size = Unsafe.SizeOf<T>();
        int offset = random.Next(3) switch
        {
            0 => 4096 - random.Next(1, 9),    // around the border of the pages
            1 => random.Next(5) * 4,
            _ => random.Next(model.Length - 8),
        };
        VirtualAddress at = World.At(0, offset);
        Span<byte> cell = model.AsSpan(offset, size);
        T before = MemoryMarshal.Read<T>(cell), value = T.CreateTruncating(random.NextInt64());
        switch (random.Next(3))
        {
            case 0:
                Assert.Equal(before, world.Mmu.Exchange(at, value));
                MemoryMarshal.Write(cell, value);
                break;
            case 1:
                T sum = unchecked(before + value);
                Assert.Equal(sum, world.Mmu.Add(at, value));
                MemoryMarshal.Write(cell, sum);
                break;
            default:
                T comparand = random.Next(2) == 0 ? before : T.CreateTruncating(random.Next(3));
                Assert.True(world.Mmu.TryCompareExchange(at, value, comparand, out T old, out _));
                Assert.Equal(before, old);
                if (before == comparand) MemoryMarshal.Write(cell, value);
                break;
        }

        Assert.Equal(MemoryMarshal.Read<T>(cell), world.Mmu.Read<T>(at));
    }
}
