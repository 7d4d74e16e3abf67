using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Fences and locked accesses of guest memory order it and lose nothing, on the host's own processors.</summary>
/// <remarks>
/// Store buffering is the shape of x86-TSO that a missing fence shows (Sewell et al., x86-TSO, 2010; Intel SDM volume 3, 10.2). Message
/// passing, load buffering and independent reads of independent writes cannot fail on x86, whatever the engine does: they are for arm64,
/// where plain accesses are reordered and <see cref="Mmu.Fence"/> must forbid it (tools/test-arm64.sh; Alglave et al., Herding Cats, 2014).
/// Rounds are distinguished by their number, so that nothing is cleared between them. Slow where other tests run beside them: threads that
/// spin want processors of their own.
/// </remarks>
[Trait("Category", "Slow")]
public sealed class LitmusTests
{
    private static readonly uint Rounds = (uint)Soak.Of(5_000, 640);    // they fill whole pages
    private const uint X = 0, Y = 256, Apart = 512;

    /// <summary>
    /// SB: both threads store, then load the other's place. Without a fence both may read the old value; with one they do not.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StoreBufferingIsForbiddenWithAFenceOrALockedInstruction(bool isLocked)
    {
        (uint First, uint Second)[] seen = Run(2, (mmu, at, thread, round) =>
        {
            uint mine = thread == 0 ? X : Y, other = thread == 0 ? Y : X;
            if (isLocked)
            {
                mmu.Exchange(at + mine, round);
            }
            else
            {
                mmu.Write(at + mine, round);
                mmu.Fence();
            }

            return (mmu.Read<uint>(at + other), 0);
        });
        for (int i = 0; i < Rounds; i++)
            Assert.False(seen[i].First != Number(i) && seen[Rounds + i].First != Number(i), $"SB in round {i}");
    }

    /// <summary>MP: one thread stores the message, then the flag; the other that sees the flag sees the message.</summary>
    [Fact]
    public void AMessageIsThereWhenItsFlagIs()
    {
        (uint First, uint Second)[] seen = Run(2, static (mmu, at, thread, round) =>
        {
            if (thread == 0) return StoreFenced(mmu, at + X, at + Y, round);
            return LoadFenced(mmu, at + Y, at + X);
        });
        for (int i = 0; i < Rounds; i++)
            Assert.False(seen[Rounds + i].First == Number(i) && seen[Rounds + i].Second != Number(i), $"MP in round {i}");
    }

    /// <summary>LB: both threads load, then store to the other's place. Not both see the store that comes after.</summary>
    [Fact]
    public void ALoadDoesNotSeeAStoreThatFollowsIt()
    {
        (uint First, uint Second)[] seen = Run(2, static (mmu, at, thread, round) =>
        {
            uint value = mmu.Read<uint>(at + (thread == 0 ? X : Y));
            mmu.Fence();
            mmu.Write(at + (thread == 0 ? Y : X), round);
            return (value, 0);
        });
        for (int i = 0; i < Rounds; i++)
            Assert.False(seen[i].First == Number(i) && seen[Rounds + i].First == Number(i), $"LB in round {i}");
    }

    /// <summary>IRIW: two threads see two independent stores in the same order.</summary>
    [Fact]
    public void IndependentStoresHaveOneOrder()
    {
        (uint First, uint Second)[] seen = Run(4, static (mmu, at, thread, round) =>
        {
            if (thread >= 2) return thread == 2 ? LoadFenced(mmu, at + X, at + Y) : LoadFenced(mmu, at + Y, at + X);
            mmu.Write(at + (thread == 0 ? X : Y), round);
            return default;
        });
        for (int i = 0; i < Rounds; i++)
        {
            (uint First, uint Second) one = seen[(2 * Rounds) + i], other = seen[(3 * Rounds) + i];
            bool isXFirst = one.First == Number(i) && one.Second != Number(i);
            bool isYFirst = other.First == Number(i) && other.Second != Number(i);
            Assert.False(isXFirst && isYFirst, $"IRIW in round {i}");
        }
    }

