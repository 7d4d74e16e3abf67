using Paging.Core;

namespace Paging.Guest;

/// <summary>What a system call leaves in EAX: a value, or an error number with a minus; and the words a call has for the kernel itself.</summary>
/// <remarks>Linux: include/linux/errno.h.</remarks>
internal static class CallResult
{
    /// <summary>Nothing to be had yet: the call is tried again when something has happened.</summary>
    public const int Block = int.MinValue;

    /// <summary>EAX is what the call itself has made it (sigreturn, execve).</summary>
    public const int Keep = int.MinValue + 1;

    /// <summary>ERESTARTSYS: EINTR, unless the handler wants calls to go on (SA_RESTART).</summary>
    public const int RestartUnlessHandled = -512;

    /// <summary>ERESTARTNOINTR: goes on in any case.</summary>
    public const int RestartAlways = -513;

    /// <summary>ERESTARTNOHAND: EINTR after any handler.</summary>
    public const int RestartIfUnhandled = -514;

    /// <summary>ERESTART_RESTARTBLOCK: as the last one; goes on with what is left of its time.</summary>
    public const int RestartWithRest = -516;

    public static int Fail(Errno error) => -(int)error;

    public static bool IsRestart(int result) => result is RestartUnlessHandled or RestartAlways or RestartIfUnhandled or RestartWithRest;
}
