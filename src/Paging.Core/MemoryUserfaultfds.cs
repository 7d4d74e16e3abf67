using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Core.SystemCalls;
using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>The userfaultfds of an address space, and the thread whose accesses they see. Linux: userfaultfd(2).</summary>
public readonly struct MemoryUserfaultfds
{
    private readonly AddressSpace? _memory;

    internal MemoryUserfaultfds(AddressSpace memory) => _memory = memory;

    /// <summary>Opens a userfaultfd on the address space. It gets no message before <see cref="Userfaultfd.Register"/>.</summary>
    /// <param name="features">Its features beyond the report of missing pages.</param>
    /// <param name="isForUserMode">True to refuse accesses of system calls instead of reporting them. UFFD_USER_MODE_ONLY.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such feature.</exception>
    public Userfaultfd Open(
        UserfaultFeatures features = UserfaultFeatures.None, bool isForUserMode = false)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((int)(features & ~UserfaultFeatures.All), 0, nameof(features));
        using SlowPathHold hold = Memory.Hold();
        // One relies on the other. Linux: userfaultfd_api.
        if ((features & UserfaultFeatures.ProtectSilently) != 0) features |= UserfaultFeatures.ProtectUnpopulated;
        UserfaultContext context = UserfaultRegistration.TableOf(Memory.Space).Open(features, isForUserMode);
        return new(Memory.Callers, Memory.Calls.Userfaults, Memory.Space, context);
    }

    /// <summary>True if one was ever opened.</summary>
    public bool WereOpened => Memory.Space.Userfaults is not null;

    /// <summary>Sets the thread that makes the next accesses: for embedders with several threads in one address space.</summary>
    /// <param name="thread">The thread's number; 0 means the host.</param>
    /// <param name="isSystemCall">True if the accesses are those of a system call.</param>
    public void SetThread(int thread, bool isSystemCall)
    {
        using SlowPathHold hold = Memory.Hold();
        if (Memory.Space.Userfaults is { } table) (table.Thread, table.IsInKernel) = (thread, isSystemCall);    // none: no one asks
    }

    /// <summary>True while a reported access of the thread waits for its page, which was neither filled nor woken.</summary>
    public bool IsWaiting(int thread)
    {
        using SlowPathHold hold = Memory.Hold();
        return Memory.Space.Userfaults?.IsWaiting(thread) == true;
    }

    /// <summary>The number of all changes of mappings reported so far.</summary>
    public long ChangeCount => Memory.Space.Userfaults?.ChangeCount ?? 0;

    /// <summary>True while a change is unread. On Linux the thread that made it waits until then.</summary>
    public bool HasUnreadChange => Memory.Space.Userfaults is { IsChanging: true };

    /// <summary>Drops the waiting accesses of a thread that has ended, or that makes other accesses first.</summary>
    public void DropAccesses(int thread)
    {
        using SlowPathHold hold = Memory.Hold();
        Memory.Space.Userfaults?.Forget(thread);
    }

    /// <summary>True if the last call that fills pages ahead has left some to fill later. See <see cref="TakePendingFill"/>.</summary>
    public bool HasPendingFill => !Memory.Space.PendingFill.Rest.IsEmpty;

    /// <summary>
    /// Takes the pages that the last call has left to fill later: mlock, mlockall, MAP_POPULATE, MADV_POPULATE_*, and calls that extend
    /// locked memory. The first page is one that a userfaultfd or a pager supplies.
    /// </summary>
    /// <param name="fill">The pages, for <see cref="GoOn"/> once the first of them is there.</param>
    /// <returns>False if the call has filled all pages, or has failed at one.</returns>
    public bool TakePendingFill(out PendingFill fill)
    {
        fill = Memory.Space.PendingFill;
        Memory.Space.PendingFill = default;
        return !fill.Rest.IsEmpty;
    }

    /// <summary>Goes on filling pages. Areas that were unmapped meanwhile are left out, as Linux does.</summary>
    /// <returns>The result of the call that began to fill; EAGAIN with another pending fill if it must wait again.</returns>
    public Errno GoOn(PendingFill fill)
    {
        using SlowPathHold hold = Memory.Hold();
        Populate populate = Memory.Calls.Populate;
        Errno error = fill.Kind switch
        {
            PendingFillKind.Read or PendingFillKind.Write => populate.FillAs(Memory.Space, fill.Rest, fill.Kind == PendingFillKind.Write),
            PendingFillKind.Lock => LockOperation.ErrorOfFill(populate.Fill(Memory.Space, fill.Rest, goOn: false)),
            _ => populate.Fill(Memory.Space, fill.Rest, goOn: true) == Errno.EAGAIN ? Errno.EAGAIN : Errno.None,
        };
        return Memory.Callers.Leave(error);
    }

    private AddressSpace Memory => _memory ?? throw AddressSpace.OfNone();
}
