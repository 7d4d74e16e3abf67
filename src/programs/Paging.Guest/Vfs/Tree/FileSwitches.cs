using System.Numerics;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs.Tree;

/// <summary>What /proc/sys/fs lets root set of leases and of watches of directories. Linux: fs/locks.c, fs/notify/dnotify.</summary>
internal sealed class FileSwitches
{
    /// <summary>lease-break-time: seconds after which a lease is taken from a holder that does not give it back.</summary>
    public int LeaseBreakSeconds { get; set; } = 45;

    /// <summary>leases-enable: new leases are given.</summary>
    public int LeasesEnabled { get; set; } = 1;

    /// <summary>dir-notify-enable: directories can be watched (F_NOTIFY).</summary>
    public int DirectoryNotifyEnabled { get; set; } = 1;

    /// <summary>pipe-max-size: bytes that a pipe may be made to hold, at most.</summary>
    public int PipeByteLengthMax { get; private set; } = 1 << 20;

    /// <summary>pipe-user-pages-soft: beyond so many pages of a user, new pipes are small. 0: no limit.</summary>
    public int PipeUserPagesSoft { get; set; } = 1 << 14;

    /// <summary>pipe-user-pages-hard: beyond so many, there are no new ones. 0: no limit.</summary>
    public int PipeUserPagesHard { get; set; }

    /// <summary>Takes a new <see cref="PipeByteLengthMax"/>, rounded up to a power of two. Linux: proc_dopipe_max_size.</summary>
    public bool TrySetPipeByteLengthMax(int wanted)
    {
        if (wanted is < 0 or > 1 << 30) return false;
        PipeByteLengthMax = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(wanted, Pipe.AtomicByteLength));
        return true;
    }

    public void Save(RecordWriter writer)
    {
        writer.Write(LeaseBreakSeconds);
        writer.Write(LeasesEnabled);
        writer.Write(DirectoryNotifyEnabled);
        writer.Write(PipeByteLengthMax);
        writer.Write(PipeUserPagesSoft);
        writer.Write(PipeUserPagesHard);
    }

    public void Load(RecordReader reader)
    {
        (LeaseBreakSeconds, LeasesEnabled, DirectoryNotifyEnabled) = (reader.ReadNumber(), reader.ReadNumber(), reader.ReadNumber());
        (PipeByteLengthMax, PipeUserPagesSoft, PipeUserPagesHard) = (reader.ReadNumber(), reader.ReadNumber(), reader.ReadNumber());
    }
}
