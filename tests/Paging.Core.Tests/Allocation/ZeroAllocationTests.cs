using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Faults and memory calls allocate no managed memory once warm: exactly zero bytes, however often.</summary>
public sealed class ZeroAllocationTests
{
    private const MemoryProtection Write = MemoryProtection.ReadWrite;

    private static readonly MemoryAdvice[] AllAdvice =
        [.. Enum.GetValues<MemoryAdvice>().Where(static advice => advice is not (MemoryAdvice.Remove or MemoryAdvice.Collapse))];

    /// <summary>Runs a body again and again in a world of 16 MiB, then asserts that one more run allocates nothing.</summary>
    private static void AllocatesNothing(Action<World> prepare, Action<World> body)
    {
        using World world = new(16);
        prepare(world);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() => body(world)));
        world.AssertNothingIsLeft();
    }

    /// <summary>A fork allocates what the host holds of a process, and nothing else: process, address space, MMU, translations.</summary>
    private static void AssertOnlyHandles(long bytes, int forkCount, int handleByteCountMax = 376)
    {
        Assert.Equal(0, bytes % forkCount);
        Assert.InRange(bytes / forkCount, 1, handleByteCountMax);
    }

    private static void Nothing(World world) => _ = world;

    [Fact]
    public void AnonymousFaults() => AllocatesNothing(Nothing, static world =>
    {
        for (int round = 0; round < 50; round++)    // a hundred thousand faults
        {
            World.Succeeds(world.Memory.Map(World.At(0), World.Bytes(2000), Write, World.PrivateFixed, out _));
            for (int page = 0; page < 2000; page++) world.Mmu.Write(World.At(page), page);
            World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(2000)));
        }
    });

    [Fact]
    public void FaultsOnTheZeroPage() => AllocatesNothing(static world => world.Map(0, 2000), static world =>
    {
        for (int round = 0; round < 50; round++)
        {
            for (int page = 0; page < 2000; page++) world.Mmu.TryRead(World.At(page), out int _, out _);
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2000), MemoryAdvice.DontNeed));
        }
    });

    /// <summary>
    /// Each garbage collection empties some caches of the runtime, so nothing here may refill one (Enum.IsDefined did: 320 bytes).
    /// </summary>
    [Fact]
    public void AfterACollectionNothingIsMadeAgain()
    {
        using World world = new();
        world.Map(0, 8);
        AssertOnlyHandles(ManagedMemory.BytesAllocatedBy(
            () =>
            {
                GC.Collect();
                return world;
            },
            static world =>
            {
                world.Touch(1);
                foreach (MemoryAdvice advice in AllAdvice) World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), advice));
                World.Succeeds(world.Memory.Protect(World.At(2), 4096, MemoryProtection.Read));
                World.Succeeds(world.Memory.Protect(World.At(2), 4096, Write));
                World.Succeeds(world.Memory.Map(World.At(20), 4096, Write, World.SharedFixed, out _));
                World.Succeeds(world.Memory.Synchronize(World.At(20), 4096, SyncFlags.Sync));
                World.Succeeds(world.Memory.Remap(World.At(20), 4096, 8192, RemapFlags.MayMove, out VirtualAddress moved));
                World.Succeeds(world.Memory.Unmap(moved, 8192));
                World.Succeeds(world.First.Fork(out UserProcess? child));
                world.Touch(1);
                child!.Exit();
                child.Dispose();
            }), forkCount: 4);
    }

    [Fact]
    public void AForkMakesNoMmuUntilTheHostAsksForIt()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0);
        AssertOnlyHandles(ManagedMemory.BytesAllocatedBy(() => world, static world =>
        {
            World.Succeeds(world.First.Fork(out UserProcess? child));
            child!.Dispose();
        }), forkCount: 4, handleByteCountMax: 104);
    }

    [Fact]
    public void FaultsThatEndInASignal() => AllocatesNothing(static world => world.Map(0, 1, MemoryProtection.Read), static world =>
    {
        for (int round = 0; round < 20_000; round++)
        {
            world.Mmu.TryWrite(World.At(0), 1, out _);
            world.Mmu.TryRead(World.At(1), out int _, out _);
        }
    });

    [Fact]
    public void MapsAndUnmaps() => AllocatesNothing(Nothing, static world =>
    {
        for (int round = 0; round < 20_000; round++)
        {
            World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 8192, Write, MapFlags.Private | MapFlags.Anonymous,
                out VirtualAddress low));
            World.Succeeds(world.Memory.Map(VirtualAddress.Zero, 4096, MemoryProtection.Read, MapFlags.Private | MapFlags.Anonymous,
                out VirtualAddress high));
            World.Succeeds(world.Memory.Unmap(low, 8192));
            World.Succeeds(world.Memory.Unmap(high, 4096));
        }
    });

    [Fact]
    public void SharedAnonymousMaps() => AllocatesNothing(Nothing, static world =>
    {
        for (int round = 0; round < 5_000; round++)
        {
            World.Succeeds(world.Memory.Map(World.At(0), 8192, Write, World.SharedFixed, out _));
            world.Mmu.Write(World.At(1), round);
            World.Succeeds(world.Memory.Unmap(World.At(0), 8192));
        }
    });

    [Fact]
    public void FileMapsWithTheirFaults()
    {
        int file = -1;
        AllocatesNothing(world => file = world.OpenFile("f", 8), world =>
        {
            for (int round = 0; round < 2_000; round++)
            {
                World.Succeeds(world.Memory.Map(World.At(0), World.Bytes(4), Write, MapFlags.Private | MapFlags.Fixed, file, 0, out _));
                World.Succeeds(world.Memory.Map(World.At(4), World.Bytes(4), Write, MapFlags.Shared | MapFlags.Fixed, file, 16384, out _));
                for (int page = 0; page < 8; page++) world.Mmu.Write(World.At(page), round);
                World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(8)));
            }
        });
    }

    [Fact]
    public void ReadsAndWritesOfFiles()
    {
        int file = -1;
        byte[] bytes = new byte[6000];
        AllocatesNothing(world => file = world.OpenFile("f", 8), world =>
        {
            for (int round = 0; round < 2_000; round++)
            {
                World.Succeeds(world.First.FileDescriptors.Write(file, round, bytes, out _));
                World.Succeeds(world.First.FileDescriptors.Read(file, round, bytes, out _));
                World.Succeeds(world.First.FileDescriptors.PunchHole(file, 4096, 8192));
                World.Succeeds(world.First.FileDescriptors.SetLength(file, 100));
            }
        });
    }

    [Fact]
    public void ForksWithCopiesOnWriteAndExits()
    {
        const int roundCount = 500;
        using World world = new(16);
        world.Map(0, 40);
        world.MapShared(50, 4);
        int file = world.OpenFile("f", 4);
        world.MapFile(file, 60, 4);
        for (int page = 0; page < 40; page++) world.Touch(page);
        world.Touch(61);
        long bytes = ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int round = 0; round < roundCount; round++)
            {
                World.Succeeds(world.First.Fork(out UserProcess? child));
                for (int page = 0; page < 40; page += 2) child!.Memory.Mmu.Write(World.At(page), round);    // copies
                for (int page = 0; page < 40; page++) world.Mmu.Write(World.At(page), round);                // and reuses
                child!.Memory.Mmu.Write(World.At(51), round);
                child.Exit();
                child.Dispose();
            }
        });
        AssertOnlyHandles(bytes, 4 * roundCount);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void Moves() => AllocatesNothing(
        static world =>
        {
            world.Map(0, 8);
            for (int page = 0; page < 8; page++) world.Touch(page);
        },
        static world =>
        {
            const RemapFlags toPlace = RemapFlags.MayMove | RemapFlags.Fixed;
            for (int round = 0; round < 5_000; round++)
            {
                World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(8), World.Bytes(8), toPlace, World.At(2000), out _));
                World.Succeeds(world.Memory.Remap(World.At(2000), World.Bytes(8), World.Bytes(12), RemapFlags.None, out _));
                World.Succeeds(world.Memory.Remap(World.At(2000), World.Bytes(12), World.Bytes(8), toPlace, World.At(0), out _));
            }
        });

    [Fact]
    public void ChangesOfRights() => AllocatesNothing(
        static world =>
        {
            world.Map(0, 8);
            for (int page = 0; page < 8; page++) world.Touch(page);
        },
        static world =>
        {
            for (int round = 0; round < 10_000; round++)
            {
                World.Succeeds(world.Memory.Protect(World.At(2), World.Bytes(3), MemoryProtection.None));
                World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(8), Write));
                world.Mmu.Write(World.At(3), round);
            }
        });

    [Fact]
    public void Breaks() => AllocatesNothing(Nothing, static world =>
    {
        VirtualAddress start = world.Memory.Break;
        for (int round = 0; round < 5_000; round++)
        {
            world.Memory.SetBreak(start + World.Bytes(10));
            world.Mmu.Write(start, round);
            world.Memory.SetBreak(start + World.Bytes(20));
            world.Memory.SetBreak(start);
        }
    });

    [Fact]
    public void AdviceLocksAndInspection()
    {
        byte[] result = new byte[8];
        AllocatesNothing(static world => world.Map(0, 8), world =>
        {
            for (int round = 0; round < 2_000; round++)
            {
                foreach (MemoryAdvice advice in AllAdvice) World.Succeeds(world.Memory.Advise(World.At(2), World.Bytes(4), advice));
                World.Succeeds(world.Memory.Lock(World.At(1), World.Bytes(2)));
                World.Succeeds(world.Memory.Unlock(World.At(1), World.Bytes(2)));
                World.Succeeds(world.Memory.InCore(World.At(0), World.Bytes(8), result));
                World.Succeeds(world.Memory.Synchronize(World.At(0), World.Bytes(8), SyncFlags.Sync));
                _ = world.Memory.Usage;
                _ = world.Memory.HasOwnPage(World.At(3).Page);
            }
        });
    }

    [Fact]
    public void CopiesByTheKernelAndGrowingStacks()
    {
        byte[] bytes = new byte[10_000];
        AllocatesNothing(Nothing, world =>
        {
            for (int round = 0; round < 1_000; round++)
            {
                World.Succeeds(world.Memory.Map(World.At(1000), 4096, Write, World.PrivateFixed | MapFlags.GrowsDown, out _));
                _ = world.Mmu.CopyIn(World.At(995), bytes, out _);
                _ = world.Mmu.CopyOut(World.At(990), bytes, out _);
                _ = world.Mmu.Fill(World.At(985), 5000, 1, out _);
                _ = world.Mmu.Add(World.At(985), 1L);
                _ = world.Mmu.CompareExchange(World.At(985), 1, 0);
                _ = world.Mmu.TryReadAsSupervisor(World.At(985), out long _, out _);
                World.Succeeds(world.Memory.Unmap(World.At(980), World.Bytes(21)));
            }
        });
    }

    [Fact]
    public void ShortageOfMemory()
    {
        using World world = new(1);
        world.Map(0, 1000);
        long bytes = ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int page = 0; page < 1000; page++) world.Mmu.TryWrite(World.At(page), 1, out _);
            for (int round = 0; round < 100; round++) World.Returns(Errno.ENOMEM, world.First.Fork(out _));
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(1000), MemoryAdvice.DontNeed));
        });
        Assert.Equal(0, bytes);
        world.AssertNothingIsLeft();
    }
}
