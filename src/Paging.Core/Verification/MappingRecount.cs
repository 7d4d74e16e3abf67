using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Checks F4, F7, F8, W6 and E1–E9: compares the page tables with the frame descriptors. The tables are the truth.</summary>
internal sealed class MappingRecount(EngineParts parts)
{
    private readonly uint[] _mappings = new uint[parts.Machine.Frames.Count.Value];
    private readonly uint[] _pins = new uint[parts.Machine.Frames.Count.Value];
    private readonly bool[] _isWritten = Check.Thorough ? new bool[parts.Machine.Frames.Count.Value] : [];    // by frame: an entry has D

    /// <summary>Counts the entries of a space and checks each against its area.</summary>
    public void Count(Space space, AuditReport report)
    {
        PageNumber from = default;
        while (space.Tables.TryNextTouched(from, space.Tables.End, out PageNumber page, out PageTableEntry entry))
        {
            from = space.Tables.Huge.Has(page) ? space.Tables.Huge.RangeOf(page).End : page + PageCount.One;    // a leaf is one mapping
            if (space.Foreign is not null)
            {
                if (entry.IsPresent) CountForeign(space, page, entry, report);
                else if (space.Foreign.FrameOf(entry) is { Value: not 0 } held) CountHeld(space, page, held, report);
                continue;
            }

            AreaIndex index = space.Areas.Tree.Covering(page);
            if (index.IsNone) report.Add("E1", $"process {space.ProcessId} page {page}: an entry without an area: {entry}");
            else if (entry.IsPresent) CheckEntry(space, space.Areas[index], page, entry, report);
            else if (SwapEntry.From(entry).Marker == PageMarker.Guard && !space.Areas[index].Has(AreaFlags.MayHaveGuards))
                report.Add("E7", $"process {space.ProcessId} page {page}: {entry} in an area that has no guards, so a fork would lose it");
            if (index.IsSome && EntryWords.HasProtection(entry))
                CheckProtection(space.Areas[index], new(space.ProcessId, page, entry), report);
            if (entry.IsPresent && !EntryWords.IsSpecial(entry))
            {
                if (entry.Frame.Value < _mappings.Length) _mappings[(int)entry.Frame.Value]++;    // beyond RAM: P4 reports it
                NoteWritten(entry, (from - page).Value);
            }

            for (uint i = 1; i < (from - page).Value && space.HugeLines.IsOfObject(entry) && entry.Frame.Value + i < _mappings.Length; i++)
                _mappings[(int)(entry.Frame.Value + i)]++;    // each page of an object is mapped
        }
    }

    /// <summary>E9  a transition entry of a foreign space keeps a frame of RAM.</summary>
    private void CountHeld(Space space, PageNumber page, FrameNumber frame, AuditReport report)
    {
        if (frame.Value < _pins.Length) _pins[(int)frame.Value]++;
        else report.Add("E9", $"process {space.ProcessId} page {page}: keeps frame {frame.Value:x5}, beyond RAM");
    }

    /// <summary>E9  a private frame of a foreign space names the space and the page, and has no other mapping.</summary>
    private void CountForeign(Space space, PageNumber page, PageTableEntry entry, AuditReport report)
    {
        if (entry.Frame.Value >= _mappings.Length) return;    // P4 reports it
        _mappings[(int)entry.Frame.Value]++;
        NoteWritten(entry, 1);
        ref FrameDescriptor descriptor = ref parts.Machine.Frames[entry.Frame];
        if (!EntryWords.IsOwnPage(descriptor)) return;
        bool isItsOwn = descriptor.Owner == SpaceOwner.Of(space.Index) && descriptor.Index == page.Value && descriptor.MapCount == 1;
        if (!isItsOwn) report.Add("E9", $"process {space.ProcessId} page {page}: its frame is of owner {descriptor.Owner:x8} page " +
            $"{descriptor.Index:x5} and has {descriptor.MapCount} mappings");
    }

