using System.Globalization;
using Paging.Guest.History;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Guest.Debugging;

//        moment ───────────── moment ─────────────── present
//          │                    └ 1. runs to the present: the last stop before it?      ◄── reverse-continue begins here
//          └ 2. none: runs to the later moment; and so on      3. found: the moment again, and forward to the stop
/// <summary>Executes gdb's commands to go back, and forward again up to the present.</summary>
/// <remarks>Nothing can be changed in the past: the program would not reach its present.</remarks>
internal sealed class ReverseExecution(HistoryRecorder recorder, GuestProcessor processor, WatchList watches)
{
    /// <summary>The distances before the end of a step at which moments are added, so that the next step begins nearer.</summary>
    private static ReadOnlySpan<long> StepDistances => [1 << 20, 1 << 13, 1 << 6];    // the longest first

    /// <summary>As above, for many places to check; the later ones are checked first.</summary>
    private static ReadOnlySpan<long> SearchDistances => [1 << 26, 1 << 23, 1 << 20, 1 << 17, 1 << 14, 1 << 10, 1 << 6];

    private const int BookmarkCountMax = 32;    // each holds copies of changed pages
    private const int CallByteLength = 2;    // int 0x80
    private const int PassCountMax = 1000;    // then a moment nearer to the end is worth its memory
    private const long ShortStretch = 1 << 7, Nowhere = -1, TooMany = -2;

    private readonly List<HistoryMoment> _bookmarks = [];    // in the order of their positions
    private HistoryPlayer? _player;
    private HistoryMoment? _present;
    private GuestTask? _task;
    private readonly WatchList _ofUser = watches;
    private WatchList _watches = watches;    // the watchpoints of the current search
    private bool _seesAllWrites;    // a search for stores, also of unchanged values

    /// <summary>True if the program is in its past.</summary>
    public bool IsInPast => _player is not null;

    /// <summary>The bytes of code executed before the program's present position.</summary>
    public long Position => _player?.Position ?? recorder.Position;

    /// <summary>A message for the next stop: the reason for the end of the history.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Executes a command.</summary>
    /// <param name="task">The program, which has stopped.</param>
    /// <param name="resumption">The command.</param>
    /// <returns>The stop in the past; null if the program is in its present and continues there.</returns>
    public ReverseStop? Execute(GuestTask task, Resumption resumption)
    {
        Complaint = null;
        bool isStep = resumption.Steps(task);
        if (!IsInPast && !resumption.IsBackward) return null;
        if (!TryEnterPast(task)) return ReverseStop.Beginning;
        ReverseStop? stop = resumption.IsBackward ? isStep ? StepBack() : ContinueBack() : isStep ? StepForward() : ContinueForward();
        if (_player is not null) _player.StopsForDebugger = true;
        return stop;
    }

    /// <summary>Goes back to the present, if the program is not there.</summary>
    public void Leave()
    {
        if (_player is null) return;
        _player.StopsForDebugger = true;
        bool isBack = _player.TryRestore(_present!);
        if (!isBack) throw new InvalidOperationException("The program is in its past, and there is no memory for the way back.");
        recorder.Returned(_task!);
        foreach (HistoryMoment bookmark in _bookmarks) bookmark.Dispose();
        _bookmarks.Clear();
        _present!.Dispose();
        (_player, _present) = (null, null);
    }

    /// <summary>Finds the last store to some bytes, by the program or its kernel, and returns to the present position.</summary>
    /// <returns>The text for gdb.</returns>
    public string FindLastWrite(GuestTask task, VirtualAddress at, uint byteLength)
    {
        bool wasInPast = IsInPast;
        if (!TryEnterPast(task)) return $"There is no history: {recorder.Obstacle ?? "no memory for it"}.\n";
        long position = _player!.Position;
        _watches = new((start, length) => Read(task, start, length));
        _watches.Add(new(WatchKind.Write, at, byteLength));
        processor.Debug.Watch(_watches.Pages);
        _seesAllWrites = _player.SeesAllWrites = true;
        PastStop stop = FindLast(position, out long found, out _);
        string text = stop != PastStop.Arrived ? "" : found == Nowhere ? "No store to it since the history began.\n"
            : Describe(task, found, at, byteLength);
        _seesAllWrites = false;
        _watches = _ofUser;
        processor.Debug.Watch(_watches.Pages);
        if (stop != PastStop.Arrived)
        {
            _ = EndOf(stop);
            return Complaint ?? "Stopped before it was found.\n";
        }

        _player.SeesAllWrites = false;
        if (!wasInPast) Leave();
        else if (LatestBefore(position + 1) is { } moment) _ = GoTo(moment, position);
        if (_player is not null) _player.StopsForDebugger = true;
        return text;
    }

