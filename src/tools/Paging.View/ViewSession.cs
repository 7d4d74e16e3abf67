using System.Diagnostics;
using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;

namespace Paging.View;

/// <summary>A run that can stop, go on, and go back.</summary>
/// <remarks>
/// Going back takes the run from its start: the engine is deterministic, so it shows the same again. Cost: O(steps), without their
/// results and events, which are kept.
/// Belongs to one thread at a time; <see cref="Enter"/> hands it over.
/// </remarks>
internal sealed class ViewSession : IDisposable
{
    private const int EventCountMax = 1 << 18, StepsAtOnce = 100_000;
    private const string Unsupported = "unsupported: ";    // the machine could not do it: out of memory
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IViewedRun _run;
    private readonly List<(int Step, EngineEvent Event)> _log = [];
    private readonly List<EngineEvent> _happened = [];
    private readonly Dictionary<(int Process, PageNumber Page), byte[]> _shownBytes = [];
    private readonly Dictionary<int, string> _fileNames = [];

    private LookParts _parts = LookParts.Trees;

    public ViewSession(IViewedRun run)
    {
        _run = run;
        Now = TakeView();
    }

    /// <summary>Grows with each view of the machine: pictures of the same view are the same.</summary>
    public long Version { get; private set; }

    /// <summary>The steps that are known, and those that were typed in.</summary>
    public IReadOnlyList<ViewedStep> Steps => _run.Steps;

    /// <summary>The number of steps taken.</summary>
    public int Position => _run.Position;

    /// <summary>The last position that one can go to: one step more than are known, until the end is known.</summary>
    public int Count => _run.IsComplete ? Steps.Count : Steps.Count + 1;

    /// <summary>The end of the run is known.</summary>
    public bool IsComplete => _run.IsComplete;

    /// <summary>The places at which <see cref="Continue"/> stops.</summary>
    public List<ViewBreakpoint> Breakpoints { get; } = [];

    /// <summary>The machine after the last step.</summary>
    public MachineView Now { get; private set; }

    /// <summary>The machine before it; null at the start.</summary>
    public MachineView? Before { get; private set; }

    /// <summary>The space of the requested process, or else of the first; null if all have ended.</summary>
    public SpaceView? SpaceShown(int processId) => Now.SpaceOf(processId) ?? (Now.Spaces.Count == 0 ? null : Now.Spaces[0]);

    /// <summary>The process that took the last step; 0: unknown.</summary>
    public int CallerId => Position > 0 && Position <= Steps.Count && Steps[Position - 1].Process is { } number
        ? number - _run.FirstNumber + 1 : 0;

    /// <summary>The number of a process as the run counts.</summary>
    public int NumberOf(int processId) => processId - 1 + _run.FirstNumber;

    /// <summary>Returns the name of a file by its number; null if the engine has forgotten it, and no area has mapped it.</summary>
    public string? NameOf(int file)
    {
        if (_fileNames.TryGetValue(file, out string? name)) return name;
        using GuestFile? known = Engine.Files.Find(file);
        return known is null ? null : _fileNames[file] = known.Name;
    }

    /// <summary>The registers, code and output of a program; null: the run is none.</summary>
    public ViewedProgramState? Program => _run.Program;

    /// <summary>The events so far, with their steps, counted from 1.</summary>
    public IReadOnlyList<(int Step, EngineEvent Event)> Log => _log;

    /// <summary>More has happened than the log holds.</summary>
    public bool IsLogFull => _log.Count == EventCountMax;

    /// <summary>The number of frames of RAM.</summary>
    public uint FrameCount => Engine.Ram.FrameCount.Value;

    private PagingEngine Engine => _run.Engine;

    /// <summary>The bytes of a frame, copied.</summary>
    public byte[] ReadFrame(FrameNumber frame) => Engine.Ram.Bytes(frame).ToArray();

    /// <summary>Notes the bytes of a page that are shown now. Returns those that were shown last; the first time, the same.</summary>
    public byte[] ShowBytes(int processId, PageNumber page, byte[] bytes)
    {
        byte[] before = _shownBytes.GetValueOrDefault((processId, page), bytes);
        _shownBytes[(processId, page)] = bytes;
        return before;
    }

    /// <summary>Hands the engine to the thread that calls. The caller ensures that there is only one at a time.</summary>
    public void Enter() => Engine.BindToCurrentThread();

    /// <summary>Sets the parts that the page shows, so that views read no other part.</summary>
    public void Show(LookParts parts)
    {
        bool isLacking = !_parts.HasFlag(parts);
        _parts = parts;
        if (isLacking) Now = TakeView();
    }

    /// <summary>Goes to the moment after that many steps, forwards or backwards; not beyond the end.</summary>
    public void GoTo(int position)
    {
        int target = Math.Clamp(position, 0, _run.IsComplete ? Count : Math.Max(Count, Position + StepsAtOnce));
        if (target == Position) return;
        bool isNext = target == Position + 1;
        if (target < Position) GoBack(Math.Max(0, target - 1));
        while (Position < target - 1 && TryStep()) { }
        Before = target == 0 ? null : isNext ? Now : TakeView();    // nothing has happened since the view before the next step
        if (Position < target) TryStep();
        Now = TakeView();
    }

    /// <summary>Runs to the next breakpoint or to the end, for some seconds at most. Returns the reason for the stop.</summary>
    public string Continue()
    {
        long start = Stopwatch.GetTimestamp();
        int from = Position;
        string stop = "the end of the run";
        while (true)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                stop = "still running: press Run to go on";
                break;
            }

