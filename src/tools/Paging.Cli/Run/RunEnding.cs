using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Paging.Guest;
using Paging.Native;
using Paging.Processors;

namespace Paging.Cli.Run;

/// <summary>Reports on a finished run: why it ended, the map, the counters, and the unknown calls.</summary>
internal static partial class RunEnding
{
    private const int InterruptSignal = 2, PipeSignal = 13;

    public static void Report(GuestKernel kernel, RunRequest request, GuestOutcome outcome, TextWriter errors)
    {
        foreach (string line in kernel.MemoryKillReports) errors.Write($"paging run: {line}\n");
        if (kernel.FailureReports.Count > 0) ReportAudit(kernel.Engine.Audit(), errors);
        if (ReasonOf(outcome) is { } reason) errors.Write($"paging run: {reason}\n");
        if (request.ShowMaps) errors.Write(kernel.FinalMaps ?? "");
        if (request.ShowStatistics) errors.Write(Statistics(kernel));
    }

    /// <summary>Reports the audit after an internal error, which may have damaged state that other programs use.</summary>
    private static void ReportAudit(AuditReport report, TextWriter errors)
    {
        if (report.IsClean) errors.Write("paging run: after the internal error, the audit of all memory found nothing\n");
        foreach (AuditFinding finding in report.Findings)
            errors.Write($"paging run: after the internal error, the audit found {finding}\n");
    }

    /// <summary>Counters as name and number, a line each.</summary>
    public static IEnumerable<(string Name, long Value)> Counters(GuestKernel kernel)
    {
        ProcessorCounters processor = kernel.ProcessorCounters;
        return
        [
            .. kernel.Engine.Faults.ToNamedCounts().Select(static count => (count.Name, count.Count)),
            ("page faults of the processor", processor.PageFaults), ("TLB flushes", processor.Flushes),
            ("stops of the host's processes", processor.Stops),
            ("system calls", processor.SystemCalls), ("task switches", processor.Switches),
            ("bytes of code executed", processor.CodeBytes), ("blocks translated", processor.Translations),
            ("code frames dropped", processor.DroppedFrames),
        ];
    }

    private static string Statistics(GuestKernel kernel)
    {
        StringBuilder text = new();
        foreach ((string name, long value) in Counters(kernel)) text.Append(CultureInfo.InvariantCulture, $"{name,-30} {value,12}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{"call",-24} {"times",10} {"failed",10}\n");
        foreach (CallCount call in kernel.CallCounts.OrderByDescending(static call => call.Count)
            .ThenBy(static call => call.Name, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"{call.Name,-24} {call.Count,10} {call.Errors,10}\n");
        foreach ((uint number, long count) in kernel.UnknownCalls)
            text.Append(CultureInfo.InvariantCulture, $"unknown call {number,-11} {count,10}\n");
        return text.ToString();
    }

    /// <summary>A signal in words: <c>signal 11 (Segmentation fault)</c>. Linux gives i386 programs the host's numbers.</summary>
    public static string Describe(int signal) => $"signal {signal} ({Marshal.PtrToStringUTF8(StringOf(signal))})";

    // As in a shell, SIGINT and SIGPIPE are not reported: the user pressed Ctrl+C, or the reader of a pipe has exited.
    private static string? ReasonOf(GuestOutcome outcome) => outcome.End switch
    {
        GuestEnd.Killed when outcome.Code is not (InterruptSignal or PipeSignal) =>
            $"killed by {Describe(outcome.Code)}",
        GuestEnd.LimitReached => "stopped: the limit was reached",
        GuestEnd.Stopped => "stopped",
        GuestEnd.AllWait => "stopped: every process waits for something that no process can do any more",
        _ => null,
    };
    [LibraryImport("libc", EntryPoint = "strsignal")]
    private static partial nint StringOf(int signal);
}
