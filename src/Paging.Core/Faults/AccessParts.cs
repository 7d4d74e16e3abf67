using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>The parts that serve accesses without a cached translation, one of each for all processes.</summary>
internal sealed class AccessParts
{
    public AccessParts(ThreadGuard guard, PhysicalMemory ram, PageFaultHandler faults, WriteObservers observers, bool hasExecute)
    {
        (Guard, Ram, Faults, Observers) = (guard, ram, faults, observers);
        Misses = new(guard, faults.Touches, ram);
        Uncached = new(guard, ram, faults.Devices);
        Fetches = new(guard, ram, Uncached, hasExecute);
        Atomics = new(guard, Uncached, Misses);
        Supervisor = new(guard, ram);
    }

    public ThreadGuard Guard { get; }
    public PhysicalMemory Ram { get; }
    public PageFaultHandler Faults { get; }
    public WriteObservers Observers { get; }
    public SharedMisses Misses { get; }
    public UncachedAccess Uncached { get; }
    public CodeFetches Fetches { get; }
    public AtomicAccess Atomics { get; }
    public SupervisorAccess Supervisor { get; }
}
