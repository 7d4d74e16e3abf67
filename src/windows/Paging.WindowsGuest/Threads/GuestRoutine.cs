namespace Paging.WindowsGuest.Threads;

/// <summary>A function of the program that a routine calls.</summary>
internal readonly record struct GuestCall(uint Function, params uint[] Arguments);

/// <summary>A function of the system that calls functions of the program on its way: qsort, _initterm, exit.</summary>
/// <param name="stack">The stack pointer at the call, at which the return address lies.</param>
/// <param name="next">The address at which the thread continues after the routine.</param>
internal sealed class GuestRoutine(uint stack, uint next)
{
    /// <summary>The stack pointer at the call.</summary>
    public uint Stack => stack;

    /// <summary>The address at which the thread continues.</summary>
    public uint Next => next;

    /// <summary>The result of the last function of the program.</summary>
    public uint Answer { get; set; }

    /// <summary>The result of the routine.</summary>
    public uint Result { get; set; }

    /// <summary>The action at the end instead of a return to the caller; null for a return.</summary>
    public Action? Leaves { get; set; }

    /// <summary>The calls that are left.</summary>
    public required IEnumerator<GuestCall> Steps { get; set; }
}
