using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Testing.World;

/// <summary>The live state of a running scenario, as generator and <see cref="DialectLimits"/> see it.</summary>
/// <remarks>
/// Areas, limits, descriptors and files are the engine's own, read and never changed; copies would be a third model of everything. This
/// type keeps only the state that the engine has no use for: the questions that the dialect no longer allows. If the engine is wrong, so
/// is this view, but by then the machines that are compared have already differed.
/// </remarks>
internal sealed class ScenarioWorld
{
    private readonly List<WorldProcess> _processes = [];

    public ScenarioWorld(PagingEngine engine, ScenarioHeader header, uint freeFramesMin)
    {
        (Engine, Header, FreeFramesMin) = (engine, header, freeFramesMin);
        HugeBytes = header.UsesHugePages ? (uint)engine.HugePages.PageBytes : 0;
        _processes.Add(new(engine.Processes.First(), 0));
    }

    public PagingEngine Engine { get; }

    public ScenarioHeader Header { get; }

    /// <summary>
    /// True when one of the machines hides memory that may only be executed (<c>HostProcessor.HasProtectionKeys</c>).
    /// </summary>
    public bool HidesCode { get; init; }

    /// <summary>The bytes of a huge page; 0 where the scenario has none.</summary>
    public uint HugeBytes { get; }

    /// <summary>Pages that all processes together may lock: swap makes room for the others.</summary>
    public uint LockedPagesMax { get; init; } = uint.MaxValue;

    private uint FreeFramesMin { get; }

    /// <summary>Every process there ever was, by its number.</summary>
    public IReadOnlyList<WorldProcess> Processes => _processes;

    public int LiveCount { get; private set; } = 1;

    /// <summary>True when the scenario has used so much that memory could become short.</summary>
    public bool IsUsedUp => IsStopped || Engine.Frames.CountOf(FrameState.Free).Value < FreeFramesMin;

    /// <summary>There was a MADV_COLLAPSE. The dialect does not define which mappings a hole in such a line of a file removes.</summary>
    public bool HasCollapsed { get; private set; }

    /// <summary>The engine had no memory for a call: from here on nothing can be compared.</summary>
    public bool IsStopped { get; set; }

    /// <summary>The process of that number, if it lives.</summary>
    public WorldProcess? Find(int number) => number < _processes.Count && _processes[number].IsLive ? _processes[number] : null;

    /// <summary>The kind and the bytes of the file of a descriptor; false where none is open.</summary>
    public static bool TryFindFile(WorldProcess process, long descriptor, out FileKind kind, out long byteLength)
    {
        byteLength = 0;
        return process.Process.FileDescriptors.GetKind((int)descriptor, out kind) == Errno.None
            && process.Process.FileDescriptors.GetLength((int)descriptor, out byteLength) == Errno.None;
    }

    /// <summary>Records the effects of a call. Before it: <see cref="BeforeCall"/>.</summary>
    public void AfterCall(in ScenarioCall call, in ScriptResult result)
    {
        WorldProcess process = _processes[call.Process];
        HasCollapsed |= call.Name == CallName.Madvise && call.A2 == (long)MemoryAdvice.Collapse;
        switch (call.Name)
        {
            case CallName.Fork when result.Kind == CallResultKind.Number:
                process.Kept.Clear();    // the next write to each page gets a new one
                _processes.Add(process.Fork(Engine.Processes.Last(), _processes.Count));
                LiveCount++;
                break;
            case CallName.Exit:
                process.IsLive = false;
                LiveCount--;
                break;
            default:
                NoteMemory(process, call, result);
                break;
        }
    }

    /// <summary>Records the effects of a call in advance, as far as they follow from the state before it alone.</summary>
    public void BeforeCall(in ScenarioCall call)
    {
        WorldProcess process = _processes[call.Process];
        if (call.Name == CallName.Mremap) NoteRemap(process, call);
    }

    private static void NoteMemory(WorldProcess process, in ScenarioCall call, in ScriptResult result)
    {
        bool mayReplace = call.Name is CallName.Mmap or CallName.Munmap or CallName.Brk
            || (call.Name == CallName.Madvise && (MemoryAdvice)call.A2 is not (MemoryAdvice.Free or MemoryAdvice.PageOut));
        if (mayReplace)
            process.Kept.Remove(call.Name == CallName.Brk ? new PageRange(default, PageCount.AddressSpace) : CallGeometry.PagesOf(call));
        bool succeeded = result.Kind is not (CallResultKind.Error or CallResultKind.Signal);
        switch (call.Name)
        {
            case CallName.Mmap when (call.A3 & (long)(MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0:
                if (succeeded) process.Freed.Remove(CallGeometry.PagesOf(call));
                else if (result == ScriptResult.Error(Errno.ENOMEM)) process.HasHiddenCuts = true;
                break;
            case CallName.Mlockall when succeeded:
                process.LocksFuture = (call.A0 & (long)LockAllFlags.Future) != 0;
                break;
            case CallName.Munlockall:
                process.LocksFuture = false;
                break;
            case CallName.Munmap when succeeded:
                process.Freed.Remove(CallGeometry.PagesOf(call));
                break;
            case CallName.Madvise when call.A2 == (long)MemoryAdvice.Free && (call.A0 & 0xFFF) == 0:
                process.NoteFreed(CallGeometry.PagesOf(call));    // also when it failed: pages before the failing one are freed
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

    /// <summary>MREMAP_DONTUNMAP of part of a locked area leaves locked pages after, which MADV_FREE does not touch.</summary>
    private static void NoteRemap(WorldProcess process, in ScenarioCall call)
    {
        process.Kept.Remove(CallGeometry.PagesBetween((ulong)call.A4, (ulong)call.A2));
        if ((call.A3 & (long)RemapFlags.DontUnmap) == 0) return;
        PageRange moved = CallGeometry.PagesOf(call);
        for (AreaSnapshot? area = process.FirstEndingAfter(moved.First); area is not null && area.Range.First < moved.End;
            area = process.FirstEndingAfter(area.Range.End))
        {
            if (!area.IsLocked || area.ObjectId != 0) continue;
            for (PageNumber page = area.Range.First; page < area.Range.End; page++)
                if (process.Memory.HasOwnPage(page)) process.Kept.Add(new(page, PageCount.One));
        }

        process.Kept.Remove(moved);
    }
}
