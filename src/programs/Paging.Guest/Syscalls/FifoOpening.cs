using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Syscalls;

/// <summary>
/// The open of a FIFO that waits for its other side, to which it is visible meanwhile. It is undone if the call ends before. Linux:
/// fs/pipe.c wait_for_partner.
/// </summary>
internal sealed class FifoOpening(PipeEnd end) : IAwaited
{
    private bool _isTaken;

    public PipeEnd End => end;

    /// <summary>Takes the file for a successful call.</summary>
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
