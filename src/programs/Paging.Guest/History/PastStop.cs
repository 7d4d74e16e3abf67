namespace Paging.Guest.History;

/// <summary>Why a replay has stopped.</summary>
internal enum PastStop
{
    /// <summary>It has come to where it was to go.</summary>
    Arrived,

    /// <summary>A breakpoint: the instruction at EIP has not been executed.</summary>
    Breakpoint,

    /// <summary>The instruction at EIP accesses a watched page, and has not been executed.</summary>
    Watched,

    /// <summary>The kernel has changed bytes of interest.</summary>
    Changed,

    /// <summary>The program was stopped here with a signal, which comes next.</summary>
    Signal,

    /// <summary>Another thread has asked for it.</summary>
    Asked,

    /// <summary>The program has not done what it had done before: something changes it that is not recorded.</summary>
    Diverged,

    /// <summary>There is no memory for the replay.</summary>
    NoMemory,
}
