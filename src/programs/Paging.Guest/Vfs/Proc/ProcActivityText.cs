using System.Globalization;
using System.Text;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Processors;

namespace Paging.Guest.Vfs.Proc;

/// <summary>The machine's activity: /proc/stat, uptime and loadavg. Linux: fs/proc/stat.c, uptime.c, loadavg.c.</summary>
internal sealed class ProcActivityText(GuestClock clock, TaskTable tasks, IGuestProcessor processor)
{
    /// <summary>/proc/stat, with zero interrupts of each kind, since there are no devices.</summary>
    public string Statistics()
    {
        const int softKinds = 10;    // NR_SOFTIRQS
        (long user, long system) = Busy;
        long idle = Math.Max(clock.Monotonic - user - system, 0);    // the clocks are read one after the other
        StringBuilder text = new();
        foreach (string name in (ReadOnlySpan<string>)["cpu ", "cpu0"])
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{name} {user / TimeWords.Tick} 0 {system / TimeWords.Tick} {idle / TimeWords.Tick} 0 0 0 0 0 0\n");
        }

        text.Append(CultureInfo.InvariantCulture,
            $"intr 0\nctxt {processor.Counters.Switches}\nbtime {clock.StartedAt / TimeWords.Second}\nprocesses {tasks.LastId}\n"
                + $"procs_running {RunningCount}\nprocs_blocked 0\nsoftirq 0");
        for (int i = 0; i < softKinds; i++) text.Append(" 0");
        return text.Append('\n').ToString();
    }

    public string Uptime()
    {
        (long user, long system) = Busy;
        long idle = Math.Max(clock.Monotonic - user - system, 0);
        return string.Create(CultureInfo.InvariantCulture, $"{Seconds(clock.Monotonic)} {Seconds(idle)}\n");

        // Hundredths are cut off, so that the text is never ahead of the clock (uptime_proc_show)
        static string Seconds(long time) => string.Create(CultureInfo.InvariantCulture,
            $"{time / TimeWords.Second}.{time % TimeWords.Second / TimeWords.Tick:00}");
    }

    /// <summary>/proc/loadavg, without averages; with the running and all tasks.</summary>
    public string LoadAverage() =>
        string.Create(CultureInfo.InvariantCulture, $"0.00 0.00 0.00 {RunningCount}/{tasks.Tasks.Count} {tasks.LastId}\n");

    /// <summary>Open files of all processes; one that has two numbers counts twice.</summary>
    public int OpenFileCount => tasks.All.Select(static process => process.Descriptors).Distinct().Sum(static set => set.Numbers.Count());

    private int RunningCount => tasks.Tasks.Count(static task => task is { IsBlocked: false, IsVforking: false });

    /// <summary>Nanoseconds in programs and in the kernel, of all processes so far.</summary>
    private (long User, long System) Busy
    {
        get
        {
            (long user, long system) = tasks.TimeOfForgotten;
            foreach (GuestProcess process in tasks.All)
            {
                user += process.UserTime + process.ChildrenUserTime;
                system += process.SystemTime + process.ChildrenSystemTime;
            }

            return (user, system);
        }
    }
}
