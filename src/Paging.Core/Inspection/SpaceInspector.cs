using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Inspection;

/// <summary>Takes typed snapshots of an address space, from which reports are written. Changes nothing; allocates.</summary>
internal sealed class SpaceInspector(OpenFileTable files, FootprintCount footprints, PagemapLook pagemap, HugeLook huge)
{
    /// <summary>The huge pages in reports.</summary>
    public HugeLook Huge => huge;

    /// <summary>The figures of smaps.</summary>
    public FootprintCount Smaps => footprints;

    /// <summary>The words of pagemap.</summary>
    public PagemapLook Pagemap => pagemap;

    /// <summary>Returns the areas in order, without those of the embedder.</summary>
    public List<AreaSnapshot> Areas(Space space)
    {
        if (space.Foreign is { } foreign) return [.. foreign.Describe()];
        List<AreaSnapshot> areas = new(space.Areas.Count);
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            if (!space.Areas[index].Has(AreaFlags.Foreign)) areas.Add(Of(space.Areas[index]));
        }

        return areas;
    }

    /// <summary>Returns the area that covers a page, or the next above it; null if there is none.</summary>
    public AreaSnapshot? Find(Space space, PageNumber page) =>
        space.Foreign is { } foreign ? foreign.Describe().FirstOrDefault(area => area.Range.End > page)
        : space.Areas.Tree.Peek(page) is { IsSome: true } found ? Of(space.Areas[found]) : null;    // Peek: a report does not change A9

    /// <summary>Returns the footprint of the area that covers a page; all zeros if there is none.</summary>
    public MemoryFootprint FootprintAt(Space space, PageNumber page)
    {
        if (space.Foreign is not null)
            return Find(space, page) is { } found && found.Range.First <= page ? footprints.OfForeign(space, found) : default;
        AreaIndex index = space.Areas.Tree.Covering(page);
        return index.IsNone ? default : footprints.Of(space, space.Areas[index]);
    }

    /// <summary>Identifies a byte: by object and offset if it is shared, else by address space and address.</summary>
    /// <remarks>Returns false if nothing is mapped there.</remarks>
    public bool TryIdentify(Space space, VirtualAddress address, out ulong owner, out ulong offset)
    {
        const ulong spaces = 1UL << 32;    // objects have 32-bit numbers
        (owner, offset) = (0, 0);
        AreaIndex index = space.Areas.Tree.Covering(address.Page);
        if (index.IsNone) return false;
        ref Area area = ref space.Areas[index];
        (owner, offset) = area.Has(AreaFlags.MayShare) && !area.IsAnonymous
            ? ((ulong)files.ObjectOf(area.File).Number, (ulong)area.OffsetOf(address.Page).ByteOffset + (uint)address.OffsetInPage)
            : (spaces + space.Index.Value, (ulong)address.Value);
        return true;
    }

    /// <summary>Returns the figures of status and statm.</summary>
    public static MemoryUsage Usage(Space space)
    {
        ref MemoryStatistics statistics = ref space.Statistics;
        return new(
            Pages(statistics.Total), Pages(statistics.PeakTotal), Pages(statistics.Locked), Pages(statistics.PeakResident),
            Pages(statistics.ResidentAnonymous), Pages(statistics.ResidentFile), Pages(statistics.ResidentShared),
            Pages(statistics.Data), Pages(statistics.Stack), Pages(statistics.Code), space.Tables.TableCount, new(space.Faults))
        {
            Swapped = Pages(statistics.Swapped),
        };
    }

    private AreaSnapshot Of(in Area area)
    {
        FileObject? file = area.IsAnonymous ? null : files.ObjectOf(area.File);
        return new(
            area.Range,
            (MemoryProtection)(area.Flags & AreaFlags.Rights),
            area.Has(AreaFlags.MayShare),
            file is null ? 0 : (ulong)area.PageOffset.ByteOffset,
            file is null ? 0 : (int)file.Number + 1,
            file?.Name ?? "",
            file?.Kind == FileKind.SharedAnonymous,
            area.Has(AreaFlags.GrowsDown),
            area.Has(AreaFlags.Locked))
        {
            Flags = area.Flags,
            HasOwnPages = area.Chain.IsSome,
            OpenFileId = (int)area.File.Value,
            IsHugePool = file?.Kind == FileKind.HugePages,
        };
    }

    private static PageCount Pages(long count) => new((uint)count);
}
