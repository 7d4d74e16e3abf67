using Paging.Core.Snapshots;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Recorded states of a process or an engine: back and forth, branches, thinning, budget.</summary>
public sealed class RewindTests
{
    private static readonly RewindOptions EachOne = new() { Spacings = [new(1, 10_000)] };

    [Theory, InlineData(false), InlineData(true)]
    public void AProcessGoesBackAndForth(bool ofEngine)
    {
        using World world = new();
        world.Map(0, 8);
        Host host = new();
        world.First.HostState = host;
        using Rewind rewind = ofEngine ? world.Engine.OpenRewind(EachOne) : world.First.OpenRewind(EachOne);
        Assert.Null(rewind.Current);
        Assert.Null(rewind.Next);
        for (byte frame = 0; frame < 10; frame++)
        {
            host.Value = frame;
            for (int page = 0; page < 4; page++) world.Touch((frame + page) % 8, frame);
            World.Succeeds(rewind.Record());
            Assert.Equal(frame, rewind.Current!.Number);
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(static number => (long)number), rewind.States.Select(static state => state.Number));
        for (int frame = 8; frame >= 0; frame--)
        {
            World.Succeeds(rewind.Restore(rewind.Previous!));
            Assert.Equal(frame, host.Value);
            Assert.Equal(frame, world.Peek(frame % 8));
            world.Verify();
        }

        Assert.Null(rewind.Previous);
        while (rewind.Next is { } next) World.Succeeds(rewind.Restore(next));
        Assert.Equal((9L, (byte)9), (rewind.Current!.Number, host.Value));
        Assert.Equal(9, world.Peek(4));
        World.Succeeds(rewind.Restore(rewind.States[3]));
        Assert.Equal((3L, (byte)3), (rewind.Current!.Number, host.Value));
        world.Verify();
    }

    [Fact]
    public void ARecordAfterARestoreBeginsABranch()
    {
        using World world = new();
        world.Map(0, 1);
        using Rewind rewind = world.First.OpenRewind(EachOne);
        for (byte frame = 0; frame < 4; frame++) Step(frame);
        Assert.True(rewind.TryFind(1, out RewindState? state));
        World.Succeeds(rewind.Restore(state));
        Step(40);
        Step(50);
        Assert.Equal(4, rewind.Previous!.Number);
        Assert.Equal(1, rewind.Previous.Parent!.Number);
        World.Succeeds(rewind.Restore(state));
        Assert.Equal(4, rewind.Next!.Number);    // the newer branch
        Assert.True(rewind.TryFind(3, out RewindState? other));
        World.Succeeds(rewind.Restore(other));
        Assert.Equal(3, world.Peek(0));
        Assert.Equal(2, rewind.Previous!.Number);
        World.Succeeds(rewind.Restore(rewind.States[^1]));
        Assert.Equal(50, world.Peek(0));
        world.Verify();

        void Step(byte value)
        {
            world.Touch(0, value);
            World.Succeeds(rewind.Record());
        }
    }

    [Fact]
    public void StatesAreThinnedOutWithAge()
    {
        using World world = new();
        world.Map(0, 1);
        using Rewind rewind = world.First.OpenRewind(new() { Spacings = [new(1, 4), new(3, 3), new(6, 2)] });
        for (int frame = 0; frame < 60; frame++)
        {
            world.Mmu.Write(World.At(0), frame);
            World.Succeeds(rewind.Record());
            long newest = frame;
            IEnumerable<long> all = Enumerable.Range(0, frame + 1).Select(static number => (long)number);
            long[] expected = [.. all.Where(number => (newest - number) switch
            {
                < 4 => true,
                < 4 + 9 => number % 3 == 0,
                < 4 + 9 + 12 => number % 6 == 0,
                _ => false,
            })];
            Assert.Equal(expected, rewind.States.Select(static state => state.Number));
        }

        foreach (RewindState state in rewind.States.Reverse())
        {
            World.Succeeds(rewind.Restore(state));
            Assert.Equal((int)state.Number, world.Mmu.Read<int>(World.At(0)));
        }

        world.Verify();
    }

