using System.Diagnostics;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Tasks;
using Paging.Processors;
using Paging.Processors.Emulation;

namespace Paging.Guest.History;

//   Begin ──► the program runs ──► Ran ──► the kernel works ──► Begin: its changes are an event ──► time for a moment? ──► …
/// <summary>Records the history of a program of one thread while it runs.</summary>
/// <remarks>
/// The kernel itself is not recorded and never goes back. Only its effects on the program are kept: registers, written bytes
/// (<see cref="KernelWrites"/>) and mappings. Calls that change mappings or other processor state than registers are followed by a moment,
/// at which nothing has to be replayed. There is no history while the program has threads, or memory that others can write; it restarts
/// afterwards, and after execve. Costs: docs/GUESTS.md, "To go back in a program"; reasons: docs/decisions/0050.
/// </remarks>
internal sealed class HistoryRecorder(PagingEngine engine, GuestProcessor processor)
{
    // Nanoseconds of processor time between moments; a step back takes about as long. Each moment costs a fault for every page that is
    // written next; where these are many, stretches are longer, so that moments cost less than a tenth.
    private const long StretchNanosecondsMin = 30_000_000, StretchNanosecondsMax = 60_000_000, NanosecondsOfPage = 60_000;

    private const int FreePartMin = 16;     // below this part of RAM, history is dropped rather than the programs' memory
    private const int CheckedPart = 128;    // free frames are counted after changes of this part of RAM; counting takes some 0.1 ms per GiB
    private const int MomentPages = 16;     // pages that a moment counts as, at least
    private const long CodeBytesWithout = 64 << 20;    // code executed before history restarts

    private readonly KernelWrites _writes = new();
    private SharedMemory? _memory;
    private int _programNumber;
    private GuestRegisters _before;    // at the program's entry into the kernel
    private ProcessorExit _exit;
    private RecordedCall _call;
    private long _counted, _contextChanges;
    private long _stretch, _stretchBegan;    // on the thread's clock, whose reading costs a host call
    private long _lookAgain;       // time of the next check, on the host's clock
    private long _unchecked;    // pages that have changed since the free frames were counted
    private long _startsAt;
    private bool _hasSharedMemory, _wasChanged;
    private string? _obstacle = "the program has not begun";

    /// <summary>The recorded history.</summary>
    public HistoryLog Log { get; } = new();

    /// <summary>Bytes of code that the program has executed, and one for each event between two instructions.</summary>
    public long Position { get; private set; }

    /// <summary>The reason why there is no history at present, or null.</summary>
    public string? Obstacle => _obstacle;

    /// <summary>Records the kernel's changes before the program continues.</summary>
    public void Begin(GuestTask task)
    {
        NoteKernel(task);
        if (_obstacle is null && Stopwatch.GetTimestamp() >= _lookAgain && IsMomentDue()) AddMoment(task, isNeeded: false);
        _counted = processor.Exact.Position;
    }

    /// <summary>Notes the end of a run of the program.</summary>
    public void Ran(GuestTask task, in ProcessorExit exit)
    {
        Position += processor.Exact.Position - _counted;
        _counted = processor.Exact.Position;
        bool isStep = exit is { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.Debug };
        (_exit, _before, _contextChanges) = (isStep ? default : exit, task.Registers, task.Context.ChangeCount);
        _call = exit.Kind == ProcessorExitKind.SystemCall ? RecordedCall.Of(_before) : default;
    }

    /// <summary>Makes an event of the changes since the program's last run, if any.</summary>
    public void NoteKernel(GuestTask task)
    {
        bool isOtherProgram = task.Process.Memory != _memory || _memory.ProgramNumber != _programNumber;
        if (isOtherProgram) _hasSharedMemory = false;
        if (FindObstacle(task) is { } obstacle)
        {
            Forget(obstacle);
            (_memory, _programNumber) = (task.Process.Memory, task.Process.Memory.ProgramNumber);
            return;
        }

        if (isOtherProgram || _obstacle is not null)
        {
            if (Position >= _startsAt) Start(task);
            return;
        }

        bool isCall = _exit.Kind == ProcessorExitKind.SystemCall, isOther = task.Context.ChangeCount != _contextChanges;
        if (!isCall && !isOther && _writes.Bytes.IsEmpty && HistoryEvent.AreSame(_before, task.Registers)) return;
        HistoryEvent happened = new()
        {
            Position = Position,
            IsSystemCall = isCall,
            Check = HistoryEvent.CheckOf(_before),
            After = task.Registers,
            Signal = _exit.Kind == ProcessorExitKind.Exception ? (byte)_exit.Signal.Number : (byte)0,
        };
        Log.Add(happened, _writes.Bytes);
        _writes.Clear();
        Position += happened.Length;
        if (isOther || (isCall && _call.ChangesMore(task.Registers.Eax))) AddMoment(task, isNeeded: true);
        (_exit, _before, _contextChanges) = (default, task.Registers, task.Context.ChangeCount);
    }

