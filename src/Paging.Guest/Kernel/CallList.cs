using Paging.Core.SystemCalls;

namespace Paging.Guest;

/// <summary>All calls that are known, from all who know some.</summary>
internal static class CallList
{
    public static CallTable Build(GuestKernel kernel)
    {
        CallTable table = new();
        new MemoryCalls(kernel).AddTo(table);
        new OpenCalls(kernel).AddTo(table);
        new DataCalls(kernel).AddTo(table);
        new StatCalls(kernel).AddTo(table);
        new DirectoryCalls(kernel).AddTo(table);
        new PollCalls(kernel).AddTo(table);
        new SignalCalls(kernel).AddTo(table);
        new KillCalls(kernel).AddTo(table);
        new ProcessCalls(kernel).AddTo(table);
        new CloneCalls(kernel).AddTo(table);
        new PidFileCalls(kernel).AddTo(table);
        new WaitCalls(kernel).AddTo(table);
        new FutexCalls(kernel).AddTo(table);
        new TimeCalls(kernel).AddTo(table);
        new IdentityCalls(kernel).AddTo(table);
        new MachineCalls(kernel).AddTo(table);
        new SchedulingCalls(kernel).AddTo(table);
        new TimerCalls(kernel).AddTo(table);
        new SocketCalls(kernel).AddTo(table);
        SocketOptionCalls.AddTo(table);
        new IpcCalls(kernel).AddTo(table);
        new PosixQueueCalls(kernel).AddTo(table);
        new EpollCalls(kernel).AddTo(table);
        new EventCalls(kernel).AddTo(table);
        return table;
    }
}
