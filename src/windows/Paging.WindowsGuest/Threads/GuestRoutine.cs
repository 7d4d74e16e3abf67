namespace Paging.WindowsGuest.Threads;

/// <summary>A function of the program that a routine calls.</summary>
internal readonly record struct GuestCall(uint Function, params uint[] Arguments);

/// <summary>A function of the system that calls functions of the program on its way: qsort, RtlUnwind, exit.</summary>
/// <param name="stack">The stack pointer at the call: where the return address lies.</param>
/// <param name="next">Where the thread goes on when the routine has ended.</param>
internal sealed class GuestRoutine(uint stack, uint next)
{
    /// <summary>The stack pointer at the call.</summary>
    public uint CallerStack { get; } = stack;

    /// <summary>Where the thread goes on.</summary>
    public uint Next => next;

    /// <summary>The stack pointer for functions of the program: a routine may take room below its caller's.</summary>
    public uint Stack { get; set; } = stack;

    /// <summary>What the last function of the program has returned.</summary>
    public uint Answer { get; set; }

    /// <summary>What the routine returns.</summary>
    public uint Result { get; set; }

    /// <summary>What is done at the end instead of returning to the caller; null for returning.</summary>
    public Action? Leaves { get; set; }

    /// <summary>The calls that are left.</summary>
    public required IEnumerator<GuestCall> Steps { get; set; }
}
