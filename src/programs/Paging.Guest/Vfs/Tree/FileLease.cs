using Paging.Core;

namespace Paging.Guest.Vfs.Tree;

/// <summary>F_RDLCK, F_WRLCK and F_UNLCK, as leases have them.</summary>
internal enum LeaseType
{
    Read,
    Write,
    None,
}

/// <summary>An open file whose holder is told before others open the file in a way that conflicts. Linux: struct file_lease.</summary>
/// <param name="file">The open file that holds it.</param>
/// <param name="descriptor">The number through which it was set: the signal tells it (si_fd).</param>
/// <param name="type">Read: nobody has the file open for writing; write: nobody else has it open.</param>
internal sealed class FileLease(RegularFile file, Descriptor descriptor, LeaseType type)
{
    public RegularFile File => file;

    public Descriptor Descriptor { get; set; } = descriptor;

    public LeaseType Type { get; set; } = type;

    /// <summary>Somebody wants to write: it has to go. Linux: FL_UNLOCK_PENDING.</summary>
    public bool MustGo { get; set; }

    /// <summary>Somebody wants to read: a read lease may be left of it. Linux: FL_DOWNGRADE_PENDING.</summary>
    public bool MustShrink { get; set; }

    /// <summary>When it is taken away, in the guest's nanoseconds; none: never. Linux: fl_break_time.</summary>
    public long? GoesAt { get; set; }

    /// <summary>When it becomes a read lease. Linux: fl_downgrade_time.</summary>
    public long? ShrinksAt { get; set; }

    /// <summary>What F_GETLEASE tells: what its holder is expected to make of it. Linux: target_leasetype.</summary>
    public LeaseType Target => MustGo ? LeaseType.None : MustShrink ? LeaseType.Read : Type;

    /// <summary>Linux: leases_conflict, locks_conflict.</summary>
    public bool StandsInTheWay(bool wantsToWrite) => wantsToWrite || Type == LeaseType.Write;
}
