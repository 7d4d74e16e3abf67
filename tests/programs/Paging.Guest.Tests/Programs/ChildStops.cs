using System.Runtime.InteropServices;

namespace Paging.Guest.Tests;

/// <summary>Keeps the host from signalling each stop of a child to this process.</summary>
/// <remarks>
/// Once it has started a program, .NET handles SIGCHLD, in a thread of its own. A guest on the host's processor stops at each system call
/// and each fault, which then takes a sixth longer.
/// </remarks>
internal static partial class ChildStops
{
    private const int ChildSignal = 17, NoStops = 1;    // SIGCHLD, SA_NOCLDSTOP
    private const int ActionLength = 152, FlagsAt = 136;    // struct sigaction of glibc, x86-64

    public static void Silence()
    {
        Span<byte> action = stackalloc byte[ActionLength];
        if (GetAction(ChildSignal, 0, ref action[0]) != 0) return;
        action[FlagsAt] |= NoStops;
        _ = SetAction(ChildSignal, ref action[0], 0);    // it is only slower without
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int GetAction(int signal, nint action, ref byte former);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SetAction(int signal, ref byte action, nint former);
}
