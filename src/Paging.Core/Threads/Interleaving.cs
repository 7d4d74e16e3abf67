using System.Diagnostics;

namespace Paging.Core.Threads;

/// <summary>The points at which a scheduler of a test may switch to another thread. Without one they cost nothing.</summary>
/// <remarks>
/// The AppContext switch <c>Paging.Interleaving</c> decides once when the process starts. Compiled code holds a constant.
/// As Loom (C++, Rust) and Coyote (.NET) do, but over the engine's own protocol code.
/// </remarks>
internal static class Interleaving
{
    private const string SchedulerName = "Paging.Interleaving.Scheduler";

    /// <summary>True if a scheduler may be set.</summary>
    public static bool IsOn { get; } = AppContext.TryGetSwitch("Paging.Interleaving", out bool isOn) && isOn;

    /// <summary>The scheduler; null while no test runs.</summary>
    /// <remarks>The AppContext holds it, so that nothing here is static. A test of one thread never reads it.</remarks>
    public static IInterleavingScheduler? Scheduler
    {
        get => AppContext.GetData(SchedulerName) as IInterleavingScheduler;
        set => AppContext.SetData(SchedulerName, value);
    }

    /// <summary>True if a scheduler decides which thread runs, so that no thread has to spin.</summary>
    public static bool IsScheduled => IsOn && Scheduler is not null;

    /// <summary>The host's processors, or those of the scheduler.</summary>
    public static int ProcessorCount => (IsOn ? Scheduler?.ProcessorCount : null) ?? Environment.ProcessorCount;

    /// <summary>The time that a spinning thread looks at, in ticks of <see cref="Stopwatch"/>.</summary>
    public static long Timestamp => (IsOn ? Scheduler?.Timestamp : null) ?? Stopwatch.GetTimestamp();

    /// <summary>A pause between two looks of a spinning thread: <see cref="Thread.SpinWait"/>.</summary>
    public static void Pause(int iterations)
    {
        if (IsOn && Scheduler is { } scheduler) scheduler.Pause(iterations);
        else Thread.SpinWait(iterations);
    }

    /// <summary>May switch to another thread.</summary>
    public static void Yield() => Scheduler?.Yield();

    /// <summary>Same as <see cref="Yield"/>, before an atomic instruction.</summary>
    public static void YieldAndFence()
    {
        Yield();
        Fence();
    }

    /// <summary>Waits until other threads have made the condition true.</summary>
    public static void WaitUntil(Func<bool> condition) => Scheduler?.WaitUntil(condition);

    /// <summary>Makes a plain store that other threads may see only after the thread's next loads, as on x86.</summary>
    /// <returns>False if there is no scheduler: the caller makes the store itself.</returns>
    public static bool TryStoreLater(Action store) => Scheduler?.TryStoreLater(store) ?? false;

    /// <summary>Makes a barrier in all threads of the process: earlier stores of each are visible.</summary>
    public static void FenceAll()
    {
        Interlocked.MemoryBarrierProcessWide();
        if (IsOn) Scheduler?.FenceAll();
    }

    /// <summary>Makes earlier stores of the calling thread visible.</summary>
    public static void Fence() => Scheduler?.Fence();
}
