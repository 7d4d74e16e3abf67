using System.Collections.Immutable;
using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>The number of a signal on x86. Linux: arch/x86/include/uapi/asm/signal.h.</summary>
/// <remarks>A program may pass any number; <see cref="SignalNumbers.IsNoneOrSignal"/> checks it.</remarks>
internal enum SignalNumber
{
    /// <summary>No signal: kill(2) only checks whether it could send one, a timer or an ended process sends none.</summary>
    None = 0,

    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Illegal = 4,
    Trap = 5,
    Abort = 6,
    Bus = 7,
    FloatingPoint = 8,
    Kill = 9,
    User1 = 10,
    Segment = 11,
    User2 = 12,
    Pipe = 13,
    Alarm = 14,
    Terminate = 15,
    Child = 17,
    Continue = 18,
    Stop = 19,
    TerminalStop = 20,
    TerminalInput = 21,
    TerminalOutput = 22,
    Urgent = 23,
    ProcessorTime = 24,
    FileSize = 25,
    VirtualAlarm = 26,
    Profile = 27,
    WindowChange = 28,
    InputOutput = 29,
    BadSystemCall = 31,

    /// <summary>The first real-time signal; these are queued. Linux: SIGRTMIN.</summary>
    FirstRealTime = 32,

    /// <summary>The last real-time signal. Linux: _NSIG.</summary>
    Last = 64,
}

/// <summary>The kernel's classes of signals. Linux: include/linux/signal.h.</summary>
internal static class SignalNumbers
{
    private static readonly ImmutableArray<string> Names =
    [
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>True for 1 to 64. Linux: valid_signal without 0.</summary>
    public static bool IsSignal(this SignalNumber signal) => signal is > SignalNumber.None and <= SignalNumber.Last;

    /// <summary>True for 0 to 64. Linux: valid_signal.</summary>
    public static bool IsNoneOrSignal(this SignalNumber signal) => signal is >= SignalNumber.None and <= SignalNumber.Last;

    /// <summary>Reads a signal, or none, from a saved machine.</summary>
    public static SignalNumber Load(RecordReader reader) => (SignalNumber)reader.ReadIndex((int)SignalNumber.Last + 1, "a signal");

    /// <summary>
    /// True for signals of a fault: the instruction cannot continue, so blocking or ignoring them kills. Linux: SYNCHRONOUS_MASK.
    /// </summary>
    public static bool IsSynchronous(this SignalNumber signal) =>
        signal is SignalNumber.Segment or SignalNumber.Bus or SignalNumber.Illegal or SignalNumber.Trap or SignalNumber.FloatingPoint;

    /// <summary>True if the signal has no effect without a handler. Linux: SIG_KERNEL_IGNORE_MASK.</summary>
    public static bool IsIgnoredByDefault(this SignalNumber signal) =>
        signal is SignalNumber.Child or SignalNumber.Continue or SignalNumber.Urgent or SignalNumber.WindowChange;

    /// <summary>True if the signal dumps core without a handler. Linux: SIG_KERNEL_COREDUMP_MASK.</summary>
    public static bool DumpsCore(this SignalNumber signal) =>
        signal is SignalNumber.Quit or SignalNumber.Illegal or SignalNumber.Trap or SignalNumber.Abort or SignalNumber.Bus
            or SignalNumber.FloatingPoint or SignalNumber.Segment or SignalNumber.FileSize or SignalNumber.ProcessorTime
            or SignalNumber.BadSystemCall;

    /// <summary>True if the signal stops the process without a handler. Linux: SIG_KERNEL_STOP_MASK.</summary>
    public static bool IsStop(this SignalNumber signal) =>
        signal is SignalNumber.Stop or SignalNumber.TerminalStop or SignalNumber.TerminalInput or SignalNumber.TerminalOutput;

    /// <summary>The name in a trace: SIGHUP, SIGRT_1.</summary>
    public static string NameOf(SignalNumber signal) =>
        signal is > SignalNumber.None and < SignalNumber.FirstRealTime
            ? Names[(int)signal] : $"SIGRT_{signal - SignalNumber.FirstRealTime}";
}
