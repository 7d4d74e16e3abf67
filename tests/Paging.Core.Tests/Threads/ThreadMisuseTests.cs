using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A host's mistake with threads throws an exception that names it.</summary>
public sealed class ThreadMisuseTests
{
    /// <summary>Where a thread stands that accesses memory in which it does not run.</summary>
    public enum Stand
    {
        WithoutProcessor,
        AtRest,
        InAnotherSpace,
    }

    [Fact]
    public void AnEngineOfOneThreadHasNoProcessors()
    {
        using PagingEngine engine = new();
        Assert.Throws<InvalidOperationException>(() => engine.Threads.CreateProcessor());
        Assert.Throws<InvalidOperationException>(() => engine.Threads.StartBackground(TimeSpan.FromSeconds(1)));
        engine.EnterSlowPath().Dispose();    // nothing to take
    }

    [Fact]
    public void BackgroundWorkRunsOnceAtATime()
    {
        using ThreadedEngine world = new();
        using (world.Engine.Threads.StartBackground(TimeSpan.FromSeconds(100)))
            Assert.Throws<InvalidOperationException>(() => world.Engine.Threads.StartBackground(TimeSpan.FromSeconds(100)));
        world.Engine.Threads.StartBackground(TimeSpan.FromSeconds(100)).Dispose();    // the first has ended
    }

    [Fact]
    public void AThreadHasOneProcessor()
    {
        using ThreadedEngine world = new();
        using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
        Assert.Throws<InvalidOperationException>(() => world.Engine.Threads.CreateProcessor());
    }

    [Fact]
    public void AnotherThreadsProcessorRefuses()
    {
        using ThreadedEngine world = new();
        using VirtualProcessor processor = world.Engine.Threads.CreateProcessor("mine");
        ThreadTeam.Run(1, _ =>
        {
            Assert.Throws<InvalidOperationException>(processor.Poll);
            Assert.Throws<InvalidOperationException>(processor.Rest);
            Assert.Throws<InvalidOperationException>(() => processor.Run(world.Process));
            Assert.Throws<InvalidOperationException>(processor.Dispose);
        });
    }

    /// <summary>Objects left by a thread that has ended can be disposed by no other thread.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AProcessorOfAnEndedThreadIsDisposedByAnother(bool runs)
    {
        using ThreadedEngine world = new();
        VirtualProcessor? processor = null;
        Thread thread = new(() =>
        {
            processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            if (!runs) processor.Rest();
        });
        thread.Start();
        Assert.True(thread.Join(30_000));
        Assert.Equal((1, runs), (world.Engine.Threads.Count().Processors, processor!.IsRunning));
        processor.Dispose();
        processor.Dispose();
        Assert.Equal((0, false), (world.Engine.Threads.Count().Processors, processor.IsRunning));
        using VirtualProcessor own = world.Engine.Threads.CreateProcessor();
        Assert.NotEqual(processor.Id, own.Id);
    }

