using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.History;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;

namespace Paging.Guest.Debugging;

//   scheduler: MayRun ──► stopped? serve gdb until it resumes ──► Arm ──► run ──► OnExit ──► a stop, or the exit goes on to the kernel
/// <summary>
/// A gdb that debugs the first process: all of its threads stop together. Called by the scheduler around each run of the processor.
/// </summary>
/// <remarks>
/// Breakpoints change no byte of the program, and watchpoints no entry that the engine can see (<see cref="DebugStops"/>). Children of the
/// process are not stopped. Exceptions stop it; sent signals do not. Source: gdb's manual, "Remote Serial Protocol".
/// </remarks>
internal sealed class GuestDebugger : IDisposable
{
    private const uint TrapFlag = 0x100;    // EFLAGS.TF (SDM 3B, 18.3.1.4)
    private const int Trap = 5, Interrupted = 2;    // GDB_SIGNAL_TRAP, GDB_SIGNAL_INT
    private const uint ExitCall = 1, ExitGroupCall = 252;

    private readonly GuestKernelOptions _options;
    private readonly PacketStream _packets;
    private readonly GuestProcessor _processor;
    private readonly DebugCommands _commands;
    private readonly HistoryRecorder? _recorder;    // null without reverse debugging
    private readonly ReverseExecution? _reverse;
    private volatile bool _mustStop = true;    // before the first instruction
    private string? _stop;                     // the packet with the reason, or null
    private GuestTask? _stopped;
    private GuestTask? _stepDone;              // a step has ended in a call, which continues
    private SignalNumber _seen;                // the exception of gdb's last stop
    private bool _hasStarted, _isDetached, _isEnded;

    /// <param name="connection">To gdb.</param>
    /// <param name="engine">The machine's.</param>
    /// <param name="processor">The machine's.</param>
    /// <param name="tasks">The machine's.</param>
    /// <param name="tree">Has the files that gdb reads.</param>
    /// <param name="options">Whether to record, and what a lost connection means.</param>
    public GuestDebugger(
        Stream connection, PagingEngine engine, GuestProcessor processor, TaskTable tasks, FileTree tree, GuestKernelOptions options)
    {
        _processor = processor;
        _options = options;
        WatchList watches = new((start, byteLength) => _commands!.ReadMemory(start, byteLength));
        _recorder = options.IsRecording ? new(engine, processor) : null;
        _reverse = _recorder is null ? null : new(_recorder, processor, watches);
        _commands = new(engine, processor, tasks, new(tree), watches)
        {
            History = _recorder is null ? null : new(_recorder, _reverse!),
        };
        _packets = new(connection, () =>
        {
            _mustStop = true;
            processor.RequestStop();
        });
    }

    /// <summary>True if gdb has ended the run, or is lost and the run ends with it.</summary>
    public bool IsKilled => _commands.IsKilled || _isEnded;

    /// <summary>Called before a thread runs. Returns false if gdb keeps it stopped.</summary>
    public bool MayRun(GuestTask task)
    {
        if (_isDetached) return true;
        if (_commands.Process is null)
        {
            _commands.Attach(task.Process);
            _processor.Debug.Process = task.Process.Memory.Core;
        }

        if (task.Process != _commands.Process) return true;
        if (_stepDone == task)
        {
            _stepDone = null;
            Note(task, Trap);
        }

        if (_mustStop || _stop is not null) _recorder?.NoteKernel(task);
        if (_mustStop) ServeInterrupt(task);
        if (_stop is not null) Serve();
        return !IsKilled && (_isDetached || _commands.Resumption.Lets(task));
    }

    /// <summary>Serves an interrupt of gdb while no thread runs.</summary>
    public void Poll(TaskTable tasks)
    {
        if (!_mustStop || !_hasStarted || _isDetached) return;
        if (tasks.Tasks.Find(task => task.Process == _commands.Process && !task.IsDead) is { } any) ServeInterrupt(any);
        if (_stop is not null) Serve();
    }

    /// <summary>Prepares the processor for a run of the thread.</summary>
    public void Arm(GuestTask task)
    {
        if (IsRecording(task)) _recorder!.Begin(task);
        if (IsStepping(task)) task.Registers.Eflags |= TrapFlag;
    }

