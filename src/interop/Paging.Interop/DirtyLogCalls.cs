using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Dirty logs" and "Pins".</summary>
// SAFETY: as Border.
internal static unsafe class DirtyLogCalls
{
    [Export("paging_dirty_log_open")]
    public static void Open(ulong handle, ulong* log)
    {
        Border.Clear(log, "log");
        object target = Handles.Get(handle, out _, out ulong engine);
        *log = target is PagingEngine whole
            ? Handles.Add(HandleKind.FrameLog, whole.OpenDirtyLog(), engine)
            : Handles.Add(HandleKind.DirtyLog, Processes.Of(handle).Memory.OpenDirtyLog(), engine);
    }

    [Export("paging_dirty_log_count")]
    public static int Count(ulong log) => Handles.Get(log, out _, out _) is FrameDirtyLog frames ? frames.Count : Of(log).Count;

    [Export("paging_dirty_log_collect")]
    public static long Collect(ulong log, uint* numbers, uint capacity)
    {
        FrameDirtyLog? frames = Handles.Get(log, out _, out _) as FrameDirtyLog;
        DirtyLog? pages = frames is null ? Of(log) : null;
        if ((frames?.Count ?? pages!.Count) > capacity) return Border.Code(Errno.ENOSPC);
        if (capacity != 0) Border.Need(numbers, "numbers");
        Span<uint> target = new(numbers, (int)Math.Min(capacity, int.MaxValue));
        ReadOnlySpan<uint> found = frames is null ? MemoryMarshal.Cast<PageNumber, uint>(pages!.CollectDirty())
            : MemoryMarshal.Cast<FrameNumber, uint>(frames.CollectDirty());
        found.CopyTo(target);
        return found.Length;
    }

    [Export("paging_pin")]
    public static int Pin(ulong process, uint start, uint byteLength, uint access, ulong* pin, Fault* fault)
    {
        Border.Clear(pin, "pin");
        bool isDone = Processes.Of(process).TryPin(
            new(start), byteLength, (AccessKind)access, out PinnedMemory? pinned, out MemoryFault refusal);
        if (isDone) *pin = Handles.Add(HandleKind.Pin, pinned!, Handles.EngineOf(process));
        return Accesses.Answer(isDone, refusal, fault);
    }

    [Export("paging_pin_part")]
    public static long GetPart(ulong pin, uint part, void** start)
    {
        Border.Need(start, "start");
        *start = null;
        IReadOnlyList<Memory<byte>> parts = Handles.Get<PinnedMemory>(pin, HandleKind.Pin).Parts;
        if (part >= (uint)parts.Count) return 0;
        Span<byte> bytes = parts[(int)part].Span;
        fixed (byte* first = bytes) *start = first;    // RAM, which does not move
        return bytes.Length;
    }

    private static DirtyLog Of(ulong handle) => Handles.Get<DirtyLog>(handle, HandleKind.DirtyLog);
}
