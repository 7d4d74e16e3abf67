using System.Globalization;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>A descriptor of a process: readable once it has ended. Linux: fs/pidfs.c.</summary>
/// <param name="clock">The machine's clock.</param>
/// <param name="wakeUps">Counts the events that wake waiters.</param>
/// <param name="tasks">The table of processes.</param>
/// <param name="process">The process.</param>
/// <param name="flags">O_NONBLOCK: waitid does not wait.</param>
internal sealed class PidFile(
    GuestClock clock, WakeUps wakeUps, TaskTable tasks, GuestProcess process, FileFlags flags)
    : AnonymousFile(clock, wakeUps, "pidfd", flags | FileFlags.ReadWrite)
{
    /// <summary>The idtype of waitid(2): P_PIDFD.</summary>
    public const uint WaitKind = 3;    // P_PIDFD

    /// <summary>
    /// Numbers in place of a descriptor: the calling thread, and its process. Linux: PIDFD_SELF_THREAD, PIDFD_SELF_THREAD_GROUP.
    /// </summary>
    public const int SelfThread = -10000, SelfThreadGroup = -10001;

    public override SavedFileKind? SavedKind => SavedFileKind.Process;

    public override long PseudoFileSystem => 0x5049_4446;    // PIDFS_MAGIC

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        base.Save(writer, references);
        writer.Write(IsGone ? 0 : process.Id);
    }

    /// <summary>Linux: pidfd_show_fdinfo.</summary>
    public override string Describe()
    {
        int id = IsGone ? -1 : process.Id;
        return string.Create(CultureInfo.InvariantCulture, $"Pid:\t{id}\nNSpid:\t{id}\n");
    }

    public GuestProcess Process => process;

    /// <summary>True if the process has been reaped.</summary>
    public bool IsGone => tasks.Find(process.Id) != process;

    private bool HasEnded => process is { IsZombie: true, IsInit: false };

    /// <summary>Linux: pidfd_poll.</summary>
    public override bool HasRead => false;

    public override bool HasWrite => false;

    public override int Readiness => (HasEnded ? PollEvents.Readable : 0) | (IsGone ? PollEvents.HangUp : 0);

    public override (long ToRead, long ToWrite) Wakes => ((HasEnded ? 1 : 0) + (IsGone ? 1 : 0), 0);
}