    /// <summary>Handles the end of a run.</summary>
    /// <param name="task">The thread.</param>
    /// <param name="exit">The exit of the run.</param>
    /// <param name="readsStamp">True at an instruction that the kernel emulates, which is one step for gdb.</param>
    /// <returns>The exit for the kernel; <see cref="ProcessorExitKind.Stopped"/> for a stop of gdb's.</returns>
    public ProcessorExit OnExit(GuestTask task, in ProcessorExit exit, bool readsStamp)
    {
        if (_isDetached || task.Process != _commands.Process) return exit;
        bool isStepping = IsStepping(task);
        if (isStepping) task.Registers.Eflags &= ~TrapFlag;    // before the kernel could save it in a signal frame
        if (IsRecording(task)) _recorder!.Ran(task, readsStamp ? default : exit);
        if (readsStamp)
        {
            if (isStepping) _stepDone = task;
            return exit;
        }

        switch (exit.Kind)
        {
            case ProcessorExitKind.Breakpoint:
                return StopHere(task);
            case ProcessorExitKind.Watched:
                return StepOver(task);
            case ProcessorExitKind.SystemCall:
                if (IsRecording(task) && task.Registers.Eax is ExitCall or ExitGroupCall) StopAtEnd(task);
                else if (isStepping) _stepDone = task;
                return exit;
            case ProcessorExitKind.Exception when isStepping && exit.Vector == ProcessorVector.Debug:
                return StopHere(task);
            case ProcessorExitKind.Exception:
                return OnException(task, exit);
            case ProcessorExitKind.OutOfMemory when IsRecording(task) && _recorder!.TryGiveWay():
                return new(ProcessorExitKind.Stopped);
            default:
                return exit;
        }
    }

    /// <summary>Stops before a signal ends a recorded program, so that gdb can still go back.</summary>
    public void StopBeforeDeath(GuestTask task, SignalNumber signal)
    {
        if (!IsRecording(task) || IsKilled || signal == _seen) return;
        _recorder!.NoteKernel(task);
        Note(task, GdbSignal((int)signal));
        Serve(mustStop: true);
    }

    /// <summary>Reports the end of the run to gdb.</summary>
    public void ReportEnd(in GuestOutcome outcome)
    {
        if (_isDetached || !_hasStarted || outcome.End == GuestEnd.PagesPending) return;
        string process = _commands.Suffix;
        (char kind, int code) = outcome.End == GuestEnd.Killed ? ('X', GdbSignal(outcome.Code)) : ('W', outcome.Code & 0xFF);
        _packets.Send(string.Create(CultureInfo.InvariantCulture, $"{kind}{code:x2}{process}"));
    }

    public void Dispose()
    {
        _commands.Files.CloseAll();
        _packets.Dispose();
    }

    private bool IsRecording(GuestTask task) => _recorder is not null && !_isDetached && task.Process == _commands.Process;

    private bool IsStepping(GuestTask task) => !_isDetached && task.Process == _commands.Process && _commands.Resumption.Steps(task);

    /// <summary>Executes one instruction on a watched page, and checks its accesses.</summary>
    private ProcessorExit StepOver(GuestTask task)
    {
        (byte[] Bytes, bool WillBeHit)[] before = _commands.Watches.Read(_processor.Debug);
        bool wanted = IsStepping(task);
        task.Registers.Eflags |= TrapFlag;
        _processor.Debug.IsSteppingOver = true;
        ProcessorExit after = _processor.Run();
        _processor.Debug.IsSteppingOver = false;
        task.Registers.Eflags &= ~TrapFlag;
        if (IsRecording(task)) _recorder!.Ran(task, after);
        if (after is not { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.Debug })
            return after.Kind is ProcessorExitKind.Breakpoint or ProcessorExitKind.Watched ? new(ProcessorExitKind.Stopped) : after;
        if (_commands.Watches.FindHit(before) is { } hit) return StopHere(task, ReverseStop.At(hit).Reason);
        return wanted ? StopHere(task) : new(ProcessorExitKind.Stopped);
    }

