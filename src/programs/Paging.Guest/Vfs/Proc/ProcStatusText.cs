using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Reports;

namespace Paging.Guest.Vfs.Proc;

/// <summary>
/// /proc/PID/status, stat and limits. Linux: fs/proc/array.c proc_pid_status, do_task_stat; fs/proc/base.c proc_pid_limits.
/// </summary>
internal static class ProcStatusText
{
    private static readonly ImmutableArray<(string Name, string Unit)> LimitNames =
    [
        ("Max cpu time", "seconds"), ("Max file size", "bytes"), ("Max data size", "bytes"), ("Max stack size", "bytes"),
            ("Max core file size", "bytes"), ("Max resident set", "bytes"), ("Max processes", "processes"),
        ("Max open files", "files"), ("Max locked memory", "bytes"), ("Max address space", "bytes"), ("Max file locks", "locks"),
            ("Max pending signals", "signals"), ("Max msgqueue size", "bytes"),
        ("Max nice priority", ""), ("Max realtime priority", ""), ("Max realtime timeout", "us"),
    ];

    /// <summary>The status of a thread; null for a process whose first thread has ended.</summary>
    public static string Status(GuestProcess process, GuestTask? thread)
    {
        Credentials who = process.Credentials;
        int id = thread?.Id ?? process.Id;
        StringBuilder text = new();
        (char letter, string state) = StateOf(process, thread);
        text.Append(CultureInfo.InvariantCulture,
            $"Name:\t{NameOf(process, thread)}\nUmask:\t{Convert.ToString((uint)process.FileMask, 8).PadLeft(4, '0')}\n"
                + $"State:\t{letter} ({state})\n");
        text.Append(CultureInfo.InvariantCulture,
            $"Tgid:\t{process.Id}\nNgid:\t0\nPid:\t{id}\nPPid:\t{ParentOf(process)}\nTracerPid:\t0\n");
        text.Append(CultureInfo.InvariantCulture,
            $"Uid:\t{who.User}\t{who.EffectiveUser}\t{who.SavedUser}\t{who.EffectiveUser}\n"
                + $"Gid:\t{who.Group}\t{who.EffectiveGroup}\t{who.SavedGroup}\t{who.EffectiveGroup}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"FDSize:\t{process.Descriptors.TableSize}\nGroups:\t{string.Concat(who.Groups.Select(static group => $"{group} "))}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"NStgid:\t{process.Id}\nNSpid:\t{id}\nNSpgid:\t{process.GroupId}\nNSsid:\t{process.SessionId}\nKthread:\t0\n");
        if (!process.IsZombie) text.Append(process.Memory.Space.FormatStatus());
        (ulong ignored, ulong caught) = Dispositions(process);
        if (!process.IsZombie)
        {
            bool isHuge = process.Memory.Space.HugePages.AreAllowed;
            text.Append(CultureInfo.InvariantCulture, $"CoreDumping:\t0\nTHP_enabled:\t{(isHuge ? 1 : 0)}\n");
        }

        text.Append(CultureInfo.InvariantCulture,
            $"Threads:\t{ThreadCountOf(process)}\n"
                + $"SigQ:\t0/{process.Limits[LimitTable.PendingSignals].Soft}\nSigPnd:\t{thread?.Pending.Set.Bits ?? 0:x16}\n"
                + $"ShdPnd:\t{process.Pending.Set.Bits:x16}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"SigBlk:\t{thread?.BlockedSignals.Bits ?? 0:x16}\nSigIgn:\t{ignored:x16}\nSigCgt:\t{caught:x16}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"CapInh:\t{who.Inheritable:x16}\nCapPrm:\t{who.Permitted:x16}\nCapEff:\t{who.Effective:x16}\n"
                + $"CapBnd:\t{who.Bounding:x16}\nCapAmb:\t{0:x16}\n");
        text.Append(CultureInfo.InvariantCulture, $"NoNewPrivs:\t{(who.HasNoNewPrivileges ? 1 : 0)}\n");
        text.Append("Seccomp:\t0\nSeccomp_filters:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\n"
            + "Mems_allowed_list:\t0\n");
        TaskScheduling? slices = thread?.Scheduling;
        text.Append(CultureInfo.InvariantCulture,
            $"voluntary_ctxt_switches:\t{slices?.WaitCount ?? 0}\nnonvoluntary_ctxt_switches:\t{slices?.PreemptionCount ?? 0}\n");
        return text.ToString();
    }

