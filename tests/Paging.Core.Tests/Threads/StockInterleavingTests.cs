using Paging.Core.Faults;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A processor's stock of frames beside holds that take the stock back, in every order: the engine's own code.</summary>
/// <remarks>The stores that mark a touch as begun, as ended, and its frame as used may be seen late, as on x86.</remarks>
[Trait("Category", "Slow")]
[Collection(nameof(InterleavingTests))]
public sealed class StockInterleavingTests
{
    private const int FirstStock = 8;
    private const uint Bytes = 4096;

    public static TheoryData<string> Holds => ["reclaim", "drain", "exit", "audit"];

    public static TheoryData<string> SomeHolds => [.. Soak.Rows(Holds.Select(static row => row.Data), 2)];

    /// <summary>T17: a hold takes back the frames that no touch has used, and no frame that one uses.</summary>
    [Theory, MemberData(nameof(SomeHolds))]
    public void AHoldTakesBackWhatIsLeft(string hold)
    {
        int orders = RunBesideAHold(hold, refills: false);
        Assert.True(orders > 10, $"Only {orders} orders.");
    }

    /// <summary>T17: the stock runs out beside the hold, and is filled again before the hold, after it, or not at all.</summary>
    [Theory, MemberData(nameof(Holds))]
    public void AHoldTakesBackWhatARefillHasBrought(string hold)
    {
        int orders = RunBesideAHold(hold, refills: true);
        Assert.True(orders > 10, $"Only {orders} orders.");
    }

    /// <summary>T17: two processors fill their stocks beside each other, and no frame is in both.</summary>
    [Fact]
    public void TwoStocksAreFilledWithDifferentFrames()
    {
        int orders = InterleavingScheduler.RunAll(() =>
        {
            StockWorld world = new();
            int stage = 0;
            return ([() => Touch(0, world.Engine.Process, world.At), () => Touch(1, world.Other, world.AtOther)], world.End);

            // A pass alone ends when another thread comes, so each thread has touched a page before both use up their stocks.
            void Touch(int number, UserProcess process, VirtualAddress at)
            {
                Interleaving.WaitUntil(() => stage == number);
                VirtualProcessor processor = InterleavingScheduler.InOneStep(() => world.Start(process, at, used: 1));
                stage++;
                Interleaving.WaitUntil(() => stage == 2 + number);
                InterleavingScheduler.InOneStep(() => StockWorld.TouchRun(process, at, first: 1, FirstStock - number));
                stage++;
                Interleaving.WaitUntil(() => stage == 4);
                Assert.True(world.Engine.Gate.IsOpen);
                StockWorld.TouchRun(process, at, FirstStock + 1, 1);
                InterleavingScheduler.EndInOneStep();
                processor.Rest();
            }
        }, delayed: InterleavingScheduler.DelayedStores.None);
        Assert.True(orders > 10, $"Only {orders} orders.");
    }

    /// <summary>In some order the hold would not see that a touch is under way.</summary>
    [Theory, MemberData(nameof(Holds))]
    public void WithoutTheBarrierSomeOrderFails(string hold) => Fails(hold, InterleavingScheduler.HostFlaw.BarrierOfNoOtherThread);

    /// <summary>In some order the hold would see the end of a touch, and still its frame in the stock.</summary>
    [Theory, MemberData(nameof(Holds))]
    public void WithoutTheReleaseSomeOrderFails(string hold) => Fails(hold, InterleavingScheduler.HostFlaw.StoresInAnyOrder);

    private static void Fails(string hold, InterleavingScheduler.HostFlaw flaw)
    {
        Exception? found = Record.Exception(() => RunBesideAHold(hold, refills: false, flaw));
        // The story ends otherwise, a check or the audit names a rule, or the touch finds its stock gone
        bool isOfTheFlaw = found?.GetBaseException() switch
        {
            Xunit.Sdk.XunitException or InvariantException => true,
            InvalidOperationException audit => audit.Message is [>= 'A' and <= 'Z', >= '0' and <= '9', ..],
            NullReferenceException gone => gone.StackTrace!.Contains("TouchPass.TryResolve", StringComparison.Ordinal),
            _ => false,
        };
        Assert.True(isOfTheFlaw, found?.ToString() ?? "No order fails.");
    }

