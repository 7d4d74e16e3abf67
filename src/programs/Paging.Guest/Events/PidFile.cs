using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Events;

/// <summary>A descriptor that stands for a process: readable once it has ended. Linux: fs/pidfs.c.</summary>
/// <param name="clock">The machine's clock.</param>
/// <param name="happenings">What wakes those who wait for it.</param>
/// <param name="tasks">Where processes are found.</param>
/// <param name="process">Which it stands for.</param>
/// <param name="flags">O_NONBLOCK: waitid does not wait.</param>
internal sealed class PidFile(
    GuestClock clock, Happenings happenings, TaskTable tasks, GuestProcess process, FileFlags flags)
    : AnonymousFile(clock, happenings, "pidfd", flags | FileFlags.ReadWrite)
{
    /// <summary>What waitid(2) calls it: P_PIDFD.</summary>
    public const uint WaitKind = 3;

    public GuestProcess Process => process;

    /// <summary>The process has ended and its parent has waited for it.</summary>
    public bool IsGone => tasks.Find(process.Id) != process;

    private bool HasEnded => process is { IsZombie: true, IsInit: false };

    /// <summary>Linux: pidfd_poll.</summary>
    public override bool HasRead => false;

    public override bool HasWrite => false;

    public override int Readiness => (HasEnded ? PollEvents.Readable : 0) | (IsGone ? PollEvents.HangUp : 0);

    public override (long ToRead, long ToWrite) Wakes => ((HasEnded ? 1 : 0) + (IsGone ? 1 : 0), 0);
}