    /// <summary>Fifty-two fields in one line, of a thread as <see cref="Status"/>.</summary>
    public static string Stat(GuestProcess process, GuestTask? thread)
    {
        FaultCounters faults = process.IsZombie ? process.FinalFaults : process.Memory.Space.Faults;
        long size = process.IsZombie ? 0 : (long)process.Memory.Space.Usage.Total.Bytes, resident = process.IsZombie ? 0
            : process.Memory.Space.Usage.Resident.Value;
        ProgramExtents extents = process.IsZombie ? default : process.Memory.Space.Program;
        object[] fields =
        [
            thread?.Id ?? process.Id, $"({NameOf(process, thread)})", StateOf(process, thread).Letter,
                ParentOf(process), process.GroupId, process.SessionId, 0, -1, 0x40_0000,    // no terminal; PF_RANDOMIZE
            faults.Minor, process.ChildrenMinorFaults, faults.Major, process.ChildrenMajorFaults, process.UserTime / TimeWords.Tick,
                process.SystemTime / TimeWords.Tick, process.ChildrenUserTime / TimeWords.Tick, process.ChildrenSystemTime / TimeWords.Tick,
            // The priority of a normal task is 20 more than its nice value (proc_pid_stat(5))
            20 + process.Nice, process.Nice, ThreadCountOf(process), 0, process.StartedAt / TimeWords.Tick, size, resident,
                process.Limits[LimitTable.Resident].Soft, extents.StartCode.Value, extents.EndCode.Value, extents.StartStack.Value,
            // The old signals only (do_task_stat)
            0, 0, process.Pending.Set.Bits & 0x7FFF_FFFF, (thread?.BlockedSignals.Bits ?? 0) & 0x7FFF_FFFF,
                Dispositions(process).Ignored & 0x7FFF_FFFF, Dispositions(process).Caught & 0x7FFF_FFFF,
            0, 0, 0, (int)process.ExitSignal, 0, 0, 0, 0, 0, 0, extents.StartData.Value, extents.EndData.Value, process.IsZombie ? 0
                : process.Memory.Space.StartBreak.Value,
            extents.ArgumentStart.Value, extents.ArgumentEnd.Value, extents.ArgumentEnd.Value, extents.EnvironmentEnd.Value,
                process.WaitStatus,
        ];
        return string.Join(' ', fields.Select(static field => Convert.ToString(field, CultureInfo.InvariantCulture))) + "\n";
    }

    public static string Limits(GuestProcess process)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{"Limit",-25} {"Soft Limit",-20} {"Hard Limit",-20} {"Units",-10}\n");
        for (int i = 0; i < LimitNames.Length; i++)
        {
            (ulong soft, ulong hard) = process.Limits[i];
            text.Append(CultureInfo.InvariantCulture,
                $"{LimitNames[i].Name,-25} {LimitText(soft),-20} {LimitText(hard),-20} {LimitNames[i].Unit,-10}\n");
        }

        return text.ToString();
    }

    private static int ParentOf(GuestProcess process) => process.IsInit ? 0 : process.Parent?.Id ?? TaskTable.InitId;

    /// <summary>Returns the number of threads; a zombie counts as one.</summary>
    private static int ThreadCountOf(GuestProcess process) => process.IsInit ? 1 : Math.Max(process.Threads.Count, 1);

    private static string LimitText(ulong limit) =>
        limit == LimitTable.Infinity ? "unlimited" : limit.ToString(CultureInfo.InvariantCulture);

    public static string NameOf(GuestProcess process, GuestTask? thread) =>
        thread?.Name ?? (process.IsInit ? "init" : process.Memory.Core.Name);

    private static (char Letter, string Text) StateOf(GuestProcess process, GuestTask? thread)
    {
        if (process.IsInit) return ('S', "sleeping");
        if (process.IsZombie || thread is null or { IsDead: true }) return ('Z', "zombie");
        if (process.IsStopped) return ('T', "stopped");
        return (thread.IsBlocked && !thread.HasSignal) || thread.IsVforking ? ('S', "sleeping") : ('R', "running");
    }

    private static (ulong Ignored, ulong Caught) Dispositions(GuestProcess process)
    {
        SignalSet ignored = default, caught = default;
        for (SignalNumber signal = SignalNumber.Hangup; signal <= SignalNumber.Last; signal++)
        {
            VirtualAddress handler = process.Actions[signal].Handler;
            if (handler == SignalAction.Ignore) ignored = ignored.With(signal);
            else if (handler != SignalAction.Default) caught = caught.With(signal);
        }

        return (ignored.Bits, caught.Bits);
    }
}
