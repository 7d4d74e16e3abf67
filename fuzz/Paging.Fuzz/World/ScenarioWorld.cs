using Paging.Core;
using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Native;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>The live state of a running scenario, as generator and <see cref="DialectLimits"/> see it.</summary>
/// <remarks>
/// Areas, limits, descriptors and files are the engine's own, read and never changed; copies would be a third model of everything. What the
/// engine need not know (which questions the dialect no longer allows) is kept here. If the engine is wrong, this is, too: the machines
/// that are compared have parted by then.
/// </remarks>
internal sealed class ScenarioWorld
{
    private readonly List<WorldProcess> _processes = [];
    private readonly HashSet<uint> _filesWithHoles = [];

    public ScenarioWorld(PagingEngine engine, ScenarioHeader header, uint freeFramesMin)
    {
        (Engine, Header, FreeFramesMin) = (engine, header, freeFramesMin);
        _processes.Add(new(engine.Processes.First(), 0));
    }

    public PagingEngine Engine { get; }

    public ScenarioHeader Header { get; }

    /// <summary>
    /// True when one of the machines hides memory that may only be executed (<see cref="HostProcessor.HasProtectionKeys"/>).
    /// </summary>
    public bool HidesCode { get; init; }

    private uint FreeFramesMin { get; }

    /// <summary>Every process there ever was, by its number.</summary>
    public IReadOnlyList<WorldProcess> Processes => _processes;

    public int LiveCount { get; private set; } = 1;

    /// <summary>True when the scenario has used so much that memory could become short.</summary>
    public bool IsUsedUp => IsStopped || Engine.Parts.Machine.Allocator.FreeFrames.Value < FreeFramesMin;

    /// <summary>The engine had no memory for a call: from here on nothing can be compared.</summary>
    public bool IsStopped { get; set; }

    /// <summary>The process of that number, if it lives.</summary>
    public WorldProcess? Find(int number) => number < _processes.Count && _processes[number].IsLive ? _processes[number] : null;

    /// <summary>The object behind an area; null for private anonymous memory.</summary>
    public FileObject? ObjectOf(in Area area) => area.File.IsNone ? null : Engine.Parts.Files.OpenFiles.ObjectOf(area.File);

    /// <summary>The object behind a descriptor, if it is open.</summary>
    public FileObject? ObjectOf(WorldProcess process, long descriptor) =>
        process.Process.Descriptors.TryGet((int)descriptor, out OpenFileIndex open) ? Engine.Parts.Files.OpenFiles.ObjectOf(open) : null;

    /// <summary>True when some page of the object may never have been written, or may have been dropped.</summary>
    public bool MayHaveHoles(FileObject file) => _filesWithHoles.Contains(file.Number);

    /// <summary>Takes in what a call has done. Before it: <see cref="BeforeCall"/>.</summary>
    public void AfterCall(in ScenarioCall call, in ScriptResult result)
    {
        WorldProcess process = _processes[call.Process];
        switch (call.Name)
        {
            case CallName.Fork when result.Kind == CallResultKind.Number:
                _processes.Add(process.Fork(Engine.Processes.Last(), _processes.Count));
                LiveCount++;
                break;
            case CallName.Exit:
                process.IsLive = false;
                LiveCount--;
                break;
            case CallName.Faults:
                process.CountsFaults = true;
                break;
            default:
                NoteMemory(process, call, result);
                break;
        }
    }

    /// <summary>Takes in what a call will do, as far as that can be told from the state before it only.</summary>
    public void BeforeCall(in ScenarioCall call)
    {
        WorldProcess process = _processes[call.Process];
        if (call.Name is CallName.Ftruncate or CallName.Pwrite or CallName.Punch) NoteHoles(process, call);
        else if (call.Name == CallName.Madvise && (MemoryAdvice)call.A2 is MemoryAdvice.Remove or MemoryAdvice.PageOut)
            NoteRemoval(process, call);
        else if (process.CountsFaults && CallGeometry.IsCountedAccess(call.Name)) NoteAccess(process, call);
    }

    private static void NoteMemory(WorldProcess process, in ScenarioCall call, in ScriptResult result)
    {
        bool succeeded = result.Kind is not (CallResultKind.Error or CallResultKind.Signal);
        switch (call.Name)
        {
            case CallName.Mmap when (call.A3 & (long)(MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0:
                if (succeeded) process.Freed.Remove(CallGeometry.PagesOf(call));
                else if (result == ScriptResult.Error(Errno.ENOMEM)) process.HasHiddenCuts = true;
                break;
            case CallName.Munmap when succeeded:
                process.Freed.Remove(CallGeometry.PagesOf(call));
                break;
            case CallName.Madvise when call.A2 == (long)MemoryAdvice.Free && (call.A0 & 0xFFF) == 0:
                process.Freed.Add(CallGeometry.PagesOf(call));    // also when it failed: what came before the failure is done
                process.HasUncountableFaults = true;
                break;
            case CallName.Madvise when succeeded && (MemoryAdvice)call.A2 is MemoryAdvice.DontNeed or MemoryAdvice.DontNeedLocked:
                process.Freed.Remove(CallGeometry.PagesOf(call));
                break;
            case CallName.Fill when succeeded:
            case CallName.CopyIn when result == ScriptResult.Number(call.A1):
                process.Freed.Remove(CallGeometry.WholePagesOf(call));
                break;
        }
    }

    private void NoteHoles(WorldProcess process, in ScenarioCall call)
    {
        if (ObjectOf(process, call.A0) is not { } file) return;
        bool makesNone = call.Name switch
        {
            CallName.Ftruncate => call.A1 <= file.ByteLength,
            CallName.Pwrite => call.A2 <= file.ByteLength,
            _ => false,
        };
        if (!makesNone) _filesWithHoles.Add(file.Number);
    }

    private void NoteRemoval(WorldProcess process, in ScenarioCall call)
    {
        PageRange range = CallGeometry.PagesOf(call);
        for (AreaIndex index = process.FirstEndingAfter(range.First);
            index.IsSome && process.AreaAt(index).First < range.End;
            index = process.AreaAt(index).Next)
        {
            if (ObjectOf(process.AreaAt(index)) is not { } file) continue;
            if (file.Kind == FileKind.Memory || call.A2 == (long)MemoryAdvice.PageOut) _filesWithHoles.Add(file.Number);
        }
    }

    private void NoteAccess(WorldProcess process, in ScenarioCall call)
    {
        PageRange range = CallGeometry.PagesOf(call);
        for (PageNumber page = range.First; page < range.End; page++)
        {
            AreaIndex index = process.Covering(page);
            if (index.IsSome && process.AreaAt(index).File.IsSome) process.HasUncountableFaults = true;
        }
    }
}
