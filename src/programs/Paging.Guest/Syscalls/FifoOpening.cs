using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Syscalls;

/// <summary>
/// A FIFO that waits for its other side, which can see this one meanwhile. If the call ends without it, the open is taken back. Linux:
/// fs/pipe.c wait_for_partner.
/// </summary>
internal sealed class FifoOpening(PipeEnd end) : IAwaited
{
    private bool _isTaken;

    public PipeEnd End => end;

    /// <summary>The call succeeds and keeps the file.</summary>
    public PipeEnd Take()
    {
        _isTaken = true;
        return end;
    }

    public void Left()
    {
        if (!_isTaken) end.Release();
        _isTaken = true;
    }
}
