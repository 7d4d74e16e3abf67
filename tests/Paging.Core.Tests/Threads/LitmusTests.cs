using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Fences and locked accesses of guest memory order it and lose nothing, on the host's own processors.</summary>
/// <remarks>
/// Store buffering is the shape of x86-TSO that a missing fence shows (Sewell et al., x86-TSO, 2010; Intel SDM volume 3, 10.2); message
/// passing, load buffering and independent reads cannot fail on x86, whatever the engine does. Rounds are distinguished by their number, so
/// that nothing is cleared between them. Slow where other tests run beside them: threads that spin want processors of their own.
/// </remarks>
[Trait("Category", "Slow")]
public sealed class LitmusTests
{
    private const int Rounds = 5_000;
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
        using EngineTurn turn = world.Engine.EnterSlowPath();
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
        using EngineTurn turn = world.Engine.EnterSlowPath();
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
