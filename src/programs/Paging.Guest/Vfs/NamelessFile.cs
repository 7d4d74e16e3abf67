using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs;

/// <summary>An open file whose inode has no name in any tree: a socket, an eventfd and its kin. Linux: fs/libfs.c init_pseudo.</summary>
internal abstract class NamelessFile(GuestClock clock, WakeUps wakeUps, string path, FileFlags flags, uint device, ulong inode,
    FileModes mode)
    : OpenDescription(path, flags)
{
    public ulong Inode => inode;

    public (uint User, uint Group) InodeOwner { get; set; }

    public FileModes InodeMode { get; protected set; } = mode;

    public GuestClock Clock => clock;

    protected WakeUps WakeUps => wakeUps;

    public sealed override Errno Status(out FileStatus status)
    {
        (uint user, uint group) = InodeOwner;
        status = FileStatus.MadeAt(clock.StartedAt) with { Device = device, Inode = inode, Mode = InodeMode, User = user, Group = group };
        return Errno.None;
    }

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        writer.Write(Wakes.ToRead);
        writer.Write(Wakes.ToWrite);
    }

    /// <summary>Restores the counts of wakes before the machine was saved.</summary>
    public void RestoreWakes(long toRead, long toWrite) => Wakes = (toRead, toWrite);

    public void WokeForReading()
    {
        Wakes = (Wakes.ToRead + 1, Wakes.ToWrite);
        wakeUps.Add();
    }

    public void WokeForWriting()
    {
        Wakes = (Wakes.ToRead, Wakes.ToWrite + 1);
        wakeUps.Add();
    }
}