    /// <summary>Stops before the kernel delivers a signal, which would change EIP.</summary>
    private ProcessorExit StopHere(GuestTask task, string reason = "")
    {
        Note(task, Trap, reason);
        Serve();
        return new(ProcessorExitKind.Stopped);
    }

    /// <summary>Stops before the program's last call, so that gdb can still go back.</summary>
    private void StopAtEnd(GuestTask task)
    {
        if (_recorder!.Obstacle is not null) return;
        Note(task, Trap, ReverseStop.End.Reason);
        Serve(mustStop: true);
    }

    private ProcessorExit OnException(GuestTask task, in ProcessorExit exit)
    {
        Note(task, GdbSignal(exit.Signal.Number));
        Serve(mustStop: true);
        _seen = (SignalNumber)exit.Signal.Number;
        return _commands.Resumption.Signal != 0 || _isDetached ? exit : new(ProcessorExitKind.Stopped);
    }

    private void Note(GuestTask task, int signal, string reason = "")
    {
        _stopped = task;
        _stop = TextOf(task, signal, reason);
    }

    private string TextOf(GuestTask task, int signal, string reason) =>
        string.Create(CultureInfo.InvariantCulture, $"T{signal:x2}{reason}thread:{_commands.NameOf(task)};");

    private void ServeInterrupt(GuestTask task)
    {
        _mustStop = false;
        if (_stop is null) Note(task, _hasStarted ? Interrupted : Trap);
    }

    /// <summary>Serves gdb until it resumes the program.</summary>
    /// <param name="mustStop">True if gdb must stop here each time the program reaches it.</param>
    private void Serve(bool mustStop = false)
    {
        string stop = _stop!;
        GuestTask task = _stopped!;
        _stop = null;
        _commands.Stop(task, stop);
        if (_hasStarted) _packets.Send(stop);    // gdb asks for the first stop
        _hasStarted = true;
        while (true)
        {
            if (_packets.Take() is not { } packet)
            {
                _reverse?.Leave();
                Detach();
                _isEnded = _options.EndsWithDebugger;
                _options.OnDebuggerLost?.Invoke();
                return;
            }

            if (packet.Length == 0) continue;
            string? answer = _commands.Execute(packet);
            if (answer is not null) _packets.Send(answer);
            if (packet is "QStartNoAckMode") _packets.IsReliable = true;
            if (_commands.IsDetached || IsKilled) _reverse?.Leave();
            if (_commands.IsDetached) Detach();
            if (_isDetached || IsKilled || (_commands.IsRunning && !HasStoppedInPast(task, stop, mustStop))) return;
        }
    }

    /// <summary>Resumes the program in its past. Returns true if it has stopped again there.</summary>
    /// <param name="task">The program.</param>
    /// <param name="present">The stop in the present.</param>
    /// <param name="mustStop">True if gdb must see the stop in the present first.</param>
    private bool HasStoppedInPast(GuestTask task, string present, bool mustStop)
    {
        bool wasInPast = _reverse is { IsInPast: true };
        if (_reverse is null || (!wasInPast && !_commands.Resumption.IsBackward)) return false;
        ReverseStop? stop = _reverse.Execute(task, _commands.Resumption);
        _commands.IsReadOnly = _reverse.IsInPast;
        if (stop is null && !mustStop) return false;
        string text = stop is { } known && (_reverse.IsInPast || !mustStop) ? TextOf(task, known.Signal, known.Reason) : present;
        if (_reverse.Complaint is { } complaint) _packets.Send("O" + PacketText.OfText(complaint));
        if (stop == ReverseStop.Interrupted) _mustStop = false;
        _commands.Stop(task, text);
        _packets.Send(text);
        return true;
    }

    private void Detach()
    {
        _isDetached = true;
        _commands.ClearStops();
    }

    /// <summary>gdb's own number; of the signals that exceptions raise only SIGBUS differs. include/gdb/signals.def.</summary>
    private static int GdbSignal(int signal) => signal == (int)SignalNumber.Bus ? 10 : signal;
}
