using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>The parts that serve accesses without a cached translation, one of each for all processes.</summary>
internal sealed class AccessParts
{
    public AccessParts(CallerCheck callers, PhysicalMemory ram, PageFaultHandler faults, WriteObservers observers, bool hasExecute)
    {
        (Callers, Ram, Faults, Observers) = (callers, ram, faults, observers);
        SharedTranslation = new(callers, faults.Touches, ram);
        Uncached = new(callers, ram, faults.Devices);
        Fetches = new(callers, ram, Uncached, hasExecute);
        Atomics = new(callers, Uncached, SharedTranslation);
        Supervisor = new(callers, ram);
    }

    public CallerCheck Callers { get; }
    public PhysicalMemory Ram { get; }
    public PageFaultHandler Faults { get; }
    public WriteObservers Observers { get; }
    public SharedTranslation SharedTranslation { get; }
    public UncachedAccess Uncached { get; }
    public CodeFetches Fetches { get; }
    public AtomicAccess Atomics { get; }
    public SupervisorAccess Supervisor { get; }
}
