using Paging.Core;

namespace Paging.Guest;

/// <summary>An open file whose inode has no name in any tree: a socket, an eventfd and its kin. Linux: fs/libfs.c init_pseudo.</summary>
internal abstract class NamelessFile(GuestKernel kernel, string path, int flags, uint device, ulong inode, uint mode) : OpenDescription(path, flags)
{
    public ulong Inode => inode;

    protected GuestKernel Kernel => kernel;

    public sealed override Errno Status(out FileStatus status)
    {
        status = FileStatus.MadeAt(kernel.Clock.StartedAt) with { Device = device, Inode = inode, Mode = mode };
        return Errno.None;
    }

    public void WokeForReading()
    {
        Wakes = (Wakes.ToRead + 1, Wakes.ToWrite);
        kernel.Happened();
    }

    public void WokeForWriting()
    {
        Wakes = (Wakes.ToRead, Wakes.ToWrite + 1);
        kernel.Happened();
    }
}
