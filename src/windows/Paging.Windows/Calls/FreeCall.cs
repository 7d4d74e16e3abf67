using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Allocations;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Decommits and releases private memory: NtFreeVirtualMemory.</summary>
/// <remarks><code>
/// Checks in order   type → allocation exists → a view → size 0: at the base → the end inside
/// Postconditions    error: nothing has changed; success: the range is reserved (decommit) or free (release)
/// </code>
/// Linux' munmap passes over holes and many areas; this stays inside one allocation, whose parts are allocations of their own then.
/// </remarks>
internal sealed class FreeCall(PageStates states, PageWork pages, VadStore vads, PlaceholderCalls placeholders)
{
    private const AllocationTypes OfPlaceholders = AllocationTypes.PreservePlaceholder | AllocationTypes.CoalescePlaceholders;

    /// <summary>Executes the call.</summary>
    /// <param name="space">The process.</param>
    /// <param name="address">The address; on success rounded down to a page.</param>
    /// <param name="byteLength">The length; 0 for the whole allocation. On success whole pages; 0 if a whole allocation was
    /// decommitted.</param>
    /// <param name="types">The operation.</param>
    public NtStatus Execute(WindowsSpace space, ref VirtualAddress address, ref uint byteLength, AllocationTypes types)
    {
        AllocationTypes work = types & ~OfPlaceholders;
        bool releases = work == AllocationTypes.Release;
        bool isKnown = releases ? (types & OfPlaceholders) != OfPlaceholders : types == AllocationTypes.Decommit;
        if (!isKnown) return NtStatus.InvalidParameter4;
        if ((types & OfPlaceholders) != 0 && byteLength == 0) return NtStatus.InvalidParameter3;    // rule 28
        if (address.Page >= space.User.Probe) return NtStatus.InvalidParameter2;
        if ((ulong)address.Value + byteLength > space.User.Probe.Address.Value) return NtStatus.InvalidParameter3;
        VadIndex index = space.Vads.Covering(address.Page);
        if (index.IsNone || space.Vads[index].Flags.IsNoChange) return NtStatus.MemoryNotAllocated;    // the system's own pages look free
        ref Vad vad = ref space.Vads[index];
        if (vad.View != 0) return NtStatus.UnableToDeleteSection;    // views go by unmapping, before sizes are looked at (section 6)
        if ((types & AllocationTypes.CoalescePlaceholders) != 0)
        {
            _ = PageSpan.TryCover(address, byteLength, out PageRange joined);
            return WriteBack(PlaceholderCalls.Coalesce(space, joined), joined, isWhole: false, ref address, ref byteLength);
        }

        if (byteLength == 0 && vad.First != address.Page) return NtStatus.FreeVmNotAtBase;    // any address of the first page will do
        PageRange range = vad.Range;
        if (byteLength != 0) _ = PageSpan.TryCover(address, byteLength, out range);
        if (range.End > vad.End) return NtStatus.UnableToFreeVm;    // rules 5 and 6: one allocation

        bool isWhole = !releases && byteLength == 0;    // the size written back is 0 since Windows 10 1803 (rule 5)
        NtStatus status = (types & AllocationTypes.PreservePlaceholder) != 0 ? placeholders.Preserve(space, index, range)
            : releases ? Release(space, index, range)
            : Decommit(space, ref vad, range);
        return WriteBack(status, range, isWhole, ref address, ref byteLength);
    }

    private static NtStatus WriteBack(NtStatus status, PageRange range, bool isWhole, ref VirtualAddress address, ref uint byteLength)
    {
        if (status == NtStatus.Success) (address, byteLength) = (range.First.Address, isWhole ? 0 : (uint)range.Count.Bytes);
        return status;
    }

    private NtStatus Decommit(WindowsSpace space, ref Vad vad, PageRange range)
    {
        bool marks = vad.Flags.IsMemCommit;    // there a zero entry would mean committed
        if (marks && !pages.TryEnsureTables(space, range)) return NtStatus.NoMemory;    // before anything is freed
        uint committed = states.CountCommitted(space, vad, range);    // before the entries that tell it are gone
        pages.Zap(space, range);
        if (marks) PageWork.MarkDecommitted(space, range);
        else space.Space.Tables.FreeEmptyTables(range);
        vads.Charge(space, ref vad, -(long)committed);
        return NtStatus.Success;
    }

    private NtStatus Release(WindowsSpace space, VadIndex index, PageRange range)
    {
        ref Vad vad = ref space.Vads[index];
        PageRange whole = vad.Range;
        if (range == whole)
        {
            vads.Remove(space, index);
            return NtStatus.Success;
        }

        // A part in the middle leaves two allocations. The record of the second is made first, because that can fail.
        bool splits = range.First > whole.First && range.End < whole.End;
        uint released = states.CountCommitted(space, vad, range);    // while the entries are there
        PageRange tail = PageRange.Between(range.End, whole.End);
        uint ofTail = splits ? states.CountCommitted(space, vad, tail) : 0;
        // Cut first, since VADs must not overlap at any time
        if (range.First > whole.First) space.Vads.SetLast(index, range.First - PageCount.One);
        else vad.First = range.End;
        if (splits && !space.Vads.TryAdd(tail, vad.Flags.WithCharge(ofTail), out _))
        {
            space.Vads.SetLast(index, whole.End - PageCount.One);
            return NtStatus.InsufficientResources;
        }

        vads.Charge(space, ref vad, -(long)released);
        vad.Flags = vad.Flags.WithCharge(vad.Flags.CommitCharge - ofTail);
        vads.TakePages(space, range);
        VadStore.NoteRoom(space, range);
        return NtStatus.Success;
    }
}
