using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>An engine for many threads, with one process.</summary>
internal sealed class ThreadedEngine : IDisposable
{
    public const MapFlags Private = MapFlags.Private | MapFlags.Anonymous, Shared = MapFlags.Shared | MapFlags.Anonymous;

    public ThreadedEngine(EngineOptions? options = null)
    {
        Engine = new((options ?? new EngineOptions { RamBytes = 16 << 20 }) with { AllowThreads = true });
        Process = Engine.CreateProcess("threads");
    }

    public PagingEngine Engine { get; }
    public UserProcess Process { get; }
    public AddressSpace Memory => Process.Memory;
    public Mmu Mmu => Process.Memory.Mmu;

    /// <summary>Open while first touches go side by side.</summary>
    public TouchGate Gate => Engine.Parts.Machine.Callers.Shared!.Gate;

    public VirtualAddress Map(uint pages, MapFlags flags = Private)
    {
        Errno error = Memory.Map(default, pages << 12, MemoryProtection.ReadWrite, flags, out VirtualAddress at);
        return error == Errno.None ? at : throw new InvalidOperationException($"mmap: {error}");
    }

    /// <summary>Threads that run in the process. They rest at the end.</summary>
    public void Run(int count, Action<int, VirtualProcessor> body) => ThreadTeam.Run(count, number =>
    {
        using VirtualProcessor processor = Engine.Threads.CreateProcessor();
        processor.Run(Process);
        body(number, processor);
    });

    /// <summary>Waits until so many threads are outside the slow path in the middle of an access.</summary>
    public void AwaitAway(int count) =>
        Assert.True(SpinWait.SpinUntil(() => CountAway() == count, BlockedThread.PatienceMilliseconds));

    /// <summary>Waits until threads have begun so many waits for another thread's hold since the last hold.</summary>
    public void AwaitWaits(int count) => Assert.True(SpinWait.SpinUntil(
        () => Engine.Parts.Machine.Callers.Shared!.Waits.Count >= count, BlockedThread.PatienceMilliseconds));

    private int CountAway()
    {
        int count = 0;
        using EngineHold hold = Engine.EnterSlowPath();
        foreach (ProcessorState state in Engine.Parts.Machine.Callers.Shared!.Processors.All)
            if (state.IsAway) count++;
        return count;
    }

    public void Dispose()
    {
        string findings = string.Join("; ", Engine.Audit().Findings);
        Engine.Dispose();
        if (findings.Length != 0) throw new InvalidOperationException(findings);
    }
}