    private string Describe(GuestTask task, long found, VirtualAddress at, uint byteLength)
    {
        if (GoTo(LatestBefore(found + 1)!, found) != PastStop.Arrived) return "";
        uint eip = task.Registers.Eip;
        byte[] before = Read(task, at, byteLength);
        _ = _player!.Step();
        byte[] after = Read(task, at, byteLength);
        string place = HistoryText.PlaceOf(task.Process.Memory.Space, new(eip));
        return string.Create(CultureInfo.InvariantCulture,
            $"Stored by 0x{eip:x8}{place} at position {found:N0} of {_present!.Position:N0}: {Convert.ToHexStringLower(after)} "
            + $"in place of {Convert.ToHexStringLower(before)}.\n"
            + $"(info symbol 0x{eip:x8} names it; watch -l and reverse-continue go there.)\n");
    }

    private static byte[] Read(GuestTask task, VirtualAddress at, uint byteLength)
    {
        byte[] bytes = new byte[byteLength];
        return bytes[..task.Process.Memory.Space.Mmu.CopyOut(at, bytes, out _)];
    }

    private bool TryEnterPast(GuestTask task)
    {
        if (IsInPast) return true;
        if (recorder.Obstacle is not null || recorder.TakePresent(task) is not { } present) return false;
        (_task, _present) = (task, present);
        _player = new(processor, recorder.Log, task, present.Position);
        return _player.TryRestore(present);
    }

    private ReverseStop StepBack()
    {
        long from = _player!.Position;
        if (LatestBefore(from) is not { } start) return ReverseStop.Beginning;
        PastStop stop = RunNear(start, from, StepDistances);
        if (stop == PastStop.Arrived && TakeBookmark() is { } near)
        {
            long last = _player!.Position;
            while (stop == PastStop.Arrived && _player.Position < from)
            {
                last = _player.Position;
                stop = _player.Step();
            }

            if (stop == PastStop.Arrived) stop = GoTo(near, last);
        }

        return EndOf(stop);
    }

    /// <summary>Runs from a moment to some instructions before a position, and leaves bookmarks on the way.</summary>
    private PastStop RunNear(HistoryMoment start, long position, ReadOnlySpan<long> distances)
    {
        PastStop stop = Restore(start);
        foreach (long distance in distances)
        {
            if (stop != PastStop.Arrived || position - distance <= _player!.Position) continue;
            stop = _player.RunTo(position - distance);
            if (stop == PastStop.Arrived) _ = TakeBookmark();
        }

        return stop;
    }

    private ReverseStop ContinueBack()
    {
        PastStop stop = FindLast(_player!.Position, out long found, out WatchedRange? watch);
        if (stop != PastStop.Arrived) return EndOf(stop);
        if (found != Nowhere)
        {
            stop = GoTo(LatestBefore(found + 1)!, found);
            return stop == PastStop.Arrived && watch is { } hit ? ReverseStop.At(hit) : EndOf(stop);
        }

        if (recorder.Log.Moments.Count != 0) _ = Restore(recorder.Log.Moments[0]);
        return ReverseStop.Beginning;
    }

    /// <summary>Finds the last place before a position at which gdb would stop, searching moment by moment.</summary>
    private PastStop FindLast(long end, out long found, out WatchedRange? watch)
    {
        while (!processor.Debug.IsEmpty && LatestBefore(end) is { } start)
        {
            bool isLong = end - start.Position > ShortStretch;
            PastStop stop = FindLast(start, end, isLong ? PassCountMax : int.MaxValue, out found, out watch);
            if (stop == PastStop.Arrived && found == TooMany) stop = RunNear(start, end, SearchDistances);
            if (stop != PastStop.Arrived || found >= 0) return stop;
            if (found != TooMany) end = start.Position;    // otherwise again, from a moment that is nearer
        }

        (found, watch) = (Nowhere, null);
        return PastStop.Arrived;
    }

    /// <summary>Runs from a moment to a position, and finds the last place before it at which gdb would stop.</summary>
    /// <param name="start">The moment.</param>
    /// <param name="end">The position.</param>
    /// <param name="passCountMax">The number of instructions at breakpoints or on watched pages after which it gives up.</param>
    /// <param name="found">The place; <see cref="Nowhere"/>, or <see cref="TooMany"/>.</param>
    /// <param name="watch">The watchpoint, if it is one.</param>
    private PastStop FindLast(HistoryMoment start, long end, int passCountMax, out long found, out WatchedRange? watch)
    {
        (found, watch) = (Nowhere, null);
        PastStop stop = Restore(start);
        for (int passCount = 0; stop == PastStop.Arrived; passCount++)
        {
            if (passCount > passCountMax)
            {
                found = TooMany;
                return stop;
            }

            _player!.StopsForDebugger = true;
            if (_seesAllWrites) processor.Debug.IsPassing = true;
            stop = RunTo(end, out WatchedRange? hit);
            long at = _player.Position;
            switch (stop)
            {
                case PastStop.Arrived:
                    return stop;
                case PastStop.Changed:
                    HistoryEvent happened = _player.Event;
                    (found, watch) = (happened.Position - (happened.IsSystemCall ? CallByteLength : 0), hit);
                    stop = PastStop.Arrived;
                    break;
                case PastStop.Breakpoint or PastStop.Watched:
                    if (at >= end) return PastStop.Arrived;
                    bool isBreakpoint = stop == PastStop.Breakpoint;
                    stop = StepOver(out hit);
                    if (isBreakpoint || hit is not null) (found, watch) = (at, hit);
                    break;
                default:
                    return stop;
            }
        }

        return stop;
    }

