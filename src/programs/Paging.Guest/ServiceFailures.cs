using System.Globalization;
using Paging.Guest.Abi;
using Paging.Guest.Processes;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;

namespace Paging.Guest;

/// <summary>
/// Ends the process whose system call, page fault or signal has thrown an exception. The error is internal, so other processes continue.
/// </summary>
/// <remarks>The status is SIGSYS, which nothing else here sends. Linux: oops_end ends the current task alone.</remarks>
internal sealed class ServiceFailures(ProcessTree processes, CallTable calls, EmbedderCalls embedder)
{
    private const int ReportCountMax = 1000;    // a guest may repeat such an error without end

    /// <summary>The first of them, a line each.</summary>
    public List<string> Reports { get; } = [];

    /// <summary>Ends the task's process and reports the exception.</summary>
    public void Contain(GuestTask task, Exception failure)
    {
        Report(task, failure);
        task.Process.Descriptors.HeldByCall = [];    // the table may be shared
        if (processes.Abandon(task, (int)SignalNumber.BadSystemCall) is { } further) Report(task, further);
    }

    private void Report(GuestTask task, Exception failure)
    {
        if (Reports.Count == ReportCountMax) return;
        string line = Describe(task, failure);
        Reports.Add(line);
        embedder.Report(line);
    }

    private string Describe(GuestTask task, Exception failure)
    {
        string name = calls[task.Call.Number]?.Name ?? "without a name";
        string service = task.Call.IsUnderWay ? string.Create(CultureInfo.InvariantCulture, $"system call {name} ({task.Call.Number})")
            : string.Create(CultureInfo.InvariantCulture, $"a page fault, signal or slice at {task.Registers.Eip:x8}");
        return string.Create(CultureInfo.InvariantCulture,
            $"internal error: process {task.Process.Id} ({task.Name}) was ended, as by SIGSYS, in {service}: "
                + $"{failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}{PlaceOf(failure)}");
    }

    /// <summary>Returns the method that has thrown, from the first line of the stack trace.</summary>
    private static string PlaceOf(Exception failure)
    {
        ReadOnlySpan<char> trace = failure.StackTrace;
        int end = trace.IndexOf('(');
        return end < 0 ? "" : $" ({trace[..end].Trim()})";
    }
}
