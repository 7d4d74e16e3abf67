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

    public void Save(RecordWriter writer)
    {
        writer.Write(LeaseBreakSeconds);
        writer.Write(LeasesEnabled);
        writer.Write(DirectoryNotifyEnabled);
    }

    public void Load(RecordReader reader) =>
        (LeaseBreakSeconds, LeasesEnabled, DirectoryNotifyEnabled) = (reader.ReadNumber(), reader.ReadNumber(), reader.ReadNumber());
}