    /// <summary>Compares the counts with every descriptor.</summary>
    /// <param name="holds">The number of references that snapshots hold, by frame.</param>
    /// <param name="report">Receives the findings.</param>
    public void Compare(ReadOnlySpan<uint> holds, AuditReport report)
    {
        foreach (PinTable.Pin pin in parts.Machine.Pins.All)
        {
            _pins[(int)pin.Frame.Value]++;
            FrameState state = parts.Machine.Frames[pin.Frame].State;
            FrameNumber block = parts.Machine.HugePool.FirstOf(pin.Frame);
            bool isOfPool = state == FrameState.Kernel && parts.Machine.Frames[block].ReferenceCount > 1;
            if (!isOfPool && state is not (FrameState.Anonymous or FrameState.SwapCache or FrameState.PageCache or FrameState.Allocated))
                report.Add("F8", $"frame {pin.Frame.Value:x5} is pinned and {state}");
        }

        for (uint frame = 0; frame < _mappings.Length; frame++)
        {
            FrameDescriptor descriptor = parts.Machine.Frames.Shown(new(frame));
            if (descriptor.State == FrameState.Reserved) continue;    // never counted (F3)
            if (_mappings[frame] != descriptor.MapCount)    // first here and below, as the text costs more than the rest
                report.AddIfDifferent("F4", $"frame {frame:x5} {descriptor.State}: mappings", _mappings[frame], descriptor.MapCount);
            bool isCounted = descriptor.State is FrameState.Anonymous or FrameState.SwapCache or FrameState.PageCache
                or FrameState.Allocated;
            if (!isCounted) continue;    // tables and frames of the host: their owners count otherwise
            uint cacheHolds = descriptor.State is FrameState.PageCache or FrameState.SwapCache ? 1u : 0u;    // F7
            FrameNumber number = new(frame);
            bool isTail = HugeBlocks.IsPart(descriptor) && parts.Machine.HugeBlocks.FirstOf(number) != number;
            if (isTail && parts.Machine.HugeBlocks.LeavesOf(number) != 0) cacheHolds++;    // all leaves together hold it
            uint references = _mappings[frame] + cacheHolds + holds[(int)frame] + _pins[(int)frame];
            if (references != descriptor.ReferenceCount)
                report.AddIfDifferent("F7", $"frame {frame:x5} {descriptor.State}: references", references, descriptor.ReferenceCount);
            if (Check.Thorough && descriptor.State == FrameState.PageCache) CheckUnwritten(number, descriptor, report);
        }
    }

    /// <summary>W6  a page of shared memory that nothing marks as written holds zeros, because reclaim drops it unwritten.</summary>
    private void CheckUnwritten(FrameNumber frame, in FrameDescriptor descriptor, AuditReport report)
    {
        bool isUnwritten = descriptor.Kind == (byte)ResidentKind.Shared && (descriptor.Flags & PageFlags.Dirty) == FrameFlags.None
            && !_isWritten[(int)frame.Value];
        if (isUnwritten && !parts.Machine.Ram.IsZero(frame))
            report.Add("W6", $"frame {frame.Value:x5}, object {descriptor.Owner} page {descriptor.Index}: has bytes, but no mark shows " +
                "that it was written, so reclaim would drop them");
    }

    private void NoteWritten(PageTableEntry entry, uint pageCount)
    {
        if (!entry.IsDirty) return;
        for (uint i = 0; i < pageCount && entry.Frame.Value + i < _isWritten.Length; i++) _isWritten[(int)(entry.Frame.Value + i)] = true;
    }

    /// <summary>E8  a protected page is not writable, and its area reports writes.</summary>
    private static void CheckProtection(in Area area, EntryPlace where, AuditReport report)
    {
        if (where.Entry is { IsPresent: true, IsWritable: true }) report.Add("E8", $"{where}: protected, but writable");
        if (!area.Has(AreaFlags.ReportsWrites)) report.Add("E8", $"{where}: protected in an area that does not report writes");
    }

    private void CheckEntry(Space space, in Area area, PageNumber page, PageTableEntry entry, AuditReport report)
    {
        EntryPlace where = new(space.ProcessId, page, entry);
        bool mayWrite = area.Has(AreaFlags.Write);
        if (entry.IsUser != area.IsAccessible) report.Add("E2", $"{where}: the user bit does not fit the area's rights");
        if (entry.IsWritable && !mayWrite) report.Add("E2", $"{where}: writable in an area that is not");
        if (space.Tables.IsWide && entry.IsNoExecute == area.Has(AreaFlags.Execute))
            report.Add("E2", $"{where}: NX does not fit the area's rights");
        if (entry.Frame == EntryWords.ZeroFrame && entry.IsWritable) report.Add("E3", $"{where}: the zero page is writable");
        if (EntryWords.IsSpecial(entry) || area.Has(AreaFlags.Device))
        {
            CheckSpecialPage(space, area, where, report);
            return;
        }

        if (entry.Frame.Value >= _mappings.Length) return;    // P4 reports it
        ref FrameDescriptor descriptor = ref parts.Machine.Frames[entry.Frame];
        if (EntryWords.IsOwnPage(descriptor)) CheckOwnPage(area, where, descriptor, report);
        if (descriptor.State == FrameState.PageCache) CheckCachedPage(area, where, descriptor, report);
    }