            FrameDescriptor[] frames = [.. WatchedFrames.Select(Engine.Frames.Describe)];
            if (!TryStep()) break;
            bool hasChanged = WatchedFrames.Select(Engine.Frames.Describe).Zip(frames).Any(static pair => !IsSame(pair.First, pair.Second));
            if (Breakpoints.Find(point => point.Stops(Steps[Position - 1], _happened, hasChanged)) is not { } stopped) continue;
            stop = $"stopped at {stopped}, call {Position}";
            break;
        }

        UpdateViews(from, Stopwatch.GetElapsedTime(start));
        return stop;
    }

    /// <summary>Goes back to the last breakpoint, or to the start; of the past no changes of frames are known. Returns where.</summary>
    public string ContinueBack()
    {
        for (int position = Position - 1; position > 0; position--)
        {
            EngineEvent[] happened = [.. _log.Where(known => known.Step == position).Select(static known => known.Event)];
            if (Breakpoints.Find(point => point.Stops(Steps[position - 1], happened, hasFrameChanged: false)) is not { } stopped) continue;
            GoTo(position);
            return $"stopped at {stopped}, call {position}";
        }

        GoTo(0);
        return "the start of the run";
    }

    /// <summary>Runs to the next page fault.</summary>
    public string ContinueToFault()
    {
        ViewBreakpoint fault = new(BreakpointKind.Fault, "");
        Breakpoints.Insert(0, fault);
        try
        {
            return Continue();
        }
        finally
        {
            Breakpoints.Remove(fault);
        }
    }

    /// <summary>Finds the last writer of a byte of a process, and whether its page was unmapped since.</summary>
    /// <exception cref="TimeoutException">It takes too long.</exception>
    /// <exception cref="InvalidOperationException">The run does not take the same steps again.</exception>
    public ViewedWrite? FindLastWrite(int processId, VirtualAddress address, out int unmappedIn)
    {
        unmappedIn = 0;
        ViewedWrite? write = _run.FindLastWrite(processId, address, Patience * 3);
        Enter();    // another engine was at work
        if (write is null) return null;
        int at = _log.FindLastIndex(known => known.Step > write.Step && known.Event.Kind == EngineEventKind.Unmapped
            && known.Event.ProcessId == processId && known.Event.Pages.Contains(address.Page));
        if (at >= 0) unmappedIn = _log[at].Step;
        return write;
    }

    /// <summary>Executes a call of the scenario language here and now, and makes it a part of the run.</summary>
    /// <returns>The call with its result; or the reason why it is no part of the run, which is then as it was.</returns>
    public string Evaluate(string line)
    {
        if (_run.Insert(line) is { } refusal) return refusal;
        Edits++;
        GoTo(Position + 1);
        ViewedStep made = Steps[Position - 1];
        if (made.Result?.StartsWith(Unsupported, StringComparison.Ordinal) != true) return made.ToString();
        GoTo(Position - 1);
        _run.TakeOut();
        return $"{made.Text}: {made.Result[Unsupported.Length..]}";
    }

    /// <summary>Why the last step ended as it did, a rule of Linux a line; empty at the start and where no rule is known.</summary>
    public IReadOnlyList<string> Why => Position == 0 || Position > Steps.Count ? []
        : [.. ViewReasons.Of(Steps[Position - 1], _run.CallOf(Position - 1), Before, Now)];

    /// <summary>Changes with the list of steps, beyond its growing.</summary>
    public int Edits { get; private set; }

    public void Dispose()
    {
        Enter();
        _run.Dispose();
    }

    private IEnumerable<FrameNumber> WatchedFrames => Breakpoints.Select(static point => point.Frame).OfType<FrameNumber>()
        .Where(frame => frame.Value < Engine.Ram.FrameCount.Value);

    private static bool IsSame(in FrameDescriptor left, in FrameDescriptor right) =>
        (left.State, left.MapCount, left.Owner, left.Index) == (right.State, right.MapCount, right.Owner, right.Index);

    private MachineView TakeView()
    {
        Enter();    // the run may have taken its last step on a thread of its own
        Version++;
        MachineView machine = MachineView.Take(Engine, _parts, Now).NumberedFrom(_run.FirstNumber).WithCounters(_run.Counters);
        NoteFileNames(machine);
        return machine;
    }

    private void NoteFileNames(MachineView machine)
    {
        foreach (SpaceView space in machine.Spaces)
            foreach (AreaSnapshot area in space.Agreed)
                if (area.ObjectId != 0) _fileNames[area.ObjectId] = area.Name[(area.Name.LastIndexOf('/') + 1)..];
    }

    /// <summary>
    /// Takes views of the machine after a stretch of steps. The changes of the last step are known only if there is a view from before it,
    /// so the run is taken there once more, unless that would take long.
    /// </summary>
    private void UpdateViews(int from, TimeSpan taken)
    {
        int position = Position;
        if (position == from) return;
        if (position == from + 1)
        {
            (Before, Now) = (Now, TakeView());
            return;
        }

        if (taken > Patience / 10)
        {
            (Before, Now) = (null, TakeView());
            return;
        }

        GoBack(position - 1);
        Before = TakeView();
        TryStep();
        Now = TakeView();
    }

    /// <summary>Takes the run to an earlier position. What happened until then stays in the log.</summary>
    private void GoBack(int position)
    {
        int first = _log.FindLastIndex(known => known.Step <= position) + 1;
        _log.RemoveRange(first, _log.Count - first);
        _run.Restart(position);
        Enter();
    }

    private bool TryStep()
    {
        _happened.Clear();
        if (!_run.TryStep(_happened)) return false;
        Enter();
        foreach (EngineEvent happened in _happened)
            if (_log.Count < EventCountMax) _log.Add((Position, happened));
        return true;
    }
}
