using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Events;

/// <summary>A descriptor that stands for a process, or for one thread: readable once it has ended. Linux: fs/pidfs.c.</summary>
/// <param name="clock">The machine's clock.</param>
/// <param name="happenings">What wakes those who wait for it.</param>
/// <param name="tasks">Where processes are found.</param>
/// <param name="process">Which it stands for.</param>
/// <param name="thread">The one thread of it; null: all of the process.</param>
/// <param name="flags">O_NONBLOCK: waitid does not wait.</param>
internal sealed class PidFile(
    GuestClock clock, Happenings happenings, TaskTable tasks, GuestProcess process, GuestTask? thread, FileFlags flags)
    : AnonymousFile(clock, happenings, "pidfd", flags | FileFlags.ReadWrite)
{
    /// <summary>What waitid(2) calls it: P_PIDFD.</summary>
    public const uint WaitKind = 3;

    private readonly int _id = thread?.Id ?? process.Id;    // execve gives its thread the number of the first one

    public GuestProcess Process => process;

    public GuestTask? Thread => thread;

    /// <summary>The process has ended and its parent has waited for it; a thread has only ended.</summary>
    public bool IsGone => IsOfFirst ? tasks.Find(process.Id) != process : IsThreadGone;

    /// <summary>It stands for one thread, which has ended before its process.</summary>
    public bool IsThreadGone => thread is { } one && !IsOfFirst && (one.IsDead || one.Id != _id);

    /// <summary>The first thread has not ended before all others have. Linux: delay_group_leader.</summary>
    private bool IsOfFirst => _id == process.Id;

    private bool HasEnded => process is { IsZombie: true, IsInit: false } || IsThreadGone;

    /// <summary>Linux: pidfd_poll.</summary>
    public override bool HasRead => false;

    public override bool HasWrite => false;

    public override int Readiness => (HasEnded ? PollEvents.Readable : 0) | (IsGone ? PollEvents.HangUp : 0);

    public override (long ToRead, long ToWrite) Wakes => ((HasEnded ? 1 : 0) + (IsGone ? 1 : 0), 0);
}
