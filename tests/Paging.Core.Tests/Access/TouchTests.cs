using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Policies.Online;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>An access of a trace changes the tables as a program's would, moves no byte, and returns whether it missed.</summary>
public sealed class TouchTests
{
    [Fact]
    public void TheFirstAccessMissesTheNextDoesNotAndNoByteMoves()
    {
        using World world = new();
        world.Map(0, 3);
        Assert.Equal((true, true), (world.Memory.Touch(World.At(0), AccessKind.Read, out bool wasMissing, out MemoryFault fault),
            wasMissing));
        Assert.False(fault.IsFault);
        Assert.Equal((true, false), (world.Memory.Touch(World.At(0, 4095), AccessKind.Read, out wasMissing, out _), wasMissing));
        Assert.False(world.Memory.HasOwnPage(World.At(0).Page));    // the zero page
        // there, and copied
        Assert.Equal((true, false), (world.Memory.Touch(World.At(0), AccessKind.Write, out wasMissing, out _), wasMissing));
        Assert.True(world.Memory.HasOwnPage(World.At(0).Page));
        Assert.True(world.Memory.Space.Tables.Read(World.At(0).Page).IsDirty);
        Assert.Equal((true, true), (world.Memory.Touch(World.At(1), AccessKind.Write, out wasMissing, out _), wasMissing));
        Assert.Equal((0, 0), (world.Peek(0), world.Peek(1)));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(MemoryProtection.Read, AccessKind.Write, MemoryFaultKind.NotAllowed)]
    [InlineData(MemoryProtection.None, AccessKind.Read, MemoryFaultKind.NotAllowed)]
    public void AnAccessThatTheAreaForbidsIsRefused(MemoryProtection protection, AccessKind access, MemoryFaultKind expected)
    {
        using World world = new();
        world.Map(0, 1, protection);
        Assert.False(world.Memory.Touch(World.At(0, 8), access, out bool wasMissing, out MemoryFault fault));
        Assert.Equal((true, expected, World.At(0, 8)), (wasMissing, fault.Kind, fault.Address));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WhereNothingIsMappedItIsRefusedAndTheKernelsHalfTo()
    {
        using World world = new();
        foreach (VirtualAddress address in (VirtualAddress[])[World.At(0), new(0), new(0xC000_0000), new(0xFFFF_FFFF)])
        {
            Assert.False(world.Memory.Touch(address, AccessKind.Read, out _, out MemoryFault fault));
            Assert.Equal((MemoryFaultKind.NotMapped, address), (fault.Kind, fault.Address));
        }

        world.AssertNothingIsLeft();
    }

    /// <summary>expand_stack looks at no rights, and a forced read needs none.</summary>
    [Fact]
    public void AForcedReadLetsAStackWithoutRightsGrow()
    {
        using World world = new();
        world.Map(0, 1, more: MapFlags.GrowsDown);
        World.Succeeds(world.Memory.Protect(World.At(0), 4096, MemoryProtection.None));
        byte[] bytes = [7, 7];
        Assert.Equal(0, world.Memory.Remote.Read(World.At(-2), bytes));
        Assert.Equal(2, world.Memory.Remote.Read(World.At(-2), bytes, forced: true));
        Assert.Equal([0, 0], bytes);
        Assert.False(world.Memory.Mmu.TryRead(World.At(-2), out byte _));
        Assert.Equal(0, world.Memory.Remote.Read(World.At(-20_000), bytes, forced: true));    // beyond the limit of a stack
        world.Engine.Audit().ThrowIfBroken();
    }

    [Fact]
    public void AStackGrowsAndSharedMemoryAndFilesAreBroughtIn()
    {
        using World world = new();
        world.Map(0, 1, more: MapFlags.GrowsDown);
        Assert.Equal((true, true), (world.Memory.Touch(World.At(-3), AccessKind.Write, out bool wasMissing, out _), wasMissing));
        int descriptor = world.OpenFile("f", 2);
        world.MapFile(descriptor, 10, 3, type: MapFlags.Shared);
        Assert.Equal((true, true), (world.Memory.Touch(World.At(10), AccessKind.Read, out wasMissing, out _), wasMissing));
        // mapped around it
        Assert.Equal((true, false), (world.Memory.Touch(World.At(11), AccessKind.Read, out wasMissing, out _), wasMissing));
        Assert.False(world.Memory.Touch(World.At(12), AccessKind.Read, out _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        world.AssertNothingIsLeft();
    }

    /// <summary>
    /// Page 0 is used again and again. A policy that is notified of each use keeps it, and so does one that samples accessed bits;
    /// FIFO evicts it.
    /// </summary>
    [Fact]
    public void APolicyForEveryAccessIsNotifiedOfEach()
    {
        Assert.Equal(0, MissesOfPageZero(ReclaimPolicy.Of<LruPolicy>(AccessInformation.EveryAccess), Touch));
        Assert.True(MissesOfPageZero(ReclaimPolicy.Of<FifoPolicy>(), Touch) > 0);
    }

    /// <summary>The same for accesses that move bytes: of any width, copies, fills, fetches and atomic operations.</summary>
    [Fact]
    public void APolicyThatWantsEveryAccessSeesThoseOfTheMmu()
    {
        Action<Mmu, VirtualAddress>[] accesses =
        [
            static (mmu, at) => mmu.Read<int>(at),
            static (mmu, at) => mmu.Write(at, 1),
            static (mmu, at) => Assert.True(mmu.TryRead<byte>(at, out _)),
            static (mmu, at) => Assert.True(mmu.TryWrite(at, 1L)),
            static (mmu, at) => Assert.True(mmu.TryGetSpan(at, 5, AccessKind.Read, out _, out _)),
            static (mmu, at) => Assert.Equal(3, mmu.CopyIn(at, "abc"u8, out _)),
            static (mmu, at) => Assert.Equal(3, mmu.CopyOut(at, new byte[3], out _)),
            static (mmu, at) => Assert.Equal(9u, mmu.Fill(at, 9, 7, out _)),
            static (mmu, at) => mmu.Add(at, 1),
            static (mmu, at) => Assert.True(mmu.TryFetch<byte>(at, out _, out _)),
            static (mmu, at) => Assert.True(mmu.TryReadAsSupervisor<byte>(at, out _, out _)),
        ];
        foreach (Action<Mmu, VirtualAddress> access in accesses)
        {
            Assert.Equal(0, MissesOfPageZero(ReclaimPolicy.Of<LruPolicy>(AccessInformation.EveryAccess), Access));
            Assert.Equal(0, MissesOfPageZero(ReclaimPolicy.Of<SievePolicy>(AccessInformation.EveryAccess), Access));
            Assert.True(MissesOfPageZero(ReclaimPolicy.Of<FifoPolicy>(AccessInformation.EveryAccess), Access) > 0);

            bool Access(World world)
            {
                bool wasMissing = !world.Memory.Space.Tables.Read(World.At(0).Page).IsPresent;
                access(world.Mmu, World.At(0));
                return wasMissing;
            }
        }
    }

    private static bool Touch(World world)
    {
        Assert.True(world.Memory.Touch(World.At(0), AccessKind.Write, out bool wasMissing, out _));
        return wasMissing;
    }

    private static int MissesOfPageZero(ReclaimPolicy policy, Func<World, bool> access)
    {
        using World world = new(World.Options(1) with { Policy = policy });
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(16 << 20), out _));
        world.Map(0, 1000, MemoryProtection.ReadWrite | MemoryProtection.Execute);
        int misses = 0;
        Assert.True(world.Memory.Touch(World.At(0), AccessKind.Write, out _, out _));
        for (int page = 1; page < 1000; page++)
        {
            Assert.True(world.Memory.Touch(World.At(page), AccessKind.Write, out _, out _));
            if (access(world)) misses++;
        }

        world.Verify();
        return misses;
    }
}
