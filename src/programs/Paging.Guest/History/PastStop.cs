namespace Paging.Guest.History;

/// <summary>The reasons for the stop of a replay.</summary>
internal enum PastStop
{
    /// <summary>The command has reached its goal.</summary>
    Arrived,

    /// <summary>A breakpoint: the instruction at EIP has not been executed.</summary>
    Breakpoint,

    /// <summary>The instruction at EIP accesses a watched page, and has not been executed.</summary>
    Watched,

    /// <summary>The kernel has changed bytes of interest.</summary>
    Changed,

    /// <summary>The program was stopped here with a signal, which is delivered next.</summary>
    Signal,

    /// <summary>Another thread has requested a stop.</summary>
    Asked,

    /// <summary>The program behaves differently than before: an effect on it was not recorded.</summary>
    Diverged,

    /// <summary>There is no memory for the replay.</summary>
    NoMemory,
}
