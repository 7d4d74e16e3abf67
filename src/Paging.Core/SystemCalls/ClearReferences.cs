using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements clear_refs: lets an observer see the pages that a process uses and writes from now on.</summary>
/// <remarks>Cost: O(present pages). Linux: fs/proc/task_mmu.c clear_refs_write, clear_refs_pte_range, clear_soft_dirty.</remarks>
internal sealed class ClearReferences(FrameTable frames)
{
    public Errno Execute(Space space, ReferenceKind kind)
    {
        switch (kind)
        {
            case ReferenceKind.PeakResident:
                space.Statistics.PeakResident = space.Statistics.Resident;
                return Errno.None;
            case ReferenceKind.All or ReferenceKind.Anonymous or ReferenceKind.Mapped or ReferenceKind.SoftDirty:
                break;
            default:
                return Errno.EINVAL;
        }

        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (area.Has(AreaFlags.Foreign)) continue;    // reserved by the embedder
            if (kind == ReferenceKind.SoftDirty && !space.Areas.TryKeep(index)) return Errno.ENOMEM;
            if (kind == ReferenceKind.SoftDirty) ForgetWrites(space, ref space.Areas.Changing(index));
            else if (kind == ReferenceKind.All || (kind == ReferenceKind.Anonymous) == area.IsAnonymous) ForgetUse(space, area);
        }

        return Errno.None;
    }

    /// <summary>Makes the next write to each page fault, so that it marks the entry again.</summary>
    private static void ForgetWrites(Space space, ref Area area)
    {
        area.Flags |= AreaFlags.SoftClean;    // from now on the entries decide, not the area (Q4)
        WrittenRule rule = default;
        space.Tables.ObserveRange(area.Range, ref rule);
    }

    private void ForgetUse(Space space, in Area area)
    {
        UsedRule rule = new(frames);
        space.Tables.ObserveRange(area.Range, ref rule);
    }

    private readonly struct WrittenRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) =>
            entry.IsPresent ? entry.WithoutWritable().WithoutSoftware2() : entry;
    }

    private readonly struct UsedRule(FrameTable frames) : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry)
        {
            if (!entry.IsPresent || EntryWords.IsSpecial(entry)) return entry;    // no page of the engine: vm_normal_folio
            frames.Named(entry.Frame).Flags &= ~PageFlags.Referenced;    // smaps reports either as a use: clear_refs_pte_range
            return entry.WithoutAccessed();
        }
    }
}
