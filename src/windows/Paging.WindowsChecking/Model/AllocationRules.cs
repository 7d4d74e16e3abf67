using static Paging.WindowsChecking.Model.ModelWords;

namespace Paging.WindowsChecking.Model;

/// <summary>Rules 2 to 8 and 28: reserving, committing, decommitting, releasing, placeholders.</summary>
internal static class AllocationRules
{
    /// <summary>Allocates. On success address and size are written back.</summary>
    public static string Allocate(
        WindowsModelProcess process, ref uint address, uint zeroBits, ref uint size, uint types, uint protection, bool isExtended)
    {
        if (zeroBits > 21) return BadParameter;
        uint work = types & (Commit | Reserve | Reset);
        uint known = Commit | Reserve | Reset | TopDown | WriteWatch | (isExtended ? ReservePlaceholder | ReplacePlaceholder : 0);
        if ((types & ~known) != 0 || work == 0 || ((types & Reset) != 0 && types != Reset)) return BadParameter;
        bool reserves = (types & Reserve) != 0;
        bool makes = isExtended && (types & ReservePlaceholder) != 0, replaces = isExtended && (types & ReplacePlaceholder) != 0;
        if (!reserves && ((types & WriteWatch) != 0 || makes || replaces)) return BadParameter;
        if (makes && (replaces || (types & (Commit | WriteWatch)) != 0)) return BadParameter;
        if (!IsProtection(protection)) return "STATUS_INVALID_PAGE_PROTECTION";
        if (address == 0 && (types & Commit) != 0) reserves = true;
        if (reserves && IsWriteCopy(protection)) return "STATUS_INVALID_PAGE_PROTECTION";
        if (makes && protection != NoAccess) return BadParameter;
        ulong end = ((ulong)address + size + 0xFFF) >> 12;
        bool isOutside = (address != 0 && address < 0x10000) || address >= 0x7FFE_0000 || (ulong)address + size > 0x7FFE_0000;
        if (size == 0 || isOutside) return BadParameter;
        if (!reserves) return CommitOrReset(process, ref address, ref size, types, protection, (uint)end);

        uint first = address >> 12, last = (uint)end;
        if (replaces)
        {
            if (address == 0) return BadParameter;
            if (process.Find(first) is not { IsPlaceholder: true } old || old.First != first || old.End != last) return Conflict;
            process.Remove(old);
        }
        else if (address == 0)
        {
            uint count = (uint)end;
            uint limit = zeroBits == 0 ? WindowsModelProcess.HighestEnd : (uint)((1ul << (int)(32 - zeroBits)) >> 12);
            if (process.Place(count, (types & TopDown) != 0, limit) is not { } place) return "STATUS_NO_MEMORY";
            (first, last) = (place, place + count);
        }
        else
        {
            first = first / WindowsModelProcess.Granule * WindowsModelProcess.Granule;
            if (!process.IsFree(first, last)) return Conflict;
        }

        process.Add(NewPrivate(first, last, types, protection, makes));
        (address, size) = (first << 12, (last - first) << 12);
        return Success;
    }

    /// <summary>Decommits or releases. On success address and size are written back.</summary>
    public static string Free(WindowsModelProcess process, ref uint address, ref uint size, uint types)
    {
        bool preserves = (types & Preserve) != 0, joins = (types & Coalesce) != 0, releases = (types & Release) != 0;
        uint plain = types & ~(Preserve | Coalesce);
        if (plain is not (Release or Decommit) || (preserves && joins) || ((preserves || joins) && !releases)) return BadParameter;
        if ((preserves || joins) && size == 0) return BadParameter;
        if (IsBeyondUser(address, size)) return BadParameter;
        uint first = address >> 12, end = (uint)(((ulong)address + size + 0xFFF) >> 12);
        if (process.Find(first) is not { } found) return "STATUS_MEMORY_NOT_ALLOCATED";
        if (found.Section is not null) return "STATUS_UNABLE_TO_DELETE_SECTION";
        if (joins) return Join(process, first, end, ref address, ref size);
        if (size == 0)
        {
            if (first != found.First) return "STATUS_FREE_VM_NOT_AT_BASE";
            end = found.End;
        }

        if (end > found.End) return "STATUS_UNABLE_TO_FREE_VM";
        if (preserves)
        {
            bool isWhole = first == found.First && end == found.End;
            if (isWhole == found.IsPlaceholder) return Conflict;
            Cut(process, found, first, end);
            process.Add(NewPrivate(first, end, Reserve, NoAccess, isPlaceholder: true));
        }
        else if (releases)
        {
            Cut(process, found, first, end);
        }
        else
        {
            for (uint page = first; page < end; page++)
                found.Pages[(int)(page - found.First)] = new() { IsWritten = found[page].IsWritten };
        }

        bool isWholeDecommit = !releases && size == 0;
        (address, size) = (first << 12, isWholeDecommit ? 0 : (end - first) << 12);
        return Success;
    }

