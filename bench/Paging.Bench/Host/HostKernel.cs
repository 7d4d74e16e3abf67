using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Bench.Harness;

namespace Paging.Bench.Host;

/// <summary>The host's kernel as a contender: whether there is one to measure, and whether its calls did what they should.</summary>
internal static class HostKernel
{
    private const int MinorFaultsWord = 8;    // of struct rusage, in words: two times, then maxrss, ixrss, idrss, isrss, minflt

    /// <summary>True on a Linux host. Elsewhere the tables have no kernel column.</summary>
    public static bool IsAvailable { get; } = OperatingSystem.IsLinux();

    /// <summary>True where there is machine code for a <see cref="BareProcess"/>, which can be forked.</summary>
    public static bool CanFork { get; } = IsAvailable && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>The page faults without I/O of the calling thread so far.</summary>
    // Unsafe: struct rusage is 18 words.
    public static unsafe long MinorFaults
    {
        get
        {
            long* usage = stackalloc long[18];
            Check(HostCalls.ResourceUsage(HostCalls.UsageOfThread, usage) == 0, "getrusage");
            return usage[MinorFaultsWord];
        }
    }

    /// <summary>Fails the benchmark when a call did not succeed.</summary>
    public static void Check(bool succeeded, string call)
    {
        if (succeeded) return;
        string reason = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        throw new BrokenBenchmarkException($"{call} of the host failed: {reason}.");
    }

    /// <summary>A call that is timed: the test is all there is on the way.</summary>
    public static void Check(int result, string call)
    {
        if (result != 0) Check(succeeded: false, call);
    }

    /// <summary>This process, for calls that ask whose memory.</summary>
    public static int ProcessId { get; } = Environment.ProcessId;

    /// <summary>Nanoseconds of a number of timer ticks.</summary>
    public static long Nanoseconds(long ticks) =>
        Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));
}
