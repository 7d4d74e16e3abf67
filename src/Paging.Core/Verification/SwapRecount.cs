using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Checks Z1–Z5 (page tables against swap slots) and Y1–Y3 (frames on the reclaim lists).</summary>
internal sealed class SwapRecount(EngineParts parts)
{
    private readonly Dictionary<uint, uint> _users = [];
    private readonly HashSet<uint> _exclusive = [];

    /// <summary>Counts the swap entries of a space.</summary>
    public void Count(Space space, AuditReport report)
    {
        foreach ((PageNumber page, PageTableEntry word) in space.Tables.TouchedIn(space.Tables.UserPages))
        {
            SwapEntry entry = space.SlotOf(word);
            if (word.IsPresent || !entry.IsSwap) continue;
            uint key = entry.Key;
            _users[key] = _users.GetValueOrDefault(key) + 1;
            if (entry.IsExclusive) _exclusive.Add(key);
            AreaIndex index = space.Areas.Tree.Covering(page);
            if (index.IsSome && (space.Areas[index].Has(AreaFlags.Shared) || space.Areas[index].Root.IsNone))
                report.Add("Z3", $"process {space.ProcessId} page {page}: {entry} in an area that is shared or has no history");
        }
    }

    /// <summary>Counts a snapshot as a user of a slot.</summary>
    public void CountUser(SwapEntry entry)
    {
        uint key = entry.Key;
        _users[key] = _users.GetValueOrDefault(key) + 1;
    }

    public void Compare(AuditReport report)
    {
        foreach (FileObject file in parts.Files.OpenFiles.Objects) CountShared(file, report);
        uint cached = 0;
        foreach (SwapDevice device in parts.Files.Swap.Devices)
        {
            uint used = 0;
            for (uint slot = 0; slot < device.SlotCount; slot++)
            {
                SwapEntry entry = SwapEntry.ForSlot(device.Number, slot);
                if (device.IsTaken(slot)) used++;
                _users.Remove(entry.Key, out uint users);    // what is left names slots of no device
                if (users != device.UsersOf(slot))    // first, as the text costs more than the rest
                    report.AddIfDifferent("Z1", $"{entry} of {device.Name}: users", users, device.UsersOf(slot));
                if (_exclusive.Contains(entry.Key) && users != 1)
                    report.Add("Z3", $"{entry} of {device.Name} is exclusive, yet its slot has {users} users");
                if (device.FrameOf(slot).Value == 0) continue;
                cached++;
                CheckCached(entry, device.FrameOf(slot), report);
            }

            report.AddIfDifferent("Z2", $"{device.Name}: slots in use", used, device.UsedSlotCount);
        }

        foreach (uint key in _users.Keys)
            report.Add("Z1", $"{SwapEntry.FromKey(key)} is named by an entry, but there is no such slot");
        report.AddIfDifferent("Z4", "frames in state SwapCache", cached, parts.Machine.Frames.CountOf(FrameState.SwapCache).Value);
        CheckLists(report);
    }

    // Z5  a page of shared memory is in a frame or in a slot, never in both; pages of files have no slot.
    private void CountShared(FileObject file, AuditReport report)
    {
        parts.Files.Cache.Forest.Audit(in file.Swapped, report);
        for (FilePage from = default; parts.Files.SharedSwap.TryNext(file, from, out FilePage page, out SwapEntry entry); from = page.Next)
        {
            string where = $"object {file.Number} page {page}: {entry}";
            if (!file.IsMemory) report.Add("Z5", $"{where}, of a file that has a backing");
            if (parts.Files.Cache.TryFind(file, page, out _)) report.Add("Z5", $"{where}, and in a frame as well");
            _users[entry.Key] = _users.GetValueOrDefault(entry.Key) + 1;
            if (page == FilePage.Last) break;
        }

        CountSupplied(file, report);
    }

    // Z6  a page that lies in the image of a clone is in no frame and on no slot, and within its memory.
    private void CountSupplied(FileObject file, AuditReport report)
    {
        if (file.Supplied is not { } supplied) return;
        uint count = 0;
        for (FilePage from = default; supplied.TryNext(from, out FilePage page, out _); from = page.Next)
        {
            count++;
            string where = $"object {file.Number} page {page}, in an image";
            if (parts.Files.Cache.TryFind(file, page, out _)) report.Add("Z6", $"{where}, and in a frame as well");
            if (parts.Files.SharedSwap.EntryOf(file, page).IsSwap) report.Add("Z6", $"{where}, and on a slot as well");
            if (!file.Contains(page)) report.Add("Z6", $"{where}, beyond the end");
            if (page == FilePage.Last) break;
        }

        report.AddIfDifferent("Z6", $"object {file.Number}: pages in an image", count, supplied.Count);
    }

    private void CheckCached(SwapEntry entry, FrameNumber frame, AuditReport report)
    {
        ref FrameDescriptor descriptor = ref parts.Machine.Frames[frame];
        if (descriptor.State != FrameState.SwapCache || descriptor.Private != entry.Key)
            report.Add("Z4", $"{entry}: frame {frame.Value:x5} is {descriptor.State} of {SwapEntry.FromKey(descriptor.Private)}");
        if (_exclusive.Contains(entry.Key) && descriptor.MapCount != 0)
            report.Add("Z3", $"{entry} is exclusive, yet its frame {frame.Value:x5} is mapped {descriptor.MapCount} times");
    }

    // Y3  a page is on a list if and only if it can be brought back. One that only a foreign space remembers is on a list of its own (I11).
    private void CheckLists(AuditReport report)
    {
        parts.Machine.Lists.Audit(report);
        for (uint frame = 0; frame < parts.Machine.Frames.Count.Value; frame++)
        {
            FrameDescriptor descriptor = parts.Machine.Frames.Shown(new(frame));
            FrameNumber number = new(frame);
            bool isTail = HugeBlocks.IsPart(descriptor) && parts.Machine.HugeBlocks.FirstOf(number) != number
                && parts.Machine.HugeBlocks.LeavesOf(number) != 0;    // listed by its first frame
            bool belongs = (EntryWords.IsOwnPage(descriptor) || descriptor.State == FrameState.PageCache) && !isTail;
            bool isListed = (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None;
            bool isForeign = belongs && SpaceOwner.Is(descriptor.Owner)
                && descriptor is { MapCount: 0, State: not FrameState.PageCache };
            if (belongs != isListed && !isForeign)
                report.Add("Y3", $"frame {frame:x5} is {descriptor.State} with flags {descriptor.Flags}");
        }
    }
}
