using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Translation;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The protocol of hits, rests and shootdowns, in every order of its small cases: the engine's own code, not a model of it.
/// </summary>
/// <remarks>
/// An access is cut where a processor may be interrupted: between finding the translation and using it. A yield before each of the two
/// lets everything else happen there. Slow where other tests run beside them: each step passes from thread to thread.
/// </remarks>
[Trait("Category", "Slow")]
[Collection(nameof(InterleavingTests)), CollectionDefinition(nameof(InterleavingTests), DisableParallelization = true)]
public sealed class InterleavingTests
{
    private const byte Mine = 0x11, Other = 0x22;

    private static int Here => Environment.CurrentManagedThreadId;

    /// <summary>T12: the frame of an unmapped page is another page's at once, and no reader sees that page's bytes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AReaderNeverSeesAFrameThatWasFreed(bool polls)
    {
        int orders = InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at);
            VirtualAddress next = world.Map(1);
            string finding = "";
            return ([
                () =>
                {
                    VirtualProcessor processor = Start(world);
                    Read(world, at, ref finding);
                    if (polls) processor.Poll();
                    if (polls) Read(world, at, ref finding);
                    processor.Rest();
                },
                () =>
                {
                    world.Memory.Unmap(at, 4096);
                    InterleavingScheduler.InOneStep(() => Touch(world, next));    // takes the frame that was freed last
                }],
                () => End(world, finding));
        });
        Assert.True(orders > 20, $"Only {orders} orders.");
    }

    /// <summary>T13: after mprotect has returned, no thread stores through a translation that it found before.</summary>
    [Fact]
    public void NoStoreFollowsTheReturnOfProtect()
    {
        InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at);
            string finding = "";
            bool hasReturned = false;
            return ([
                () =>
                {
                    VirtualProcessor processor = Start(world);
                    for (int i = 0; i < 2; i++)
                    {
                        Interleaving.Yield();
                        if (!world.Mmu.TryGetSpanHit(at, 1, AccessKind.Write, out Span<byte> found)) break;
                        Store(found, ref finding, () => hasReturned);
                        processor.Poll();
                    }

                    processor.Rest();
                },
                () =>
                {
                    world.Memory.Protect(at, 4096, MemoryProtection.Read);
                    hasReturned = true;
                }],
                () => End(world, finding));
        });
    }

    /// <summary>Bytes stored before reclaim took the translation are in the page when it comes back from its slot.</summary>
    [Fact]
    public void NoStoreIsLostWhenItsPageIsSwappedOut()
    {
        InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at);
            world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _);
            bool hasStored = false;
            return ([
                () =>
                {
                    VirtualProcessor processor = Start(world);
                    Interleaving.Yield();
                    hasStored = world.Mmu.TryGetSpanHit(at, 1, AccessKind.Write, out Span<byte> found);
                    if (hasStored) Store(found);
                    processor.Rest();
                },
                () => world.Memory.Advise(at, 4096, MemoryAdvice.PageOut)],
                () =>
                {
                    byte left;
                    using (world.Engine.EnterSlowPath()) left = world.Mmu.Read<byte>(at);
                    End(world, left == (hasStored ? Other : Mine) ? "" : $"T12: the page came back as {left:x2}");
                }
            );
        });
    }

    /// <summary>
    /// A page with a marked byte is not cached: its walk and its store are in two holds. If another thread changes the page in between, the
    /// store sees the change.
    /// </summary>
    [Theory]
    [InlineData("unmark")]
    [InlineData("unmap")]
    [InlineData("protect")]
    [InlineData("fork")]
    public void AStoreToAnUncachedPageSeesChanges(string change)
    {
        InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at);
            ByteShadow shadow = world.Memory.OpenByteShadow();
            Assert.Equal(Errno.None, shadow.Mark(at + 100, 1, ByteState.Unaddressable));
            bool isAllowed = true;
            UserProcess? child = null;
            byte left = 0;
            return ([
                () =>
                {
                    VirtualProcessor processor = Start(world);
                    isAllowed = world.Mmu.TryWrite(at, Other, out MemoryFault fault);
                    Assert.True(isAllowed || fault.Kind is MemoryFaultKind.NotMapped or MemoryFaultKind.NotAllowed);
                    processor.Rest();
                },
                () =>
                {
                    Errno error = change switch
                    {
                        "unmark" => shadow.Mark(at + 100, 1, ByteState.Good),
                        "unmap" => world.Memory.Unmap(at, 4096),
                        "protect" => world.Memory.Protect(at, 4096, MemoryProtection.Read),
                        _ => world.Process.Fork(out child),
                    };
                    Assert.Equal(Errno.None, error);
                    if (change is "protect" or "fork")
                        left = InterleavingScheduler.InOneStep(() => ByteOf(world, child ?? world.Process, at));
                }],
                () =>
                {
                    Assert.True(isAllowed || change is "unmap" or "protect");
                    if (change is not "unmap") Assert.Equal(isAllowed ? Other : Mine, ByteOf(world, world.Process, at));
                    if (change is "protect" or "fork") Assert.Equal(left, ByteOf(world, child ?? world.Process, at));
                    End(world, "");
                }
            );
        });

        static byte ByteOf(ThreadedEngine world, UserProcess process, VirtualAddress at)
        {
            using EngineHold hold = world.Engine.EnterSlowPath();
            return process.Memory.Mmu.Read<byte>(at);
        }
    }

    /// <summary>T11: two threads that take memory away from each other wait for the slow path at rest, so neither waits for ever.</summary>
    [Fact]
    public void ThreadsThatWaitForTheSlowPathAreAtRest()
    {
        InterleavingScheduler.RunAll(() =>
        {
            ThreadedEngine world = NewWorld(out VirtualAddress at, pages: 2);
            return ([() => Unmap(world, at), () => Unmap(world, at + 4096)], () => End(world, ""));
        });

        static void Unmap(ThreadedEngine world, VirtualAddress at)
        {
            VirtualProcessor processor = Start(world);
            Assert.Equal(Errno.None, world.Memory.Unmap(at, 4096));
            processor.Rest();
        }
    }

    /// <summary>T9: as many threads as there are, one at a time, and all of them; the third one stops only where it waits.</summary>
    [Fact]
    public void ThreeThreadsPassTheLock() => InterleavingScheduler.RunAll(() =>
    {
        SlowPathLock slowPath = new();
        int inside = 0, count = 0;
        Action program = () => Pass(slowPath, ref inside, ref count);
        return ([program, program, () => InOneStep(program)], () => Assert.Equal(3, count));
    }, delayed: InterleavingScheduler.DelayedStores.All);

    /// <summary>T9: a sleeper is passed once at most if that is the limit; it is woken however late the lock is seen as free.</summary>
    [Fact]
    public void ASleeperIsPassedOnceAtMost() => InterleavingScheduler.RunAll(() =>
    {
        SlowPathLock slowPath = new(passesMax: 1);
        int inside = 0, count = 0, passes = 0;
        return ([
            () => InOneStep(() => Pass(slowPath, ref inside, ref count)),
            () =>
            {
                bool sleeps = false;
                for (int i = 0; i < 3; i++)
                {
                    if (!slowPath.TryEnter(Here)) slowPath.Enter();
                    else if (sleeps && slowPath.QueueLength != 0) passes++;
                    sleeps = slowPath.QueueLength != 0;
                    Leave(slowPath, ref inside, ref count);
                }
            }],
            () =>
            {
                Assert.Equal(4, count);
                Assert.True(passes <= 1, $"T9: passed {passes} times");
            }
        );
    }, delayed: InterleavingScheduler.DelayedStores.All);

    private static void Pass(SlowPathLock slowPath, ref int inside, ref int count)
    {
        if (!slowPath.TryEnter(Here)) slowPath.Enter();
        Leave(slowPath, ref inside, ref count);
    }

    private static void Leave(SlowPathLock slowPath, ref int inside, ref int count)
    {
        Assert.Equal(1, ++inside);
        count++;
        Interleaving.Yield();
        inside--;
        slowPath.Exit(Here);
    }

    /// <summary>The program stops only where it waits.</summary>
    private static void InOneStep(Action program) => InterleavingScheduler.InOneStep(() =>
    {
        program();
        return true;
    });

    private static ThreadedEngine NewWorld(out VirtualAddress at, uint pages = 1)
    {
        ThreadedEngine world = new(new() { RamBytes = 1 << 20, RequestHostHugePages = false });
        at = world.Map(pages);
        using (world.Engine.EnterSlowPath())
        {
            for (uint page = 0; page < pages; page++) world.Mmu.Write(at + (page << 12), Mine);
        }

        return world;
    }

    private static VirtualProcessor Start(ThreadedEngine world)
    {
        VirtualProcessor processor = InterleavingScheduler.InOneStep(() => world.Engine.Threads.CreateProcessor());
        processor.Run(world.Process);
        return processor;
    }

    private static bool Touch(ThreadedEngine world, VirtualAddress at)
    {
        using EngineHold hold = world.Engine.EnterSlowPath();
        world.Mmu.Write(at, Other);
        return true;
    }

    private static void Read(ThreadedEngine world, VirtualAddress at, ref string finding)
    {
        Interleaving.Yield();
        if (!world.Mmu.TryGetSpanHit(at, 1, AccessKind.Read, out Span<byte> found)) return;
        byte read = ReadLater(found);
        if (read != Mine) finding = $"T12: the reader saw {read:x2}";
    }

    private static byte ReadLater(Span<byte> found)
    {
        Interleaving.Yield();
        return found[0];
    }

    private static void Store(Span<byte> found)
    {
        Interleaving.Yield();
        found[0] = Other;
    }

    private static void Store(Span<byte> found, ref string finding, Func<bool> hasReturned)
    {
        Interleaving.Yield();
        found[0] = Other;
        if (hasReturned()) finding = "T13: a store came after mprotect had returned";
    }

    private static void End(ThreadedEngine world, string finding)
    {
        world.Engine.Dispose();    // without an audit: thousands of orders have one end
        Assert.Equal("", finding);
    }
}
