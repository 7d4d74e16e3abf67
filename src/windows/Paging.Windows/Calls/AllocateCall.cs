using Paging.Core.Composition;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Windows.Allocations;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Reserves and commits memory: NtAllocateVirtualMemory, and its Ex form with placeholders.</summary>
/// <remarks><code>
/// Checks in order   type bits → protection → size 0 and limits → reserve: room or conflict
///                                                              → commit: inside one allocation → write-copy → rules of views
/// Postconditions    error: nothing has changed, and the arguments are as they were
/// </code>
/// Linux' mmap with MAP_FIXED replaces what it overlaps; this call refuses taken ranges, and rounds the base to 64 KB, not to pages.
/// </remarks>
internal sealed class AllocateCall(EngineParts core, CommitCall commit)
{
    private const AllocationTypes Work = AllocationTypes.Reserve | AllocationTypes.Commit | AllocationTypes.Reset;
    private const AllocationTypes Known = Work | AllocationTypes.TopDown | AllocationTypes.WriteWatch;
    private const AllocationTypes Placeholder = AllocationTypes.ReservePlaceholder | AllocationTypes.ReplacePlaceholder;

    /// <summary>Executes the call.</summary>
    /// <param name="space">The process.</param>
    /// <param name="address">The address; 0 for the system's choice. On success the start of the range.</param>
    /// <param name="zeroBits">The number of high bits of the system's choice that must be zero.</param>
    /// <param name="byteLength">The length in bytes, from the address. On success whole pages from the start of the range.</param>
    /// <param name="types">The operation.</param>
    /// <param name="protection">The protection.</param>
    /// <param name="isExtended">True for the Ex form.</param>
    public NtStatus Execute(
        WindowsSpace space, ref VirtualAddress address, uint zeroBits, ref uint byteLength, AllocationTypes types,
            PageProtection protection,
        bool isExtended)
    {
        if (!PageSpan.TryLimit(space, zeroBits, out PageNumber limit)) return NtStatus.InvalidParameter3;
        NtStatus status = CheckTypes(types, isExtended);
        if (status != NtStatus.Success) return status;
        // Before addresses are looked at, as kernel sources have it (WINDOWS.md, section 6)
        if (!ProtectionCode.TryFrom(protection, out ProtectionCode code)) return NtStatus.InvalidPageProtection;
        bool reserves = (types & AllocationTypes.Reserve) != 0 || (address.Value == 0 && (types & AllocationTypes.Commit) != 0);
        if (reserves && code.IsWriteCopy) return NtStatus.InvalidPageProtection;    // private memory has no other page to copy from
        // Rule 28: a placeholder has no access
        if ((types & AllocationTypes.ReservePlaceholder) != 0 && protection != PageProtection.NoAccess) return NtStatus.InvalidParameter6;
        status = PageSpan.CheckLimits(space, address, byteLength);
        if (status != NtStatus.Success) return status;

        PageRange range;
        if (reserves)
        {
            Request request = new(code, types, (protection & PageProtection.NoCache) != 0, limit);
            status = Reserve(space, address, byteLength, request, out range);
        }
        else
        {
            _ = PageSpan.TryCover(address, byteLength, out range);
            status = CheckInside(space, range, out VadIndex index);
            bool resets = (types & AllocationTypes.Reset) != 0;
            bool isImage = status == NtStatus.Success && space.Vads[index].Flags.Type == VadType.Image;
            if (isImage && !resets) return NtStatus.ConflictingAddresses;    // NtAllocateVirtualMemory refuses image VADs
            if (status == NtStatus.Success && !resets) status = commit.Execute(space, index, range, code);
        }

        if (status != NtStatus.Success) return status;
        (address, byteLength) = (range.First.Address, (uint)range.Count.Bytes);
        return NtStatus.Success;
    }

    private static NtStatus CheckTypes(AllocationTypes types, bool isExtended)
    {
        AllocationTypes known = isExtended ? Known | Placeholder : Known;
        if ((types & ~known) != 0 || (types & Work) == 0) return NtStatus.InvalidParameter5;
        if ((types & AllocationTypes.Reset) != 0 && types != AllocationTypes.Reset) return NtStatus.InvalidParameter5;    // rule 7: alone
        AllocationTypes onReserve = AllocationTypes.WriteWatch | (isExtended ? Placeholder : AllocationTypes.None);
        if ((types & onReserve) != 0 && (types & AllocationTypes.Reserve) == 0) return NtStatus.InvalidParameter5;    // rules 25 and 28
        bool makesPlaceholder = (types & AllocationTypes.ReservePlaceholder) != 0;
        // A placeholder has no pages yet: none to commit, replace or watch
        AllocationTypes against = AllocationTypes.Commit | AllocationTypes.ReplacePlaceholder | AllocationTypes.WriteWatch;
        return makesPlaceholder && (types & against) != 0 ? NtStatus.InvalidParameter5 : NtStatus.Success;
    }

