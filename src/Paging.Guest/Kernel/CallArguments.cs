namespace Paging.Guest;

/// <summary>The six words of a system call: EBX, ECX, EDX, ESI, EDI, EBP.</summary>
internal readonly record struct CallArguments(uint A, uint B, uint C, uint D, uint E, uint F)
{
    /// <summary>A 64-bit argument from two words, the lower one first.</summary>
    public static long Long(uint low, uint high) => (long)(((ulong)high << 32) | low);
}

/// <summary>One system call: returns what EAX gets, or one of <see cref="CallResult"/>'s words.</summary>
internal delegate CallResult CallHandler(GuestTask task, in CallArguments call);

/// <summary>What is left of a call that a signal has ended, for restart_syscall(2).</summary>
internal delegate CallResult RestOfCall(GuestTask task);
