using System.Runtime.InteropServices;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>A copy of everything that a snapshot restores in one address space, to compare the restored state with.</summary>
/// <remarks>
/// Compared are areas, private pages by content, zero pages, guards, the break and the counts. Not compared is what does not go back, or
/// where reclaim may have moved or dropped it: frames, slots, marks, pages of files, and pages that were given up by MADV_FREE.
/// Cost: O(pages), and a copy of each private page that is not all zeros.
/// </remarks>
internal sealed class SpaceCopy
{
    private readonly List<AreaRow> _areas = [];
    private readonly List<PageCopy> _pages = [];    // in order
    private readonly Counts _counts;

    private SpaceCopy(Space space, RestoreChecks checks)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
            _areas.Add(AreaRow.Of(space.Areas[index]));
        PageNumber from = default;
        while (space.Tables.TryNextTouched(from, space.Tables.End, out PageNumber page, out PageTableEntry entry))
        {
            from = page + PageCount.One;
            PageCopy copy = CopyOf(page, entry, checks);
            if (copy.Kind != PageKind.Other) _pages.Add(copy);
        }

        _counts = Counts.Of(space);
    }

    private enum PageKind
    {
        Other,    // a page of the cache, of the host, or none
        Zeros,
        Own,
        Unknown,    // its bytes could not be read, or may have been dropped
        Guard,
    }

    /// <summary>Copies a space as it is now.</summary>
    public static SpaceCopy Of(Space space, RestoreChecks checks) => new(space, checks);

    /// <summary>Compares the copy with the space after a restore. Returns the first difference in words; null: there is none.</summary>
    /// <param name="space">The space.</param>
    /// <param name="checks">Reads bytes.</param>
    /// <param name="keepsWritten">Written pages have kept their frames (<see cref="Snapshot.KeepsWrittenPages"/>).</param>
    public string? DifferenceFrom(Space space, RestoreChecks checks, bool keepsWritten)
    {
        SpaceCopy now = new(space, checks);
        int count = Math.Max(_areas.Count, now._areas.Count);
        for (int i = 0; i < count; i++)
        {
            AreaRow? then = i < _areas.Count ? _areas[i] : null, found = i < now._areas.Count ? now._areas[i] : null;
            if (then != found) return $"area {i} is {Text(found)}, and was {Text(then)}";
        }

        return DifferenceOfPages(now._pages, space, checks, keepsWritten) ?? _counts.DifferenceFrom(now._counts);
    }

    private string? DifferenceOfPages(List<PageCopy> found, Space space, RestoreChecks checks, bool keepsWritten)
    {
        int f = 0;
        foreach (PageCopy then in _pages)
        {
            if (f < found.Count && found[f].Page < then.Page) return Difference(new(found[f].Page, PageKind.Other, null), found[f]);
            bool isThere = f < found.Count && found[f].Page == then.Page;
            PageCopy now = isThere ? found[f++] : new(then.Page, PageKind.Other, null);
            if (Difference(then, now) is not { } difference) continue;
            return $"{difference}. {CauseOf(space, then.Page, checks, keepsWritten)}";
        }

        return f < found.Count ? Difference(new(found[f].Page, PageKind.Other, null), found[f]) : null;
    }

    private static string? Difference(PageCopy then, PageCopy now)
    {
        if (then.Kind == PageKind.Unknown || now.Kind == PageKind.Unknown) return null;
        if (then.Kind != now.Kind) return $"page {then.Page.Value:x5} is {Text(now.Kind)}, and was {Text(then.Kind)}";
        if (then.Kind != PageKind.Own || ByteCopy.FindDifference(then.Bytes, now.Bytes) is not { } difference) return null;
        return $"page {then.Page.Value:x5} has {difference}";
    }

    private static string CauseOf(Space space, PageNumber page, RestoreChecks checks, bool keepsWritten)
    {
        if (checks.IsPinned(space, page)) return "The host has pinned the page, and may write it at any time";
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent && SwapEntry.From(entry).IsSwap) return "The page lies on a swap device, whose store has returned other bytes";
        if (entry.IsPresent && EntryWords.IsImagePage(entry, checks.Frames)) return "The page is of an image, which something has written";
        if (keepsWritten) return "The snapshot keeps written pages: a span from before the restore may have written this one";
        return "No cause is known: the host has written the frame itself, through a span or by its number, or the restore is wrong";
    }

    private static PageCopy CopyOf(PageNumber page, PageTableEntry entry, RestoreChecks checks)
    {
        if (!entry.IsPresent)
        {
            if (SwapEntry.From(entry).Marker == PageMarker.Guard) return new(page, PageKind.Guard, null);
            if (checks.Swap.From(entry) is not { IsSwap: true } slot) return new(page, PageKind.Other, null);
            return checks.TryCopy(slot, out byte[]? bytes) ? new(page, PageKind.Own, bytes) : new(page, PageKind.Unknown, null);
        }

        if (EntryWords.IsImagePage(entry, checks.Frames)) return new(page, PageKind.Own, checks.Copy(entry.Frame));
        if (EntryWords.IsZeroPage(entry)) return new(page, PageKind.Zeros, null);
        if (EntryWords.IsSpecial(entry)) return new(page, PageKind.Other, null);
        FrameDescriptor descriptor = checks.Frames.Shown(entry.Frame);
        if (!EntryWords.IsOwnPage(descriptor)) return new(page, PageKind.Other, null);
        // Given up by MADV_FREE, also if reclaim has put it back on its list because another process's entry was dirty then.
        bool mayGo = (descriptor.Flags & PageFlags.FileBacked) != FrameFlags.None
            || (descriptor.State == FrameState.Anonymous && !entry.IsDirty && (descriptor.Flags & PageFlags.Dirty) == FrameFlags.None);
        return mayGo ? new(page, PageKind.Unknown, null) : new(page, PageKind.Own, checks.Copy(entry.Frame));
    }

    private static string Text(AreaRow? area) => area is { } row ? row.ToString() : "not there";

    private static string Text(PageKind kind) => kind switch
    {
        PageKind.Zeros => "the zero page",
        PageKind.Own => "a private page",
        PageKind.Guard => "a guard",
        _ => "no private page",
    };

    private readonly record struct PageCopy(PageNumber Page, PageKind Kind, byte[]? Bytes);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct AreaRow(PageNumber First, PageCount Count, AreaFlags Flags, OpenFileIndex File, uint Offset)
    {
        public static AreaRow Of(in Area area) =>
            new(area.First, area.Count, area.Flags, area.File, area.File.IsSome ? area.OffsetOf(area.First).Value : 0);

        public override string ToString() =>
            $"{First.Value:x5} to {(First + Count).Value:x5} with {Flags}"
            + (File.IsSome ? $" from page {Offset} of file {File.Value}" : "");
    }

    /// <summary>The counts of a space. A private page counts in RAM and on a swap device.</summary>
    private readonly record struct Counts(VirtualAddress Break, long Total, long Data, long Stack, long Code, long Locked)
    {
        public static Counts Of(Space space)
        {
            ref readonly MemoryStatistics statistics = ref space.Statistics;
            return new(space.Break, statistics.Total, statistics.Data, statistics.Stack, statistics.Code, statistics.Locked);
        }

        public string? DifferenceFrom(Counts now) => now == this ? null : $"the counts are {now}, and were {this}";
    }
}

/// <summary>Copied bytes of a page; null stands for zeros.</summary>
internal static class ByteCopy
{
    /// <summary>The first byte in which a page differs from its copy, in words; null: they are equal.</summary>
    public static string? FindDifference(byte[]? then, byte[]? now)
    {
        if (then is null && now is null) return null;
        ReadOnlySpan<byte> one = then, other = now;
        int at = then is null ? other.IndexOfAnyExcept((byte)0) : now is null ? one.IndexOfAnyExcept((byte)0)
            : one.CommonPrefixLength(other);
        if (at < 0 || at >= FrameBytes.Length) return null;
        return $"byte {at:x3} = {now?[at] ?? 0:x2}, and had {then?[at] ?? 0:x2}";
    }
}
