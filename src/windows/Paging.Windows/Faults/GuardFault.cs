using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Native;
using Paging.Windows.Allocations;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Faults;

//   Allocation                Limit          Base        a hit on the guard page:
//   ├── reserved ───┬─ guard ─┬── in use ────┤           the guard goes, the page becomes the limit,
//                   └ hit                                and the page below is committed as the new guard
/// <summary>Handles an access to a guard page: the guard goes, and the access raises an exception or makes the stack grow.</summary>
/// <remarks>
/// Rules 22 and 23. Linux grows an area instead, by as much as the access needs, and has no pages that lose a guard.
/// Windows: MiAccessCheck with STATUS_GUARD_PAGE_VIOLATION, MiCheckForUserStackOverflow.
/// </remarks>
internal sealed class GuardFault(EngineParts core, PageStates states, PageWork pages, VadStore vads)
{
    /// <summary>Clears the guard. In the running thread's stack, moves it down by a page, so that the access succeeds.</summary>
    public FaultOutcome Hit(WindowsSpace space, ref Vad vad, PageNumber page, WindowsEntry entry, ProtectionCode protection)
    {
        if (!space.Space.Tables.TryEnsureTable(page)) return space.RefuseInPage(NtStatus.NoMemory);    // first: the guard goes only once
        // The kernel's own copies never make a stack grow (rule 23)
        bool isStack = space.Stack.Contains(page) && !space.IsKernelAccess && vad.Flags.IsPrivate;
        NtStatus refusal = isStack ? Grow(space, ref vad, page) : NtStatus.GuardPageViolation;
        if (refusal == NtStatus.NoMemory) return space.RefuseInPage(NtStatus.NoMemory);    // the guard stays: the access is made again
        space.Space.Tables.Store(page, pages.With(entry, vad, protection.WithoutGuard()).ToEntry());
        if (refusal == NtStatus.Success) return FaultOutcome.LookAgain;
        space.Refusal = refusal;
        return FaultOutcome.NotAllowed;
    }

    /// <summary>Commits the page below as the new guard, and makes the page that was hit the limit.</summary>
    /// <returns>STATUS_STACK_OVERFLOW: too near to the start. STATUS_NO_MEMORY: no frame; nothing has changed.</returns>
    private NtStatus Grow(WindowsSpace space, ref Vad vad, PageNumber page)
    {
        PageNumber next = page - PageCount.One;
        if (next <= space.Stack.Allocation.Page || next < vad.First)    // the lowest page of a stack stays reserved
        {
            space.Stack = space.Stack with { Limit = page.Address };
            return NtStatus.StackOverflow;
        }

        WindowsEntry below = WindowsEntry.From(space.Space.Tables.Read(next));
        bool isNew = !states.Of(vad, next, below).IsCommitted;
        if (isNew && !core.Machine.Commitment.TryChargeStrictly(1)) return NtStatus.StackOverflow;    // as in MiCheckForUserStackOverflow
        if (!space.Space.Tables.TryEnsureTable(next))
        {
            if (isNew) core.Machine.Commitment.Uncharge(1);
            return NtStatus.NoMemory;
        }

        if (isNew) vads.Charge(space, ref vad, 1);
        space.Space.Tables.Store(next, pages.With(isNew ? default : below, vad, ProtectionCode.ReadWrite.WithGuard()).ToEntry());
        space.Stack = space.Stack with { Limit = page.Address };
        return NtStatus.Success;
    }
}
