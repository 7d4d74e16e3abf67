using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Syscalls;

/// <summary>A file that has been opened by a call that waits before it may have it. Without it, the open is taken back.</summary>
internal abstract class WaitingOpen(OpenDescription open) : IAwaited
{
    private bool _isTaken;

    public OpenDescription Open => open;

    /// <summary>The call succeeds: the file is its own now.</summary>
    public OpenDescription Take()
    {
        _isTaken = true;
        return open;
    }

    public void Left()
    {
        if (!_isTaken) open.Release();
        _isTaken = true;
    }
}

/// <summary>A FIFO waits for its other side, which can see this one meanwhile. Linux: fs/pipe.c wait_for_partner.</summary>
internal sealed class FifoOpening(PipeEnd end) : WaitingOpen(end)
{
    public PipeEnd End => end;
}

/// <summary>
/// A regular file waits for those who hold leases on it. Its readers and writers count it already. Linux: __break_lease in do_dentry_open.
/// </summary>
internal sealed class LeasedOpening(RegularFile file) : WaitingOpen(file)
{
    public RegularFile File => file;
}
