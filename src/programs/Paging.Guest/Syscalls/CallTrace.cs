using System.Globalization;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>Writes each call as it happens: memory calls in the form of the scenario dialect, all others as strace does.</summary>
/// <param name="write">Writes a line to the trace.</param>
internal sealed class CallTrace(Action<string> write)
{
    private readonly Dictionary<GuestTask, string> _open = [];
    private int _first;

    public void Enter(GuestTask task, KnownCall? known)
    {
        if (_first == 0) _first = task.Id;
        CallArguments call = task.Call.Arguments;
        string name = known?.Name ?? string.Create(CultureInfo.InvariantCulture, $"syscall_{task.Call.Number}");
        _open[task] = known is null
            ? string.Create(CultureInfo.InvariantCulture, $"{name}(0x{call.A.Word:x}, 0x{call.B.Word:x}, 0x{call.C.Word:x})")
            : CallText.Format(task, known);
    }

    public void Leave(GuestTask task, KnownCall? known, CallResult result)
    {
        if (!_open.Remove(task, out string? text)) return;
        write($"{Prefix(task)}{text} = {CallText.Result(known, result)}\n");
    }

    /// <summary>Ends the line of a call that does not return: exit, execve.</summary>
    public void Abandon(GuestTask task)
    {
        if (_open.Remove(task, out string? text)) write($"{Prefix(task)}{text} = ?\n");
    }

    public void Signal(GuestTask task, in SignalInfo info) => write(
        string.Create(CultureInfo.InvariantCulture,
            $"{Prefix(task)}--- {SignalNumbers.NameOf(info.Signal)} {{si_code={info.Code}{Where(info)}}} ---\n"));

    public void Killed(GuestTask task, in SignalInfo info) => write(
        string.Create(CultureInfo.InvariantCulture,
            $"{Prefix(task)}+++ killed by {SignalNumbers.NameOf(info.Signal)} {{si_code={info.Code}{Where(info)}}} +++\n"));

    private static string Where(in SignalInfo info) =>
        info.Signal is SignalNumber.Segment or SignalNumber.Bus
            ? string.Create(CultureInfo.InvariantCulture, $", si_addr=0x{info.First:x8}") : "";

    private string Prefix(GuestTask task) => task.Id == _first ? "" : string.Create(CultureInfo.InvariantCulture, $"[{task.Id}] ");
}