    /// <summary>A state keeps the pages that change after it, and no page twice. Beyond the budget the oldest states go.</summary>
    [Fact]
    public void TheBudgetHolds()
    {
        using World world = new(16);
        world.Map(0, 256);
        for (int page = 0; page < 256; page++) world.Touch(page);
        const int budget = 400 * 4096;
        using Rewind rewind = world.First.OpenRewind(EachOne with { BudgetBytes = budget });
        World.Succeeds(rewind.Record());
        long before = rewind.HeldBytes;
        for (int page = 0; page < 10; page++) world.Touch(page, 2);
        World.Succeeds(rewind.Record());
        Assert.InRange(rewind.HeldBytes - before, 10 * 4096, (10 * 4112) + 4096);
        uint free = world.Engine.Frames.CountOf(FrameState.Free).Value;
        for (int frame = 0; frame < 200; frame++)
        {
            for (int page = 0; page < 8; page++) world.Touch(((frame * 8) + page) % 256, (byte)frame);
            World.Succeeds(rewind.Record());
            Assert.InRange(rewind.HeldBytes, 1, budget);
        }

        Assert.InRange(rewind.States.Count, 40, 50);    // of 8 pages each
        Assert.InRange(free - world.Engine.Frames.CountOf(FrameState.Free).Value, 300u, 400u);
        Assert.False(rewind.TryFind(100, out _));
        world.Verify();
        rewind.Dispose();
        world.Verify();
    }

    [Fact]
    public void AStateThatWentIsRefused()
    {
        using World world = new();
        world.Map(0, 1);
        using Rewind rewind = world.First.OpenRewind(new() { Spacings = [new(1, 2)] }), other = world.First.OpenRewind();
        World.Succeeds(rewind.Record());
        RewindState first = rewind.Current!;
        for (byte frame = 0; frame < 3; frame++)
        {
            world.Touch(0, frame);
            World.Succeeds(rewind.Record());
        }

        Assert.False(first.IsKept);
        Assert.Null(first.Parent);
        Assert.Equal(Errno.ENOENT, rewind.Restore(first));
        Assert.Equal(2, world.Peek(0));
        Assert.Throws<ArgumentException>(() => other.Restore(first));
        rewind.Dispose();
        Assert.Throws<ObjectDisposedException>(() => rewind.Record());
        World.Succeeds(world.First.ReplaceMemory("other", isTopDown: true, new(0x8_0000)));
        World.Succeeds(other.Record());
        world.First.Exit();
        Assert.Empty(other.States);
        Assert.Throws<ObjectDisposedException>(() => other.Record());
    }

    [Fact]
    public void OptionsAreChecked()
    {
        using World world = new();
        foreach (RewindOptions wrong in new RewindOptions[]
        {
            new() { BudgetBytes = 0 }, new() { Spacings = [] }, new() { Spacings = [new(0, 1)] }, new() { Spacings = [new(1, 0)] },
            new() { Spacings = [new(2, 1), new(3, 1)] },
        })
            Assert.ThrowsAny<ArgumentException>(() => world.First.OpenRewind(wrong));
    }

    /// <summary>A failed record changes nothing: the next one has the number that it would have had.</summary>
    [Fact]
    public void ARecordWithoutMemoryChangesNothing()
    {
        using World world = new();
        world.Map(0, 2);
        using Rewind rewind = world.First.OpenRewind();
        World.Succeeds(rewind.Record());
        world.Touch(0, 5);
        world.Machine.Injection.FailAtAllocation = 1;
        Assert.Equal(Errno.ENOMEM, rewind.Record());
        world.Machine.Injection.FailAtAllocation = 0;
        Assert.Single(rewind.States);
        World.Succeeds(rewind.Record());
        Assert.Equal(1, rewind.Current!.Number);
        world.Verify();
    }

