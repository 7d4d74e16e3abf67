using Paging.Core.Composition;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Allocations;
using Paging.Windows.Entries;
using Paging.Windows.Images;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Maps and unmaps views of sections: NtMapViewOfSection and NtUnmapViewOfSection.</summary>
/// <remarks><code>
/// Checks in order   arguments → rights → alignment → offset and size → room or conflict
/// </code>
/// Rules 16, 19 and 20. Linux' mmap takes the rights of a descriptor, any page as offset, and pages beyond the end of the file.
/// </remarks>
internal sealed class MapViewCall(EngineParts core, SectionTable sections, VadStore vads, ViewPages pages)
{
    private const uint GranuleMask = 0xFFFF;    // offsets too: rule 19

    /// <summary>Maps a view.</summary>
    /// <param name="space">The process.</param>
    /// <param name="handle">The process's handle to the section.</param>
    /// <param name="request">The request.</param>
    /// <param name="range">The pages of the view.</param>
    public NtStatus Map(WindowsSpace space, SectionHandle handle, in ViewRequest request, out PageRange range)
    {
        range = default;
        NtStatus status = CheckArguments(space, request, out ProtectionCode protection, out PageNumber limit);
        if (status != NtStatus.Success) return status;
        if (!sections.TryFind(handle, space.Space.ProcessId, out SectionObject section, out SectionAccess rights))
            return NtStatus.InvalidHandle;
        if (!ViewRequest.IsAllowed(protection, rights)) return NtStatus.AccessDenied;    // rights before alignment (section 6)
        if (!section.Grants(protection)) return request.IsWin32 ? NtStatus.AccessDenied : NtStatus.SectionProtection;

        bool roundsToPage = (request.Types & AllocationTypes.RoundToPage) != 0;
        bool isAligned = (request.Offset & GranuleMask) == 0 && (roundsToPage || (request.Address.Value & GranuleMask) == 0);
        if (!isAligned) return NtStatus.MappedAlignment;    // rule 19
        long end = request.ByteLength == 0 ? section.ByteLength : request.Offset + request.ByteLength;
        if (request.Offset < 0 || request.Offset >= section.ByteLength || end > section.ByteLength) return NtStatus.InvalidViewSize;
        ulong pageCount = ((ulong)(end - request.Offset) + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;
        if (pageCount > space.User.End.Value) return NtStatus.NoMemory;    // before it is narrowed to a word
        if (section.Image is { } image) return MapImage(space, section, image, request, limit, out range);
        status = Place(space, request, new((uint)pageCount), limit, out range);
        return status != NtStatus.Success ? status : Add(space, section, request, protection, range);
    }

    /// <summary>Unmaps the view that has an address.</summary>
    public NtStatus Unmap(WindowsSpace space, VirtualAddress address)
    {
        VadIndex index = space.Vads.Covering(address.Page);
        if (index.IsNone || space.Vads[index].View == 0 || space.Vads[index].Flags.IsNoChange) return NtStatus.NotMappedView;
        vads.Remove(space, index);
        return NtStatus.Success;
    }

    private static NtStatus CheckArguments(
        WindowsSpace space, in ViewRequest request, out ProtectionCode protection, out PageNumber limit)
    {
        protection = default;
        if (!PageSpan.TryLimit(space, request.ZeroBits, out limit)) return NtStatus.InvalidParameter4;
        if (request.Address.Page >= space.User.End) return NtStatus.InvalidParameter3;
        if ((ulong)request.Address.Value + request.ByteLength > space.User.End.Address.Value) return NtStatus.InvalidParameter4;
        bool fits = (ulong)request.Address.Value + Math.Max(request.ByteLength, 1) <= (ulong)limit.Value << VirtualAddress.PageShift;
        if (request.Address.Value != 0 && !fits) return NtStatus.InvalidParameter4;    // ZeroBits bound given places as well
        if ((request.Types & ~(AllocationTypes.TopDown | AllocationTypes.RoundToPage)) != 0) return NtStatus.InvalidParameter9;
        return ProtectionCode.TryFrom(request.Protection, out protection) ? NtStatus.Success : NtStatus.InvalidPageProtection;
    }

    private static NtStatus Place(WindowsSpace space, in ViewRequest request, PageCount count, PageNumber limit, out PageRange range)
    {
        PageNumber first = request.Address.Page;
        range = default;
        if (request.Address.Value == 0)
        {
            bool isFound = (request.Types & AllocationTypes.TopDown) != 0
                ? VadPlacement.TryFindHighest(space, count, limit, out first)
                : VadPlacement.TryFindLowest(space, count, limit, out first);
            range = new(first, count);
            return isFound ? NtStatus.Success : NtStatus.NoMemory;
        }

        range = new(first, count);
        if (first < UserRange.Lowest || range.End > space.User.End) return NtStatus.InvalidParameter3;
        return VadPlacement.IsFree(space, range) ? NtStatus.Success : NtStatus.ConflictingAddresses;
    }

    /// <summary>Maps the whole of an image: at its preferred base, or elsewhere. Windows: MiMapViewOfImageSection.</summary>
    private NtStatus MapImage(
        WindowsSpace space, SectionObject section, PeImage image, in ViewRequest request, PageNumber limit, out PageRange range)
    {
        PageCount count = PageCount.Covering(image.ByteLength);
        VirtualAddress wanted = new(image.PreferredBase);
        ViewRequest atBase = request with { Address = wanted };
        bool prefers = request.Address.Value == 0 && wanted.Page >= UserRange.Lowest;
        NtStatus status = NtStatus.ConflictingAddresses;
        range = default;
        if (prefers && (ulong)wanted.Value + image.ByteLength <= (ulong)limit.Value << VirtualAddress.PageShift)
            status = Place(space, atBase, count, limit, out range);
        if (status != NtStatus.Success) status = Place(space, request, count, limit, out range);    // taken: the program relocates it
        if (status != NtStatus.Success) return status;
        ProtectionCode.TryFrom(PageProtection.ExecuteWriteCopy, out ProtectionCode protection);
        uint charge = ImageLayout.CountWriteCopy(image);    // only these pages can become private
        if (!core.Machine.Commitment.TryChargeStrictly(charge)) return NtStatus.CommitmentLimit;
        VadFlags flags = VadFlags.View(protection).WithType(VadType.Image).WithCharge(charge);
        if (!pages.TryPrepareImage(space, range) || !vads.TryAddView(space, range, flags, section, pageOffset: 0))
        {
            core.Machine.Commitment.Uncharge(charge);
            space.Space.Tables.FreeEmptyTables(range);
            return NtStatus.InsufficientResources;
        }

        pages.ProtectImage(space, space.Vads[space.Vads.Covering(range.First)], image);
        return range.First == wanted.Page ? NtStatus.Success : NtStatus.ImageNotAtBase;    // a success all the same
    }

    private NtStatus Add(WindowsSpace space, SectionObject section, in ViewRequest request, ProtectionCode protection, PageRange range)
    {
        VadFlags flags = VadFlags.View(protection);
        if ((section.Flags & SectionFlags.NoCache) != 0) flags = flags.WithNoCache();    // PAGE_NOCACHE of a view means nothing
        if (protection.IsWriteCopy) flags = flags.WithCharge(range.Count.Value);    // each page may be copied (MiMapViewOfDataSection)
        if (!core.Machine.Commitment.TryChargeStrictly(flags.CommitCharge)) return NtStatus.CommitmentLimit;
        uint offset = (uint)(request.Offset >> VirtualAddress.PageShift);
        if (!vads.TryAddView(space, range, flags, section, offset))
        {
            core.Machine.Commitment.Uncharge(flags.CommitCharge);
            return NtStatus.InsufficientResources;
        }

        // Last: a view can be taken back, and pages of a section that are committed stay so (rule 15)
        PageCount committed = new(Math.Min(PageCount.Covering(request.CommitByteLength).Value, range.Count.Value));
        if (pages.TryCommitSection(section, offset, committed)) return NtStatus.Success;
        vads.Remove(space, space.Vads.Covering(range.First));
        return NtStatus.CommitmentLimit;
    }
}