    /// <summary>
    /// E6  a frame that is not counted is the zero page's, one of an image, or the one that its area's device names for the page.
    /// </summary>
    private void CheckSpecialPage(Space space, in Area area, EntryPlace where, AuditReport report)
    {
        (_, PageNumber page, PageTableEntry entry) = where;
        FileObject? file = area.Has(AreaFlags.Device) ? parts.Files.OpenFiles.ObjectOf(area.File) : null;
        if (file is null && EntryWords.IsImagePage(entry, parts.Machine.Frames))
        {
            bool isShown = parts.Machine.Ram.HasBytes(entry.Frame) && !entry.IsWritable && !area.Has(AreaFlags.Shared);
            if (!isShown) report.Add("E6", $"{where}: a page of an image is read-only, and in a private area");
            return;
        }

        FrameNumber zeros = space.Tables.Huge.Has(page) ? parts.Machine.HugeBlocks.ZeroBlock : EntryWords.ZeroFrame;
        FrameNumber expected = file is null ? zeros : file.HostFrames + new FrameCount(area.OffsetOf(page).Value);
        if (!EntryWords.IsSpecial(entry) || entry.Frame != expected || file?.Device is not null
            || (file?.IsRom == true && entry.IsWritable))
            report.Add("E6", $"{where}: not the frame {expected.Value:x5}, which is not counted");
    }

    private void CheckOwnPage(in Area area, EntryPlace where, in FrameDescriptor descriptor, AuditReport report)
    {
        (_, PageNumber page, PageTableEntry entry) = where;
        if (area.Has(AreaFlags.Shared)) report.Add("E4", $"{where}: a private page in a shared area");
        if (entry.IsWritable && !EntryWords.IsExclusive(entry)) report.Add("E3", $"{where}: writable, but not exclusive");
        if (EntryWords.IsExclusive(entry) && descriptor.MapCount != 1)
            report.Add("E3", $"{where}: exclusive, but mapped {descriptor.MapCount} times");
        if (EntryWords.IsExclusive(entry) && descriptor.State == FrameState.SwapCache && SlotUsersOf(entry.Frame) is > 0 and uint users)
            report.Add("E3", $"{where}: exclusive, but its slot has {users} users");
        if (area.OffsetOf(page).Value != descriptor.Index)
            report.AddIfDifferent("E4", $"{where}: the frame's index", area.OffsetOf(page).Value, descriptor.Index);
        if (area.Root.IsNone) report.Add("E4", $"{where}: a private page in an area without an anonymous root");
        else if (!IsInChain(area, descriptor.Owner))
            report.Add("E4", $"{where}: the frame's root {descriptor.Owner} is not one of its area's roots");
    }

    private uint SlotUsersOf(FrameNumber frame)
    {
        SwapEntry slot = parts.Files.Swap.EntryOf(frame);
        return parts.Files.Swap.DeviceOf(slot).UsersOf(slot.Slot);
    }

    /// <summary>Returns true if the root is in the area's chain. Only then does a search from the frame find this area.</summary>
    private bool IsInChain(in Area area, uint root)
    {
        AnonymousLinkIndex link = area.Chain;
        while (link.IsSome && parts.Machine.Areas.Roots[link].Root.Value != root) link = parts.Machine.Areas.Roots[link].NextOfArea;
        return link.IsSome;
    }

    private void CheckCachedPage(in Area area, EntryPlace where, in FrameDescriptor descriptor, AuditReport report)
    {
        (_, PageNumber page, PageTableEntry entry) = where;
        if (area.IsAnonymous)
        {
            report.Add("E4", $"{where}: a cached page in anonymous memory");
            return;
        }

        FileObject file = parts.Files.OpenFiles.ObjectOf(area.File);
        if (file.Number != descriptor.Owner) report.AddIfDifferent("E4", $"{where}: the frame's object", file.Number, descriptor.Owner);
        if (area.OffsetOf(page).Value != descriptor.Index)
            report.AddIfDifferent("E4", $"{where}: the frame's index", area.OffsetOf(page).Value, descriptor.Index);
        if (entry.IsWritable && !area.Has(AreaFlags.Shared)) report.Add("E3", $"{where}: the cache is writable through a private area");
        if (entry.IsWritable && !file.IsMemory && !parts.Files.Cache.HasTag(file, new(descriptor.Index), RadixTag.Dirty))
            report.Add("E5", $"{where}: writable, but the page is not tagged dirty");
    }
}