    /// <summary>Takes a moment that is not part of the history. Returns null if there is no memory for it.</summary>
    public HistoryMoment? TakeMoment(GuestTask task, long position, long nextEvent, bool isNeeded = false)
    {
        if (!task.Process.Memory.Core.TryTakeSnapshot(out Snapshot? snapshot, out _)) return null;
        GuestContext context = processor.CreateContext();
        context.CopyFrom(task.Context);
        return new(position, nextEvent, snapshot, context) { IsNeeded = isNeeded };
    }

    /// <summary>Takes the present, to return to from the past. Returns null if there is no memory for it.</summary>
    public HistoryMoment? TakePresent(GuestTask task)
    {
        _wasChanged = task.Context.ChangeCount != _contextChanges;
        return TakeMoment(task, Position, Log.NextEvent);
    }

    /// <summary>Notes that the program is in its present again.</summary>
    public void Returned(GuestTask task) => _contextChanges = task.Context.ChangeCount - (_wasChanged ? 1 : 0);

    /// <summary>Drops history when the program needs memory. Returns true if that has freed some.</summary>
    public bool TryGiveWay()
    {
        if (_obstacle is not null) return false;
        if (Log.TryDropHalf()) return true;
        Forget("memory is short");
        _startsAt = Position + CodeBytesWithout;
        return true;
    }

    /// <summary>Ends the recording.</summary>
    public void Forget(string reason)
    {
        if (_obstacle is null) Log.Clear();
        _obstacle = reason;
        if (_memory is not null) _memory.Writes = null;
    }

    private void Start(GuestTask task)
    {
        Forget("");
        _writes.Clear();
        _memory = task.Process.Memory;
        _memory.Writes = _writes;
        _programNumber = _memory.ProgramNumber;
        (_obstacle, _exit, _before, _contextChanges) = (null, default, task.Registers, task.Context.ChangeCount);
        AddMoment(task, isNeeded: false);
    }

    private void AddMoment(GuestTask task, bool isNeeded)
    {
        long pageCount = Log.Moments.Count == 0 ? 0 : Log.Moments[^1].Snapshot.DirtyPages.Value;
        _stretch = Math.Clamp(pageCount * NanosecondsOfPage, StretchNanosecondsMin, StretchNanosecondsMax);
        _stretchBegan = HostCalls.ThreadTime();
        _lookAgain = Stopwatch.GetTimestamp() + TicksOf(_stretch);
        if (TakeMoment(task, Position, Log.NextEvent, isNeeded) is { } moment) Log.Add(moment, IsShortOfFrames(pageCount));
        else Forget("no snapshot of its memory can be taken");
    }

    private bool IsShortOfFrames(long pageCount)
    {
        long ram = engine.Ram.FrameCount.Value;
        _unchecked += pageCount + MomentPages;
        if (_unchecked < ram / CheckedPart) return false;
        _unchecked = 0;
        return engine.Memory.Free.Value < Math.Max(ram / FreePartMin, 2 * pageCount);
    }

    /// <summary>Returns true if a moment is due, by processor time: by the clock alone, a busy host would get too many.</summary>
    private bool IsMomentDue()
    {
        long rest = _stretch - (HostCalls.ThreadTime() - _stretchBegan);
        _lookAgain = Stopwatch.GetTimestamp() + TicksOf(rest);
        return rest <= 0;
    }

    private static long TicksOf(long nanoseconds) => nanoseconds * Stopwatch.Frequency / TimeWords.Second;

    private string? FindObstacle(GuestTask task)
    {
        if (_exit.Kind == ProcessorExitKind.SystemCall) _hasSharedMemory |= _call.SharesMemory(task, task.Registers.Eax);
        if (task.Process.Threads.Count > 1) return "the program has threads";
        if (task.Process.Memory.IsShared) return "the program shares its memory with a child (vfork)";
        return _hasSharedMemory ? "the program maps memory that others can write" : null;
    }
}
