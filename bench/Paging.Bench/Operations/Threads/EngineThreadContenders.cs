using System.Diagnostics;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations.Access;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Threads;

/// <summary>Each thread reads words anywhere in a MiB of its own, and polls after 64 of them.</summary>
internal sealed class EngineThreadReads : Contender
{
    private readonly ThreadWorld _world;
    private readonly VirtualAddress _start;
    private readonly Action<int, int> _work;
    private uint _sum;

    public EngineThreadReads(ThreadWorld world) : base(Role.Engine, "Mmu.Read on each thread")
    {
        _world = world;
        _start = world.Map((uint)world.Team.Count << 20);
        _work = Work;
        using EngineHold hold = world.Engine.EnterSlowPath();
        for (uint page = 0; page < (uint)world.Team.Count << 8; page++) world.Mmu.Write(_start + (page << 12), 1u);
    }

    public override void Run(int count) => _world.Team.Run(count, _work);

    private void Work(int thread, int count)
    {
        VirtualProcessor processor = _world.Processor(thread);
        processor.Run(_world.Process);
        Mmu mmu = _world.Mmu;
        VirtualAddress start = _start + ((uint)thread << 20);
        uint state = (uint)thread + 1, sum = 0;
        for (int i = 0; i < count; i += 64)
        {
            for (int k = 0; k < 64; k++)
            {
                state = Scattered.Next(state);
                sum += mmu.Read<uint>(start + Scattered.Offset(state, MiB1.Bits));
            }

            processor.Poll();
        }

        processor.Rest();
        Volatile.Write(ref _sum, sum);
    }
}

/// <summary>Each thread touches its part of the pages for the first time, in one space or in one of its own.</summary>
internal sealed class EngineThreadFaults : Contender
{
    private readonly ThreadWorld _world;
    private readonly VirtualAddress[] _starts;
    private readonly uint _byteLength;
    private readonly bool _writes;
    private readonly Action<int, int> _work;

    public EngineThreadFaults(ThreadWorld world, int pages, bool writes = true)
        : base(Role.Engine, $"a {(writes ? "write to" : "read of")} each page, on each thread")
    {
        (_world, _writes, _work) = (world, writes, Work);
        _byteLength = (uint)(pages / world.Processes.Length) << 12;
        _starts = [.. world.Processes.Select(process => ThreadWorld.Map(process.Memory, _byteLength))];
    }

    public override void Prepare(int count)
    {
        for (int i = 0; i < _starts.Length; i++)
            Worlds.EngineWorld.Require(_world.Processes[i].Memory.Advise(_starts[i], _byteLength, MemoryAdvice.DontNeed), "madvise");
        EngineWorld.CatchUp(_world.Engine);
    }

    public override void Run(int count) => _world.Team.Run(count, _work);

    private void Work(int thread, int count)
    {
        VirtualProcessor processor = _world.Processor(thread);
        int space = thread % _starts.Length;
        processor.Run(_world.Processes[space]);
        Mmu mmu = _world.Processes[space].Memory.Mmu;
        VirtualAddress at = _starts[space] + (uint)(thread / _starts.Length * count << 12);
        if (_writes) Write(processor, mmu, at, count);
        else Read(processor, mmu, at, count);
        processor.Rest();
    }

    private static void Write(VirtualProcessor processor, Mmu mmu, VirtualAddress at, int count)
    {
        for (int i = 0; i < count; i++)
        {
            mmu.Write(at + (uint)(i << 12), 1u);
            processor.Poll();
        }
    }

    private static void Read(VirtualProcessor processor, Mmu mmu, VirtualAddress at, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = mmu.Read<uint>(at + (uint)(i << 12));
            processor.Poll();
        }
    }
}

/// <summary>The same pages touched by the caller in an engine that does not allow threads: no virtual processor, and no poll.</summary>
internal sealed class UnthreadedFaults(EngineWorld world, int pages) : Contender(Role.Reference,
    "the same in an engine without AllowThreads")
{
    private readonly VirtualAddress _start = world.Map((uint)pages << 12);
    private long _faultsBefore;

    public override void Prepare(int count)
    {
        world.Discard(_start, (uint)pages << 12);
        EngineWorld.CatchUp(world.Engine);
        _faultsBefore = world.Space.Faults.Anonymous;
    }

    public override void Run(int count)
    {
        Mmu mmu = world.Mmu;
        for (int i = 0; i < count; i++) mmu.Write(_start + (uint)(i << 12), 1u);
    }

    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnlessEqual("zeroed frames", count, world.Space.Faults.Anonymous - _faultsBefore);
}

/// <summary>Each thread maps a page, touches it, and unmaps it. Each operation is timed as well, by one look at the clock.</summary>
internal sealed class EngineThreadMaps : Contender
{
    private readonly ThreadWorld _world;
    private readonly Action<int, int> _work;
    private readonly long[] _longest;

    public EngineThreadMaps(ThreadWorld world) : base(Role.Engine, "mmap, a write, munmap, on each thread") =>
        (_world, _work, _longest) = (world, Work, new long[world.Team.Count]);

    public override long LongestNanoseconds => HostKernel.Nanoseconds(_longest.Max());

    public override void Run(int count) => _world.Team.Run(count, _work);

    private void Work(int thread, int count)
    {
        VirtualProcessor processor = _world.Processor(thread);
        processor.Run(_world.Process);
        long longest = 0, started = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            ThreadWorld.MapTouchUnmap(_world.Space);
            processor.Poll();
            long now = Stopwatch.GetTimestamp();
            longest = Math.Max(longest, now - started);
            started = now;
        }

        _longest[thread] = longest;
        processor.Rest();
    }
}

/// <summary>A thread takes the slow path and leaves it, without contention.</summary>
internal sealed class EngineHolds(ThreadWorld world) : Contender(Role.Engine, "EnterSlowPath and the end of the hold")
{
    public override void Run(int count)
    {
        for (int i = 0; i < count; i++) world.Engine.EnterSlowPath().Dispose();
    }
}

/// <summary>The first thread discards a page that it has touched; the second one runs and polls; the others rest.</summary>
internal sealed class EngineShootdowns : Contender
{
    private readonly ThreadWorld _world;
    private readonly VirtualAddress _page, _other;
    private readonly Action<int, int> _work;
    private bool _isDone;

    public EngineShootdowns(ThreadWorld world) : base(Role.Engine, "a write and MADV_DONTNEED, beside a thread that reads")
    {
        (_world, _work) = (world, Work);
        (_page, _other) = (world.Map(4096), world.Map(4096));
    }

    public override void Run(int count)
    {
        _isDone = false;
        _world.Team.Run(count * _world.Team.Count, _work);
    }

    private void Work(int thread, int count)
    {
        VirtualProcessor processor = _world.Processor(thread);
        processor.Run(_world.Process);
        if (thread == 0) Discard(count);
        else if (thread == 1) ReadUntilDone(processor);
        processor.Rest();
    }

    private void Discard(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _world.Mmu.Write(_page, 1u);
            Worlds.EngineWorld.Require(_world.Space.Advise(_page, 4096, MemoryAdvice.DontNeed), "madvise");
        }

        Volatile.Write(ref _isDone, true);
    }

    private void ReadUntilDone(VirtualProcessor processor)
    {
        while (!Volatile.Read(ref _isDone))
        {
            for (int i = 0; i < 16; i++) _world.Mmu.Read<uint>(_other);
            processor.Poll();
        }
    }
}