    /// <summary>Rule 10.</summary>
    public static string Protect(WindowsModelProcess process, ref uint address, ref uint size, uint protection, out uint old)
    {
        old = 0;
        if (!IsProtection(protection)) return "STATUS_INVALID_PAGE_PROTECTION";
        if (size == 0) return BadParameter;
        if (IsBeyondUser(address, size)) return BadParameter;
        uint first = address >> 12, end = (uint)(((ulong)address + size + 0xFFF) >> 12);
        if (process.FindAround(first, end) is not { } found) return Conflict;
        if (found.Section?.Image is not null) protection = ModelImage.ToCopy(protection);
        if (found.Section is null && IsWriteCopy(protection)) return "STATUS_INVALID_PAGE_PROTECTION";
        for (uint page = first; page < end; page++)
            if (!found.IsCommitted(page)) return "STATUS_NOT_COMMITTED";
        if (found.Section is not null && !IsContained(protection, found.Protection)) return "STATUS_SECTION_PROTECTION";
        old = found.Show(found.ProtectionOf(first));
        for (uint page = first; page < end; page++) Set(found, page, protection);
        (address, size) = (first << 12, (end - first) << 12);
        return Success;
    }

    /// <summary>NtFreeVirtualMemory and NtProtectVirtualMemory refuse ranges above MmHighestUserAddress before they look at them.</summary>
    private static bool IsBeyondUser(uint address, uint size)
        => address >= WindowsModelProcess.Probe || (ulong)address + size > WindowsModelProcess.Probe;

    private static string CommitOrReset(
        WindowsModelProcess process, ref uint address, ref uint size, uint types, uint protection, uint end)
    {
        uint first = address >> 12;
        if (process.FindAround(first, end) is not { IsPlaceholder: false } found) return Conflict;
        if ((types & Commit) != 0)
        {
            if (found.Section?.Image is not null) return Conflict;
            if (found.Section is null && IsWriteCopy(protection)) return "STATUS_INVALID_PAGE_PROTECTION";
            if (found.Section is { IsOfFile: true }) return "STATUS_ALREADY_COMMITTED";
            if (found.Section is not null && !IsContained(protection, found.Protection)) return "STATUS_SECTION_PROTECTION";
            for (uint page = first; page < end; page++)
            {
                found[page].Committed = true;
                found.Section?.Committed?.Add(found.SectionPage(page));
                Set(found, page, protection);
            }
        }

        (address, size) = (first << 12, (end - first) << 12);
        return Success;
    }

    private static void Set(ModelAllocation allocation, uint page, uint protection)
    {
        uint value = protection & ~NoCache;
        allocation[page].Protection = allocation[page].IsCopied ? AfterCopy(value) : value;
    }

    private static ModelAllocation NewPrivate(uint first, uint end, uint types, uint protection, bool isPlaceholder)
    {
        bool commits = (types & Commit) != 0;
        ModelAllocation made = new()
        {
            First = first,
            Protection = protection,
            IsNoCache = (protection & NoCache) != 0,
            IsWatched = (types & WriteWatch) != 0,
            IsPlaceholder = isPlaceholder,
        };
        for (uint page = first; page < end; page++) made.Pages.Add(new() { Committed = commits, Protection = protection & ~NoCache });
        return made;
    }

    /// <summary>Takes a range out of an allocation; the remains on both sides become allocations of their own.</summary>
    private static void Cut(WindowsModelProcess process, ModelAllocation whole, uint first, uint end)
    {
        process.Remove(whole);
        if (first > whole.First) process.Add(Piece(whole, whole.First, first));
        if (end < whole.End) process.Add(Piece(whole, end, whole.End));
    }

    private static ModelAllocation Piece(ModelAllocation whole, uint first, uint end) => new()
    {
        First = first,
        Pages = whole.Pages.GetRange((int)(first - whole.First), (int)(end - first)),
        Protection = whole.Protection,
        IsNoCache = whole.IsNoCache,
        IsWatched = whole.IsWatched,
        IsPlaceholder = whole.IsPlaceholder,
    };

    private static string Join(WindowsModelProcess process, uint first, uint end, ref uint address, ref uint size)
    {
        List<ModelAllocation> row = process.Allocations.FindAll(one => one.First < end && first < one.End);
        bool isRow = row.Count >= 2 && row.TrueForAll(static one => one.IsPlaceholder) && row[0].First == first && row[^1].End == end;
        for (int i = 1; isRow && i < row.Count; i++) isRow = row[i - 1].End == row[i].First;
        if (!isRow) return Conflict;
        foreach (ModelAllocation one in row) process.Remove(one);
        process.Add(NewPrivate(first, end, Reserve, NoAccess, isPlaceholder: true));
        (address, size) = (first << 12, (end - first) << 12);
        return Success;
    }
}
