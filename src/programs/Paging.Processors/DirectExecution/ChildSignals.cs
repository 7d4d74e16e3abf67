using System.Buffers.Binary;

namespace Paging.Processors.DirectExecution;

/// <summary>Keeps SIGCHLD to the ends of children. Stops of a stub are reported by waitpid(2) alone.</summary>
/// <remarks>
/// The runtime of .NET has a handler for SIGCHLD, which wakes a thread of its own each time: a stop of a stub took that long in addition.
/// Linux: do_notify_parent_cldstop (kernel/signal.c), which wakes waitpid(2) in either case; SA_NOCLDSTOP in sigaction(2).
/// </remarks>
internal static class ChildSignals
{
    private const int ChildSignal = 17, ActionLength = 152, FlagsOffset = 136;    // SIGCHLD; struct sigaction of x86-64
    private const uint WithoutStops = 1;    // SA_NOCLDSTOP

    /// <summary>Adds the flag to the handler of the process, if it has one without it. Cost: a system call.</summary>
    public static void LeaveOutStops()
    {
        Span<byte> action = stackalloc byte[ActionLength];
        if (TraceApi.GetAction(ChildSignal, 0, ref action[0]) != 0) return;
        Span<byte> flags = action[FlagsOffset..];
        uint now = BinaryPrimitives.ReadUInt32LittleEndian(flags);
        bool hasHandler = BinaryPrimitives.ReadUInt64LittleEndian(action) > 1;    // SIG_DFL and SIG_IGN get no signal
        if (!hasHandler || (now & WithoutStops) != 0) return;
        BinaryPrimitives.WriteUInt32LittleEndian(flags, now | WithoutStops);
        _ = TraceApi.SetAction(ChildSignal, ref action[0], 0);    // it is only slower without
    }
}
