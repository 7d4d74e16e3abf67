namespace Paging.Guest.Tasks;

/// <summary>
/// What stands for the semaphore operations that are undone at the end of a process, or of the last of several that share it
/// (CLONE_SYSVSEM). Linux: struct sem_undo_list.
/// </summary>
/// <param name="makerId">The process that had it first: it is known by that in a checkpoint.</param>
internal sealed class UndoList(int makerId)
{
    private int _holders = 1;

    public int MakerId => makerId;

    public UndoList Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>True: nobody has it any more.</summary>
    public bool Release() => --_holders == 0;
}
