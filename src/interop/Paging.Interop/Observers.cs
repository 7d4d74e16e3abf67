using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Events and watchpoints".</summary>
// SAFETY: as Border. The watcher's function and context are C's for as long as the watchpoint lives.
internal static unsafe class Observers
{
    [Export("paging_events_record")]
    public static void Record(ulong engine, uint capacity, ulong* events)
    {
        Border.Clear(events, "events");
        EventRecorder made = Engines.Of(engine).RecordEvents((int)Math.Min(capacity, int.MaxValue));
        *events = Handles.Add(HandleKind.Events, made, engine);
    }

    [Export("paging_events_count")]
    public static int Count(ulong events) => Of(events).Count;

    [Export("paging_events_lost")]
    public static long CountLost(ulong events) => Of(events).LostCount;

    [Export("paging_events_drain")]
    public static long Drain(ulong events, Event* rows, uint capacity)
    {
        EventRecorder recorder = Of(events);
        if (recorder.Count > capacity) return Border.Code(Errno.ENOSPC);
        if (capacity != 0) Border.Need(rows, "rows");
        Rows sink = new(rows, capacity);
        return recorder.Drain(ref sink);
    }

    [Export("paging_watch")]
    public static void Watch(ulong process, uint start, uint byteLength, uint accesses, Watcher* watcher, ulong* watchpoint)
    {
        Border.Clear(watchpoint, "watchpoint");
        Watcher calls = Sized.Read<Watcher>(watcher);
        Border.Need(calls.Report, "report");
        Watchpoint made = Processes.Of(process).Memory.Mmu.Watch(
            new(start), byteLength, (WatchedAccesses)accesses, access => Report(calls, access));
        *watchpoint = Handles.Add(HandleKind.Watchpoint, made, Handles.EngineOf(process));
    }

    private static void Report(in Watcher calls, WatchedAccess access)
    {
        fixed (byte* before = access.Before, after = access.After)
        {
            Watched seen = new()
            {
                Address = access.Address.Value,
                Access = (uint)access.Kind,
                Before = before,
                After = after,
                Length = (uint)access.Before.Length,
            };
            Called.ThrowIfRefused(calls.Report(calls.Context, &seen), "report");
        }
    }

    private static EventRecorder Of(ulong handle) => Handles.Get<EventRecorder>(handle, HandleKind.Events);

    private ref struct Rows(Event* rows, uint capacity) : IEngineEventSink
    {
        private uint _count;

        public void Take(in EngineEvent happened)
        {
            if (_count == capacity) return;
            rows[_count++] = new()
            {
                Kind = (uint)happened.Kind,
                Process = happened.ProcessId,
                FirstPage = happened.Pages.First.Value,
                PageCount = happened.Pages.Count.Value,
                Frame = happened.Frame.Value,
                Access = (uint)happened.Access,
                Refusal = (uint)happened.Refusal,
            };
        }
    }
}