    /// <summary>Finds the allocation that has the whole range.</summary>
    private static NtStatus CheckInside(WindowsSpace space, PageRange range, out VadIndex index)
    {
        index = space.Vads.Covering(range.First);
        if (index.IsNone) return NtStatus.ConflictingAddresses;
        ref Vad vad = ref space.Vads[index];
        bool isRefused = vad.End < range.End || vad.Flags.IsNoChange || vad.Flags.IsPlaceholder;
        return isRefused ? NtStatus.ConflictingAddresses : NtStatus.Success;
    }

    private NtStatus Reserve(WindowsSpace space, VirtualAddress address, uint byteLength, in Request request, out PageRange range)
    {
        bool replaces = (request.Types & AllocationTypes.ReplacePlaceholder) != 0;
        NtStatus status = Place(space, address, byteLength, request, out range);
        if (status != NtStatus.Success) return status;
        VadFlags flags = request.ToFlags();
        if (flags.Type == VadType.WriteWatch && !TryPrepareWatch(space)) return NtStatus.InsufficientResources;
        if (flags.IsMemCommit)
        {
            // Windows has no overcommit
            if (!core.Machine.Commitment.TryChargeStrictly(range.Count.Value)) return NtStatus.CommitmentLimit;
            flags = flags.WithCharge(range.Count.Value);
        }

        if (replaces)
        {
            PlaceholderCalls.Replace(space, range, flags);
            return NtStatus.Success;
        }

        if (VadStore.TryAddPrivate(space, range, flags, out _)) return NtStatus.Success;
        core.Machine.Commitment.Uncharge(flags.CommitCharge);    // only the record has failed
        return NtStatus.InsufficientResources;
    }

    private static NtStatus Place(WindowsSpace space, VirtualAddress address, uint byteLength, in Request request, out PageRange range)
    {
        if (address.Value == 0)
        {
            range = default;
            if ((request.Types & AllocationTypes.ReplacePlaceholder) != 0) return NtStatus.InvalidParameter2;
            PageCount count = PageCount.Covering(byteLength);
            bool isFound = (request.Types & AllocationTypes.TopDown) != 0
                ? VadPlacement.TryFindHighest(space, count, request.Limit, out PageNumber first)
                : VadPlacement.TryFindLowest(space, count, request.Limit, out first);
            range = new(first, count);
            return isFound ? NtStatus.Success : NtStatus.NoMemory;
        }

        _ = PageSpan.TryCover(address, byteLength, out range);
        if ((request.Types & AllocationTypes.ReplacePlaceholder) != 0)
            // A placeholder is replaced as a whole; its base need not be on 64 KB (rule 28)
            return PlaceholderCalls.IsOne(space, range) ? NtStatus.Success : NtStatus.ConflictingAddresses;
        // Rule 2: the base is rounded down to 64 KB, the end up to a page only
        range = PageRange.Between(new(range.First.Value & ~(UserRange.GranulePages - 1)), range.End);
        return VadPlacement.IsFree(space, range) ? NtStatus.Success : NtStatus.ConflictingAddresses;
    }

    private bool TryPrepareWatch(WindowsSpace space) =>
        (space.Written ??= PageBitmap.CreateOrNull(core.Machine.Injection, UserRange.EndOfAll.Value)) is not null;

    private readonly record struct Request(ProtectionCode Protection, AllocationTypes Types, bool IsNoCache, PageNumber Limit)
    {
        public VadFlags ToFlags()
        {
            VadFlags flags = VadFlags.Private(Protection);
            if ((Types & AllocationTypes.Commit) != 0 || (Types & AllocationTypes.Reserve) == 0) flags = flags.WithMemCommit();
            if ((Types & AllocationTypes.WriteWatch) != 0) flags = flags.WithType(VadType.WriteWatch);
            if ((Types & AllocationTypes.ReservePlaceholder) != 0) flags = flags.WithPlaceholder();
            return IsNoCache ? flags.WithNoCache() : flags;
        }
    }
}