    /// <summary>Random stores, areas, records, restores and other snapshots, beside a copy of the pages of each state.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void EveryStateIsWhatItWas(bool ofEngine) => Property.ForSeeds(12, seed =>
    {
        const int Pages = 40;
        Random random = new((int)seed);
        using World world = new(World.Options() with { VerifyRestores = 1 });
        world.Map(0, Pages - 8);
        world.MapShared(Pages - 8, 8);
        long budget = random.Next(2) == 0 ? 1 << 20 : 1 << 18;
        RewindOptions options = new() { Spacings = [new(1, 6), new(2, 6), new(8, 4)], BudgetBytes = budget };
        using Rewind rewind = ofEngine ? world.Engine.OpenRewind(options) : world.First.OpenRewind(options);
        Dictionary<long, int[]> copies = [];
        List<Snapshot> others = [];
        int seen = ofEngine ? Pages : Pages - 8;    // shared memory stays as it is with a process
        for (int step = 0; step < 250; step++)
        {
            switch (random.Next(12))
            {
                case < 5:
                    for (int i = random.Next(6); i >= 0; i--) _ = world.Mmu.TryWrite(World.At(random.Next(Pages)), random.Next());
                    break;
                case 5: world.Map(random.Next(Pages - 12), 1 + random.Next(4)); break;
                case 6: World.Succeeds(world.Memory.Unmap(World.At(random.Next(Pages - 12)), World.Bytes(1 + random.Next(3)))); break;
                case 7 when others.Count < 3: others.Add(world.First.TakeSnapshot()); break;
                case 8 when others.Count != 0:
                    int which = random.Next(others.Count);
                    if (random.Next(2) == 0) World.Succeeds(others[which].Restore());
                    others[which].Dispose();
                    others.RemoveAt(which);
                    break;
                case 9 when rewind.States.Count != 0:
                    RewindState state = rewind.States[random.Next(rewind.States.Count)];
                    World.Succeeds(rewind.Restore(state));
                    Assert.Same(state, rewind.Current);
                    Assert.Equal(copies[state.Number], Look());
                    break;
                default:
                    World.Succeeds(rewind.Record());
                    copies.Add(rewind.Current!.Number, Look());
                    break;
            }

            if (step % 8 == 0) world.Verify();
            CheckCounts(world);
        }

        foreach (RewindState state in rewind.States)
        {
            World.Succeeds(rewind.Restore(state));
            Assert.Equal(copies[state.Number], Look());
            RewindState? parent = rewind.Previous;
            Assert.Same(state.Parent, parent);
        }

        rewind.Dispose();
        foreach (Snapshot other in others) other.Dispose();
        world.Verify();
        world.First.Dispose();
        world.AssertNothingIsLeft();

        int[] Look() => [.. Enumerable.Range(0, seen).Select(page => world.Mmu.TryRead(World.At(page), out int value) ? value : -1)];
    });

    /// <summary>What the trees say that their edges hold, recounted.</summary>
    private static void CheckCounts(World world)
    {
        if (world.First.Snapshots is { } tree)
        {
            SnapshotDelta[] edges = [.. tree.Nodes.Select(static node => node.Edge).OfType<SnapshotDelta>()];
            Assert.Equal(edges.Sum(static edge => edge.Pages.Count(static kept => EntryExchange.Holds(kept.Entry))), tree.HeldCount);
            Assert.Equal(edges.Sum(static edge => edge.Pages.Length), tree.EntryCount);
        }

        ContentTree contents = world.Engine.Parts.Contents;
        Assert.Equal(contents.Nodes.Sum(static node => node.Edge?.Pages.Values.Count(static kept => !kept.IsNothing) ?? 0),
            contents.HeldCount);
    }

    private sealed class Host : IHostState
    {
        private readonly byte[] _bytes = new byte[1];

        public byte Value { get => _bytes[0]; set => _bytes[0] = value; }

        public ReadOnlySpan<byte> Save() => _bytes;

        public void Restore(ReadOnlySpan<byte> state) => Value = state[0];
    }
}
