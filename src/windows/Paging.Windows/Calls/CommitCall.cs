using Paging.Core.Composition;
using Paging.Native;
using Paging.Windows.Allocations;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Commits pages of an allocation, and gives pages that are committed another protection.</summary>
/// <remarks>Rules 4, 15 and 17. Windows: the commit half of NtAllocateVirtualMemory, MiProtectVirtualMemory.</remarks>
internal sealed class CommitCall(EngineParts core, PageStates states, PageWork pages, VadStore vads, ViewPages views)
{
    /// <summary>Commits a range that lies in one allocation. Fresh pages are zeros; others keep their contents.</summary>
    public NtStatus Execute(WindowsSpace space, VadIndex index, PageRange range, ProtectionCode protection)
    {
        ref Vad vad = ref space.Vads[index];
        if (vad.View != 0) return views.Commit(space, ref vad, range, protection);
        if (protection.IsWriteCopy) return NtStatus.InvalidPageProtection;    // rule 9: after the view, which may have it
        return Apply(space, ref vad, range, protection, range.Count.Value - states.CountCommitted(space, vad, range));
    }

    /// <summary>Protects committed pages of one allocation. The checks have been made.</summary>
    public NtStatus Protect(WindowsSpace space, ref Vad vad, PageRange range, ProtectionCode protection) => vad.View != 0
        ? views.Protect(space, ref vad, range, protection)
        : Apply(space, ref vad, range, protection, newPages: 0);

    private NtStatus Apply(WindowsSpace space, ref Vad vad, PageRange range, ProtectionCode protection, uint newPages)
    {
        if (!core.Machine.Commitment.TryChargeStrictly(newPages)) return NtStatus.CommitmentLimit;
        // A zero entry has no place for a protection that differs from the VAD's
        if (!PageWork.IsWhatZeroMeans(vad, protection) && !pages.TryEnsureTables(space, range))
        {
            core.Machine.Commitment.Uncharge(newPages);
            return NtStatus.NoMemory;
        }

        vads.Charge(space, ref vad, newPages);
        pages.Protect(space, vad, range, protection);
        return NtStatus.Success;
    }
}
