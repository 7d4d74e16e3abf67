namespace Paging.Interop;

/// <summary>Results of calls for which Linux has no errno. Values of -1 to -4095 are errnos of Linux.</summary>
internal static class BorderCode
{
    /// <summary>No such handle, a freed one, or one of another kind.</summary>
    public const int BadHandle = -10001;
    /// <summary>An argument that no call allows: a null pointer, a structure of a wrong size, a value out of its range.</summary>
    public const int BadArgument = -10002;
    /// <summary>Not now: the wrong thread, inside a callback, an option that is off.</summary>
    public const int WrongState = -10003;
    /// <summary>The process has ended, or the object's last use is over.</summary>
    public const int Ended = -10004;
    /// <summary>Another thread neither polled nor rested.</summary>
    public const int Timeout = -10005;
    /// <summary>An invariant of the engine is broken. Report it.</summary>
    public const int Broken = -10006;
    /// <summary>Anything else.</summary>
    public const int Unexpected = -10007;
}