    /// <summary>Executes the instruction at a breakpoint or on a watched page.</summary>
    private PastStop StepOver(out WatchedRange? hit)
    {
        _player!.StopsForDebugger = false;
        (byte[] Bytes, bool WillBeHit)[] before = _watches.Read(processor.Debug);
        bool stores = _seesAllWrites && processor.Exact.StoresTo(_watches.Ranges[0].Start, _watches.Ranges[0].ByteLength);
        PastStop stop = _player.Step();
        hit = stores ? _watches.Ranges[0] : _watches.FindHit(before);
        return stop;
    }

    /// <summary>Runs to a position, or to a stop of the debugger's.</summary>
    private PastStop RunTo(long position, out WatchedRange? hit)
    {
        _player!.Watched = [.. _watches.Ranges.Select(static range => (range.Start, range.ByteLength))];
        PastStop stop = _player.RunTo(position);
        _player.Watched = [];
        hit = stop == PastStop.Changed ? _watches.Ranges[_player.ChangedRange] : null;
        return stop;
    }

    private ReverseStop? StepForward()
    {
        PastStop stop = StepOver(out WatchedRange? hit);
        if (_player!.Position >= _present!.Position) return ReturnToPresent(ReverseStop.Plain);
        return stop == PastStop.Arrived && hit is { } watch ? ReverseStop.At(watch) : EndOf(stop);
    }

    private ReverseStop? ContinueForward()
    {
        while (true)
        {
            _player!.StopsForDebugger = _player.StopsAtSignals = true;
            PastStop stop = RunTo(_present!.Position, out WatchedRange? hit);
            _player.StopsAtSignals = false;
            if (stop == PastStop.Watched) stop = StepOver(out hit);
            if (hit is { } watch) return ReverseStop.At(watch);
            if (stop == PastStop.Signal) return new(_player.Event.Signal);
            if (stop != PastStop.Arrived) return EndOf(stop);
            if (_player.Position >= _present!.Position) return ReturnToPresent(null);
        }
    }

    private ReverseStop? ReturnToPresent(ReverseStop? stop)
    {
        bool isSame = HistoryEvent.CheckOf(_task!.Registers) == HistoryEvent.CheckOf(_present!.Context.Registers);
        if (!isSame) return EndOf(PastStop.Diverged);
        Leave();
        return stop ?? (processor.Debug.HasBreakpoint(new(_task.Registers.Eip)) ? ReverseStop.Plain : null);
    }

    private ReverseStop EndOf(PastStop stop)
    {
        if (stop == PastStop.Asked) return ReverseStop.Interrupted;
        if (stop is not (PastStop.Diverged or PastStop.NoMemory)) return ReverseStop.Plain;
        Complaint = stop == PastStop.NoMemory ? "There is no memory to go back; this is the present.\n" : string.Create(
            CultureInfo.InvariantCulture, $"At position {Position} the program has not done what it had done before; this is the "
                + $"present, and history begins here. docs/GUESTS.md lists what is not recorded.\n");
        Leave();
        if (stop == PastStop.Diverged) recorder.Forget("the program has not done the same again");
        return ReverseStop.Plain;
    }

    private PastStop Restore(HistoryMoment moment)
    {
        _player!.StopsForDebugger = false;
        return _player.TryRestore(moment) ? PastStop.Arrived : PastStop.NoMemory;
    }

    private PastStop GoTo(HistoryMoment moment, long position)
    {
        PastStop stop = Restore(moment);
        return stop == PastStop.Arrived ? _player!.RunTo(position) : stop;
    }

    private HistoryMoment? LatestBefore(long position)
    {
        HistoryMoment? latest = recorder.Log.FindBefore(position);
        foreach (HistoryMoment bookmark in _bookmarks)
            if (bookmark.Position < position && bookmark.Position > (latest?.Position ?? -1)) latest = bookmark;
        return latest;
    }

    /// <summary>Takes a moment at the program's position. Returns null if there is no memory for it.</summary>
    private HistoryMoment? TakeBookmark()
    {
        if (LatestBefore(_player!.Position + 1) is { } there && there.Position == _player.Position) return there;
        if (recorder.TakeMoment(_task!, _player.Position, _player.NextEvent) is not { } bookmark) return null;
        _bookmarks.Add(bookmark);
        if (_bookmarks.Count <= BookmarkCountMax) return bookmark;
        _bookmarks[0].Dispose();
        _bookmarks.RemoveAt(0);
        return bookmark;
    }
}
