using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Dirty logs, pins, flat views".</summary>
// SAFETY: as Border.
internal static unsafe class DirtyLogCalls
{
    [Export("paging_dirty_log_open")]
    public static void Open(ulong process, ulong* log)
    {
        Border.Clear(log, "log");
        *log = Handles.Add(HandleKind.DirtyLog, Processes.Of(process).Memory.OpenDirtyLog(), Handles.EngineOf(process));
    }

    [Export("paging_engine_dirty_log_open")]
    public static void OpenOfFrames(ulong engine, ulong* log)
    {
        Border.Clear(log, "log");
        *log = Handles.Add(HandleKind.FrameLog, Engines.Of(engine).OpenDirtyLog(), engine);
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
        IReadOnlyList<ReadOnlyMemory<byte>> parts = Pinned(pin).Parts;
        return part < (uint)parts.Count ? Give(parts[(int)part].Span, start) : 0;
    }

    [Export("paging_pin_part_writable")]
    public static long GetWritablePart(ulong pin, uint part, void** start)
    {
        Border.Need(start, "start");
        *start = null;
        if (Pinned(pin) is not WritablePin writable)
            throw new RefusalException(BorderCode.WrongState, "The memory was pinned for reading: pin it with PAGING_ACCESS_WRITE.");
        return part < (uint)writable.WritableParts.Count ? Give(writable.WritableParts[(int)part].Span, start) : 0;
    }

    [Export("paging_flat_view_open")]
    public static void OpenView(ulong process, uint start, ulong byteLength, ulong* view, void** bytes)
    {
        Border.Clear(view, "view");
        Border.Need(bytes, "bytes");
        *bytes = null;
        UserProcess shown = Processes.Of(process);
        if (((start | byteLength) & VirtualAddress.OffsetMask) != 0 || byteLength is 0 or > 1ul << 32)
            throw new RefusalException(BorderCode.BadArgument, "start and length must be multiples of 4096, and length not 0.");
        FlatView made = shown.OpenFlatView(new(new VirtualAddress(start).Page, new((uint)(byteLength >> VirtualAddress.PageShift))));
        fixed (byte* first = made.Bytes(new(start), 1)) *bytes = first;    // the host's mapping, which does not move
        *view = Handles.Add(HandleKind.FlatView, made, Handles.EngineOf(process));
    }

    [Export("paging_flat_view_refresh")]
    public static long Refresh(ulong view)
    {
        FlatView shown = View(view);
        shown.Refresh();
        return shown.HiddenPages.Value;
    }

    [Export("paging_flat_view_is_current")]
    public static int IsCurrent(ulong view) => View(view).IsCurrent ? 1 : 0;

    private static long Give(ReadOnlySpan<byte> bytes, void** start)
    {
        fixed (byte* first = bytes) *start = first;    // RAM, which does not move
        return bytes.Length;
    }

    private static PinnedMemory Pinned(ulong handle) => Handles.Get<PinnedMemory>(handle, HandleKind.Pin);

    private static FlatView View(ulong handle) => Handles.Get<FlatView>(handle, HandleKind.FlatView);

    private static DirtyLog Of(ulong handle) => Handles.Get<DirtyLog>(handle, HandleKind.DirtyLog);
}
