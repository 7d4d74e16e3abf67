using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>A listed frame as <see cref="ReclaimModel"/> sees it.</summary>
internal sealed class ModelFrame(FrameNumber frame)
{
    public FrameNumber Frame => frame;
    public bool IsFile { get; init; }
    public bool HasSlot { get; init; }
    public bool IsDirty { get; init; }
    public bool IsLocked { get; init; }
    public bool IsCode { get; init; }

    /// <summary>A process that maps the page; null if none does.</summary>
    public UserProcess? Mapper { get; init; }

    public PageNumber Page { get; init; }

    /// <summary>Its page in the file.</summary>
    public uint FilePage { get; init; }

    /// <summary>The slot that the swap cache has it for.</summary>
    public uint Slot { get; init; }

    /// <summary>How many entries were used, those of sequential readers not counted.</summary>
    public int Uses { get; set; }

    /// <summary>The mark that a use leaves for one pass.</summary>
    public bool IsMarked { get; set; }

    public long EvictedAt { get; set; }
}

/// <summary>The model's count of the work of reclaim, in the engine's counters.</summary>
internal record struct ReclaimTally(
    long Scanned, long ScannedFile, long Reclaimed, long ReclaimedFile, long Activated, long Deactivated, long SwapWrites, long CleanDrops,
    long LazyFreed, long FileDrops, long Refaulted, long RefaultedFile, long RefaultedActive, long RefaultedActiveFile)
{
    public static ReclaimTally Of(ReclaimCounters counters) => new(
        counters.Scanned, counters.ScannedFile, counters.Reclaimed, counters.ReclaimedFile, counters.Activated, counters.Deactivated,
        counters.SwapWrites, counters.CleanDrops, counters.LazyFreed, counters.FileDrops, counters.Refaulted, counters.RefaultedFile,
        counters.RefaultedActive, counters.RefaultedActiveFile);
}

/// <summary>Reads frames and entries of the processes of a group, by looking at every page that they have.</summary>
internal sealed class ReclaimModelPages(World world, IReadOnlyList<UserProcess> processes, int pageCount)
{
    public ModelFrame Look(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref world.Machine.Frames[frame];
        bool isWritten = false, isLocked = false, isCode = false;
        int uses = 0;
        PageNumber where = default;
        UserProcess? mapper = null;
        foreach (UserProcess process in processes)
        {
            Space space = process.Memory.Space;
            for (int page = 0; page < pageCount; page++)
            {
                PageTableEntry entry = space.Tables.Read(World.At(page).Page);
                if (!entry.IsPresent || entry.Frame != frame) continue;
                ref Area area = ref space.Areas[space.Areas.Tree.Covering(World.At(page).Page)];
                isWritten |= entry.IsDirty;
                isLocked |= (area.Flags & AreaFlags.Locked) != 0;
                isCode |= (area.Flags & AreaFlags.Execute) != 0;
                if (entry.IsAccessed && (area.Flags & AreaFlags.SequentialRead) == 0) uses++;
                (mapper, where) = (process, World.At(page).Page);
            }
        }

        return new(frame)
        {
            IsFile = descriptor.State == FrameState.PageCache,
            HasSlot = descriptor.State == FrameState.SwapCache,
            IsDirty = isWritten || (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None,
            IsMarked = (descriptor.Flags & PageFlags.Referenced) != FrameFlags.None,
            IsLocked = isLocked,
            IsCode = isCode,
            Uses = uses,
            Mapper = mapper,
            Page = where,
            FilePage = descriptor.Index,
            Slot = descriptor.State == FrameState.SwapCache ? world.Engine.Parts.Files.Swap.EntryOf(frame).Slot : 0
        };
    }

    /// <summary>The key of an evicted page in the history: its page in the file, or its slot, which the entry now names.</summary>
    public (bool IsFile, uint Index) PlaceOf(ModelFrame evicted)
    {
        if (evicted.IsFile) return (true, evicted.FilePage);
        if (evicted.HasSlot) return (false, evicted.Slot);
        if (evicted.Mapper is { } mapper && SlotOf(mapper, evicted.Page) is { } slot) return (false, slot);
        throw new InvalidOperationException($"The page {evicted.Page.Value:x} was evicted, and no entry has its slot.");
    }

    public static uint? SlotOf(UserProcess process, PageNumber page)
    {
        PageTableEntry entry = process.Memory.Space.Tables.Read(page);
        return !entry.IsPresent && SwapEntry.From(entry) is { IsSwap: true } swapped ? swapped.Slot : null;
    }
}