    private static int RunBesideAHold(
        string kind, bool refills, InterleavingScheduler.HostFlaw flaw = InterleavingScheduler.HostFlaw.None) =>
        InterleavingScheduler.RunAll(() =>
        {
            StockWorld world = new();
            Action besides = kind switch
            {
                "reclaim" => () => world.Engine.Memory.Advise(world.At, 2 * Bytes, MemoryAdvice.PageOut),
                "drain" => world.Drain,
                "exit" => () => world.Engine.Process.Exit(),
                _ => world.Audit,
            };
            return ([
                () =>
                {
                    VirtualProcessor processor = InterleavingScheduler.InOneStep(() => world.Start(
                        world.Engine.Process, world.At, used: refills ? FirstStock : 1));
                    try
                    {
                        VirtualAddress at = world.At + (FirstStock * Bytes);
                        if (refills) world.Touch(at, mayBeGone: kind is "exit");
                        else FirstTouches.TryResolve(world.Engine.Memory.Space, at.Page, isWrite: true, out _);    // no lock, or no touch
                        InterleavingScheduler.EndInOneStep();
                        world.Touch(at + Bytes, mayBeGone: kind is "exit");
                    }
                    finally
                    {
                        InterleavingScheduler.EndInOneStep();
                        processor.Rest();    // or the other thread would wait for it
                    }
                },
                () =>
                {
                    Interleaving.WaitUntil(() => world.IsStarted);
                    using EngineHold hold = world.Engine.Engine.EnterSlowPath();
                    InterleavingScheduler.EndInOneStep();    // the gate is closed, and all others wait
                    besides();
                }],
                world.End);
        }, delayed: refills ? InterleavingScheduler.DelayedStores.None : InterleavingScheduler.DelayedStores.ButTheLocks, flaw: flaw);

    private sealed class StockWorld
    {
        public StockWorld()
        {
            Engine = new(new() { RamBytes = 4 << 20, RequestHostHugePages = false });
            Engine.Gate.NeededMax = 1;
            Engine.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _);
            At = Engine.Map(2 * FirstStock);
            Prepare(Engine.Process, At);
            Other = Engine.Engine.CreateProcess("other");
            Other.Memory.Map(default, 2 * FirstStock * Bytes, MemoryProtection.ReadWrite, ThreadedEngine.Private, out VirtualAddress at);
            AtOther = at;
            Prepare(Other, at);
        }

        public ThreadedEngine Engine { get; }
        public VirtualAddress At { get; }
        public UserProcess Other { get; }
        public VirtualAddress AtOther { get; }
        public bool IsStarted { get; private set; }

        /// <summary>Makes a processor, whose stock is open and has lost some frames to pages from the area's first on.</summary>
        public VirtualProcessor Start(UserProcess process, VirtualAddress at, int used)
        {
            VirtualProcessor processor = Engine.Engine.Threads.CreateProcessor();
            processor.Run(process);
            TouchRun(process, at, first: 0, used);
            IsStarted = true;
            return processor;
        }

        public static void TouchRun(UserProcess process, VirtualAddress at, int first, int count)
        {
            for (int page = first; page < first + count; page++) process.Memory.Mmu.Write(at + ((uint)page * Bytes), 1u);
        }

        public void Touch(VirtualAddress at, bool mayBeGone)
        {
            try
            {
                Engine.Mmu.Write(at, 1u);
            }
            catch (ObjectDisposedException) when (mayBeGone)
            {
                // the process has ended first
            }
        }

        /// <summary>Takes all free frames, and puts them back later in the hold.</summary>
        public void Drain()
        {
            BuddyAllocator allocator = Engine.Engine.Parts.Machine.Allocator;
            uint free = allocator.FreeFrames.Value;
            List<FrameNumber> taken = [];
            while (allocator.TryTake(out FrameNumber frame)) taken.Add(frame);
            Assert.Equal(free, (uint)taken.Count);
            foreach (FrameNumber frame in taken) allocator.Reinsert(frame);
        }

        public void Audit() => Assert.Equal("clean", Engine.Engine.Audit().ToString());

        public void End() => Engine.Dispose();    // with an audit, which finds each free frame in one place

        // The table, the root and the region are there, so that the first touch of a processor only opens the gate.
        private void Prepare(UserProcess process, VirtualAddress at)
        {
            using (Engine.Engine.EnterSlowPath()) process.Memory.Mmu.Write(at, 1u);
            process.Memory.Advise(at, Bytes, MemoryAdvice.DontNeed);
        }
    }
}