    /// <summary>This test runs with thorough verification, which looks at each hit.</summary>
    [Fact]
    public void AHitOfAThreadThatDoesNotRunIsCaught()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(1);
        world.Run(1, (_, _) => world.Mmu.Write(at, 1u));
        Assert.Contains("T10", Assert.Throws<InvalidOperationException>(() => world.Mmu.Read<uint>(at)).Message, StringComparison.Ordinal);
        using (world.Engine.EnterSlowPath()) Assert.Equal(1u, world.Mmu.Read<uint>(at));    // no mapping is taken away meanwhile
    }

    [Fact]
    public void AMissInAnotherSpaceThanTheProcessorsIsCaught()
    {
        using ThreadedEngine world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
        processor.Run(world.Process);
        Assert.Equal(Errno.None,
            other.Memory.Map(default, 4096, MemoryProtection.ReadWrite, ThreadedEngine.Private, out VirtualAddress at));
        Assert.Throws<InvalidOperationException>(() => other.Memory.Mmu.Read<uint>(at));
        using (world.Engine.EnterSlowPath()) Assert.Equal(0u, other.Memory.Mmu.Read<uint>(at));    // nothing goes meanwhile
        Assert.Equal(Errno.None, other.Memory.Unmap(at, 4096));
        Assert.Equal(Errno.None, other.Memory.Map(at, 4096, MemoryProtection.ReadWrite, ThreadedEngine.Private | MapFlags.Fixed, out at));
        processor.Run(other);
        Assert.Equal(0u, other.Memory.Mmu.Read<uint>(at));
        processor.Rest();
    }

    /// <summary>
    /// T10: calls that take memory away wait for threads that run in it, so no other thread makes an access, whichever way it misses. The
    /// same accesses are allowed while the thread holds the slow path.
    /// </summary>
    [Theory]
    [InlineData(Stand.WithoutProcessor)]
    [InlineData(Stand.AtRest)]
    [InlineData(Stand.InAnotherSpace)]
    public void EveryKindOfMissOfAThreadThatDoesNotRunThereIsCaught(Stand stand)
    {
        using ThreadedEngine world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        using VirtualProcessor? processor = stand == Stand.WithoutProcessor ? null : world.Engine.Threads.CreateProcessor();
        if (stand == Stand.AtRest) processor!.Run(other);
        if (stand == Stand.AtRest) processor!.Rest();
        if (stand == Stand.InAnotherSpace) processor!.Run(world.Process);
        Mmu mmu = other.Memory.Mmu;
        byte[] bytes = new byte[8];
        Action<VirtualAddress>[] accesses =
        [
            at => mmu.Read<uint>(at),
            at => mmu.Write(at, 1u),
            at => mmu.TryRead(at, out uint _, out _),
            at => mmu.TryWrite(at, 1u, out _),
            at => mmu.TryGetSpan(at, 8, AccessKind.Read, out _, out _),
            at => mmu.TryGetSpan(at, 8, AccessKind.Write, out _, out _),
            at => mmu.CopyIn(at, bytes, out _),
            at => mmu.CopyOut(at, bytes, out _),
            at => mmu.Fill(at, 8, 1, out _),
            at => mmu.TryAdd(at, 1u, out _, out _),
            at => mmu.TryExchange(at, 1u, out _, out _),
            at => mmu.CompareExchange(at, 1u, 0u),
            at => mmu.TryFetch(at, out uint _, out _),
            at => new FetchWindow(mmu).TryFetch(at, out uint _, out _),
            at => mmu.Read<uint>(at + 4094),    // two pages: another way
            at => mmu.Write(at + 4094, 1u),
            at => mmu.TryRead(at + 4094, out uint _, out _),
            at => mmu.TryWrite(at + 4094, 1u, out _),
            at => mmu.TryGetSpan(at + 4094, 8, AccessKind.Read, out _, out _),
            at => mmu.CopyIn(at + 4094, bytes, out _),
            at => mmu.CopyOut(at + 4094, bytes, out _),
            at => mmu.Fill(at + 4094, 8, 1, out _),
            at => mmu.TryAdd(at + 4094, 1u, out _, out _),
            at => mmu.TryExchange(at + 4094, 1u, out _, out _),
            at => mmu.TryCompareExchange(at + 4094, 1u, 0u, out _, out _),
            at => mmu.TryFetch(at + 4094, out uint _, out _),
            _ => mmu.CheckThread(),
        ];
        for (int i = 0; i < accesses.Length; i++)
        {
            const MemoryProtection all = MemoryProtection.ReadWrite | MemoryProtection.Execute;
            Assert.Equal(Errno.None, other.Memory.Map(default, 8192, all, ThreadedEngine.Private, out VirtualAddress at));
            Assert.True(Record.Exception(() => accesses[i](at)) is InvalidOperationException, $"access {i} went on");
            using (world.Engine.EnterSlowPath()) accesses[i](at);
            Assert.Equal(Errno.None, other.Memory.Unmap(at, 8192));
        }

        processor?.Run(other);
        processor?.Rest();
    }

    /// <summary>A hit looks at nothing, but an embedder may ask before it: in an engine of one thread as well, and in a callback.</summary>
    [Fact]
    public void AThreadMayBeCheckedBeforeAHit()
    {
        using PagingEngine engine = new();
        Mmu mmu = engine.CreateProcess("alone").Memory.Mmu;
        mmu.CheckThread();
        ThreadTeam.Run(1, _ => Assert.Throws<InvalidOperationException>(mmu.CheckThread));
        CallerCheck callers = engine.Parts.Machine.Callers;
        callers.Callbacks.Begin();
        Assert.Throws<InvalidOperationException>(mmu.CheckThread);
        callers.Callbacks.End();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(mmu.CheckThread);

        using ThreadedEngine world = new();
        using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
        processor.Run(world.Process);
        world.Mmu.CheckThread();
        ThreadTeam.Run(1, _ => Assert.Throws<InvalidOperationException>(world.Mmu.CheckThread));
        processor.Rest();
        Assert.Throws<InvalidOperationException>(world.Mmu.CheckThread);
        using (world.Engine.EnterSlowPath())
        {
            world.Mmu.CheckThread();
            world.Engine.Parts.Machine.Callers.Callbacks.Begin();
            Assert.Throws<InvalidOperationException>(world.Mmu.CheckThread);
            world.Engine.Parts.Machine.Callers.Callbacks.End();
        }
    }

    [Fact]
    public void TheEngineIsNotDisposedWhileAThreadRuns()
    {
        ThreadedEngine world = new();
        using ManualResetEventSlim ready = new(), end = new();
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor("busy");
            processor.Run(world.Process);
            ready.Set();
            end.Wait();
        });
        other.Start();
        ready.Wait();
        Assert.Contains("'busy'", Assert.Throws<InvalidOperationException>(world.Engine.Dispose).Message, StringComparison.Ordinal);
        end.Set();
        other.Join();
        world.Dispose();
        Assert.Throws<ObjectDisposedException>(() => world.Engine.Threads.CreateProcessor());
    }
}