    private static (uint, uint) StoreFenced(Mmu mmu, VirtualAddress first, VirtualAddress second, uint value)
    {
        mmu.Write(first, value);
        mmu.Fence();
        mmu.Write(second, value);
        return default;
    }

    private static (uint, uint) LoadFenced(Mmu mmu, VirtualAddress first, VirtualAddress second)
    {
        uint value = mmu.Read<uint>(first);
        mmu.Fence();
        return (value, mmu.Read<uint>(second));
    }

    /// <summary>Additions of all sizes, at aligned places, in the middle of a line, across lines, and across two pages.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    [InlineData(4093)]
    public void NoAdditionIsLost(int offset)
    {
        const int Threads = 3, Times = 2_000;
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(8);
        world.Run(Threads, (_, processor) =>
        {
            for (int i = 0; i < Times; i++)
            {
                world.Mmu.Add(at + (uint)offset, (byte)1);
                world.Mmu.Add(at + 0x2000u + (uint)offset, (ushort)1);
                world.Mmu.Add(at + 0x4000u + (uint)offset, 1u);
                world.Mmu.Add(at + 0x6000u + (uint)offset, 1ul);
                processor.Poll();
            }
        });
        using EngineHold hold = world.Engine.EnterSlowPath();
        Assert.Equal(unchecked((byte)(Threads * Times)), world.Mmu.Read<byte>(at + (uint)offset));
        Assert.Equal((ushort)(Threads * Times), world.Mmu.Read<ushort>(at + 0x2000u + (uint)offset));
        Assert.Equal((uint)(Threads * Times), world.Mmu.Read<uint>(at + 0x4000u + (uint)offset));
        Assert.Equal((ulong)(Threads * Times), world.Mmu.Read<ulong>(at + 0x6000u + (uint)offset));
    }

    /// <summary>A lock made of compare-and-exchange, and a plain store to leave it.</summary>
    [Fact]
    public void ASpinlockInGuestMemoryExcludes()
    {
        const int Threads = 2, Times = 3_000;
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(1);
        world.Run(Threads, (_, processor) =>
        {
            for (int i = 0; i < Times; i++)
            {
                while (world.Mmu.CompareExchange(at, 1, 0) != 0) Thread.Yield();
                world.Mmu.Write(at + X + 64, world.Mmu.Read<uint>(at + X + 64) + 1);
                world.Mmu.Write(at, 0u);
                processor.Poll();
            }
        });
        using EngineHold hold = world.Engine.EnterSlowPath();
        Assert.Equal((uint)(Threads * Times), world.Mmu.Read<uint>(at + X + 64));
    }

    private static uint Number(int round) => (uint)round + 1;

    /// <summary>Runs all rounds. In each, the threads begin together, at places of the round's own.</summary>
    private static (uint, uint)[] Run(int threads, Func<Mmu, VirtualAddress, int, uint, (uint, uint)> body)
    {
        using ThreadedEngine world = new(new() { RamBytes = 32 << 20 });
        VirtualAddress start = world.Map((Rounds * Apart + 4095) / 4096);
        (uint, uint)[] seen = new (uint, uint)[threads * Rounds];
        int arrived = 0;
        world.Run(threads, (thread, processor) =>
        {
            for (uint page = 0; page < Rounds * Apart / 4096; page++) world.Mmu.Add(start + (page << 12), 0u);
            for (int i = 0; i < Rounds; i++)
            {
                Meet(ref arrived, (i + 1) * threads);
                seen[(thread * Rounds) + i] = body(world.Mmu, start + ((uint)i * Apart), thread, Number(i));
                processor.Poll();
            }
        });
        return seen;
    }

    private static void Meet(ref int arrived, int all)
    {
        Interlocked.Increment(ref arrived);
        SpinWait spin = default;
        while (Volatile.Read(ref arrived) < all) spin.SpinOnce(sleep1Threshold: -1);
    }
}
