namespace Paging.Core.Threads;

/// <summary>The points at which a scheduler of a test may let another thread go on. Without one they cost nothing.</summary>
/// <remarks>
/// The AppContext switch <c>Paging.Interleaving</c> decides once when the process starts. Compiled code holds a constant.
/// As Loom (C++, Rust) and Coyote (.NET) do, but over the engine's own protocol code.
/// </remarks>
internal static class Interleaving
{
    private const string SchedulerName = "Paging.Interleaving.Scheduler";

    /// <summary>A scheduler may be set.</summary>
    public static bool IsOn { get; } = AppContext.TryGetSwitch("Paging.Interleaving", out bool isOn) && isOn;

    /// <summary>Who decides; null while no test runs.</summary>
    /// <remarks>The AppContext holds it, so that nothing here is static. A test of one thread never asks.</remarks>
    public static IInterleavingScheduler? Scheduler
    {
        get => AppContext.GetData(SchedulerName) as IInterleavingScheduler;
        set => AppContext.SetData(SchedulerName, value);
    }

    /// <summary>A scheduler decides which thread goes on, so that no thread has to spin.</summary>
    public static bool IsScheduled => IsOn && Scheduler is not null;

    /// <summary>Another thread may go on here.</summary>
    public static void Yield() => Scheduler?.Yield();

    /// <summary>As <see cref="Yield"/>, before an atomic instruction.</summary>
    public static void YieldAndFence()
    {
        Yield();
        Fence();
    }

    /// <summary>The calling thread goes on when the condition holds, which other threads make true.</summary>
    public static void WaitUntil(Func<bool> condition) => Scheduler?.WaitUntil(condition);

    /// <summary>A plain store that other threads may see later than what the thread reads next, as on x86.</summary>
    /// <returns>False: there is no scheduler, so the caller stores itself.</returns>
    public static bool TryStoreLater(Action store) => Scheduler?.TryStoreLater(store) ?? false;

    /// <summary>All threads' stores are seen from here on: the process-wide barrier.</summary>
    public static void FenceAll() => Scheduler?.FenceAll();

    /// <summary>The calling thread's stores are seen from here on.</summary>
    public static void Fence() => Scheduler?.Fence();
}
