using Paging.Guest.Syscalls;

namespace Paging.Guest;

/// <summary>Builds the table of all system calls.</summary>
internal static class CallList
{
    public static CallTable Build(GuestParts parts)
    {
        CallTable table = new();
        FileSizeLimits limits = new(parts.Signals);
        new MemoryCalls(parts.Processes, parts.Segments).AddTo(table);
        UserfaultCalls userfaults = new(parts.Clock, parts.WakeUps, parts.Current);
        userfaults.AddTo(table);
        new OpenCalls(parts.Clock, parts.WakeUps, parts.InodeNumbers, parts.Tree, parts.Locks,
            parts.MemoryFiles, parts.PipePages, userfaults).AddTo(table);
        new DataCalls(parts.Signals).AddTo(table);
        new CacheCalls(parts.Engine).AddTo(table);
        new LengthCalls(parts.Tree, limits).AddTo(table);
        new SendFileCalls(parts.Signals, limits).AddTo(table);
        new TransferCalls(parts.Tasks, new(parts.WakeUps)).AddTo(table);
        new StatCalls(parts.Tree).AddTo(table);
        new NameCalls(parts.Tree).AddTo(table);
        new AttributeCalls(parts.Clock, parts.Tree).AddTo(table);
        new DirectoryCalls(parts.Tree).AddTo(table);
        new PollCalls(parts.Clock, parts.HostWaits).AddTo(table);
        new SignalCalls(parts.Clock, parts.Signals, parts.PendingSignals).AddTo(table);
        new KillCalls(parts.Tasks, parts.Signals).AddTo(table);
        new ProcessCalls(parts.Tasks, parts.Processes, parts.Programs).AddTo(table);
        new CloneCalls(parts.Processor, parts.Clock, parts.Tasks, parts.Checker).AddTo(table);
        new PidFileCalls(parts.Clock, parts.WakeUps, parts.Tasks).AddTo(table);
        new WaitCalls(parts.Processes).AddTo(table);
        new FutexCalls(parts.Clock, parts.Futexes).AddTo(table);
        new TimeCalls(parts.Clock, parts.Tasks, parts.Timers).AddTo(table);
        new IdentityCalls(parts.Tasks).AddTo(table);
        new MachineCalls(parts.Engine, parts.Clock, parts.Random, parts.Tasks).AddTo(table);
        new PriorityCalls(parts.Tasks).AddTo(table);
        new SchedulingCalls(parts.WakeUps, parts.Tasks).AddTo(table);
        new SchedulingAttributeCalls(parts.Tasks).AddTo(table);
        ProcessControlCalls.AddTo(table);
        new TimerCalls(parts.Clock, parts.Timers).AddTo(table);
        new SocketCalls(parts.Clock, parts.WakeUps, parts.SocketNames, parts.SocketMaker, parts.Signals, table).AddTo(table);
        SocketOptionCalls.AddTo(table);
        new SharedSegmentCalls(parts.Engine, parts.Clock, parts.Segments).AddTo(table);
        new EpollCalls(parts.Clock, parts.WakeUps, parts.HostWaits).AddTo(table);
        new EventCalls(parts.Clock, parts.WakeUps, parts.Current, parts.Timers, parts.PendingSignals).AddTo(table);
        return table;
    }
}
