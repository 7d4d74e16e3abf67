using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>First touches beside a hold that closes the gate, and beside each other, in every order: the engine's own code.</summary>
/// <remarks>The store that marks a thread as touching may be seen late, as on x86.</remarks>
[Trait("Category", "Slow")]
[Collection(nameof(InterleavingTests))]
public sealed class SideBySideInterleavingTests
{
    /// <summary>T15: a touch that has begun is complete and counted before another hold reads its pages or counts.</summary>
    [Fact]
    public void AHoldSeesTouchesWholeOrNotAtAll()
    {
        int orders = InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at);
            string finding = "";
            return ([
                () =>
                {
                    VirtualProcessor processor = Start(world, at);
                    world.Mmu.Write(at + 4096, 2u);
                    InterleavingScheduler.InOneStep(processor.Rest);
                },
                () =>
                {
                    using EngineHold hold = world.Engine.EnterSlowPath();
                    Space space = world.Memory.Space;
                    int present = CountPresent(space, at.Page);
                    if (space.Statistics.ResidentAnonymous != present)
                        finding = $"T16: {present} pages are present, {space.Statistics.ResidentAnonymous} are counted";
                    Interleaving.Yield();
                    int after = CountPresent(space, at.Page);
                    if (after != present) finding = "T15: a page came while the gate was closed";
                }
            ],
                () => End(world, finding, at, 1, 2));
        });
        Assert.True(orders > 10, $"Only {orders} orders.");
    }

    /// <summary>A call that takes the pages away beside a touch leaves every count right, and no frame in two places.</summary>
    [Fact]
    public void PagesThatAreDiscardedBesideATouchAreGoneOrNew()
    {
        InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at);
            return ([
                () =>
                {
                    VirtualProcessor processor = Start(world, at);
                    world.Mmu.Write(at + 4096, 2u);
                    InterleavingScheduler.InOneStep(processor.Rest);
                },
                () => world.Memory.Advise(at, 2 * 4096, MemoryAdvice.DontNeed)],
                () => End(world, "", at));
        });
    }

    /// <summary>Of two touches of a page one makes it, and both threads' words are in it.</summary>
    [Fact]
    public void TwoTouchesOfAPageLeaveBothWords()
    {
        int orders = InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at);
            VirtualAddress raced = at + 4096;
            int stage = 0;
            return ([() => Touch(0, raced, at), () => Touch(1, raced + 4, at + 8192)],
                () =>
                {
                    using (world.Engine.EnterSlowPath()) Assert.Equal(2u, world.Mmu.Read<uint>(raced + 4));
                    End(world, "", at, 1, 1);
                }
            );

            // A pass alone ends when another thread comes, so each thread touches two pages of its own before both have one.
            void Touch(int number, VirtualAddress at, VirtualAddress own)
            {
                Interleaving.WaitUntil(() => stage == number);
                VirtualProcessor processor = Start(world, own);
                stage++;
                Interleaving.WaitUntil(() => stage == 2 + number);
                InterleavingScheduler.InOneStep(() => world.Mmu.Write(own + 8 * 4096, 1u));
                stage++;
                Interleaving.WaitUntil(() => stage == 4);
                Assert.True(world.Gate.IsOpen);
                world.Mmu.Write(at, (uint)number + 1);
                InterleavingScheduler.InOneStep(processor.Rest);
            }
        }, delayed: InterleavingScheduler.DelayedStores.None);
        Assert.True(orders > 10, $"Only {orders} orders.");
    }

    // The table, the root and the region are there, so that the first touch of a processor only opens the gate, which waits for no other.
    private static ThreadedEngine NewWorld(out VirtualAddress at)
    {
        ThreadedEngine world = new(new() { RamBytes = 4 << 20, RequestHostHugePages = false });
        world.Gate.NeededMax = 1;
        at = world.Map(16);
        using (world.Engine.EnterSlowPath()) world.Mmu.Write(at, 1u);
        world.Memory.Advise(at, 4096, MemoryAdvice.DontNeed);
        return world;
    }

    private static VirtualProcessor Start(ThreadedEngine world, VirtualAddress own) => InterleavingScheduler.InOneStep(() =>
    {
        VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
        processor.Run(world.Process);
        world.Mmu.Write(own, 1u);
        return processor;
    });

    private static int CountPresent(Space space, PageNumber first) =>
        (space.Tables.Read(first).IsPresent ? 1 : 0) + (space.Tables.Read(first + PageCount.One).IsPresent ? 1 : 0);

    private static void End(ThreadedEngine world, string finding, VirtualAddress at, params uint[] words)
    {
        Assert.Equal("", finding);
        using (world.Engine.EnterSlowPath())
        {
            for (uint page = 0; page < words.Length; page++) Assert.Equal(words[page], world.Mmu.Read<uint>(at + page * 4096));
        }

        world.Dispose();    // with an audit
    }
}
