using Paging.Core.Faults;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements mprotect(2), area after area.</summary>
/// <remarks>An error leaves the earlier areas changed. Linux: mm/mprotect.c do_mprotect_pkey, mprotect_fixup, change_pte_range.</remarks>
internal sealed class ProtectOperation(FrameTable frames, Commitment commitment, Populate populate)
{
    private const MemoryProtection Growth = MemoryProtection.GrowsDown | MemoryProtection.GrowsUp;
    private const MemoryProtection Known = MemoryProtection.All | MemoryProtection.Semaphore;

    public Errno Execute(Space space, VirtualAddress start, uint byteLength, MemoryProtection protection)
    {
        MemoryProtection growth = protection & Growth;
        protection &= ~Growth;
        if (growth == Growth || !start.IsPageAligned) return Errno.EINVAL;
        if (byteLength == 0) return Errno.None;
        if (!PageRange.TryCover(start, byteLength, out PageRange range)) return Errno.ENOMEM;    // madvise returns EINVAL here
        if ((protection & ~Known) != 0) return Errno.EINVAL;    // after the range: arch_validate_prot

        AreaIndex index = space.Areas.Tree.FirstIn(range);
        if (index.IsNone) return Errno.ENOMEM;
        if ((growth & MemoryProtection.GrowsDown) != 0)
        {
            range = PageRange.Between(space.Areas[index].First, range.End);
            if (!space.Areas[index].Has(AreaFlags.GrowsDown)) return Errno.EINVAL;
        }
        else
        {
            if (space.Areas[index].First > range.First) return Errno.ENOMEM;
            if (growth != 0) return Errno.EINVAL;    // GrowsUp: no area of x86 grows up
        }

        AreaFlags rights = (AreaFlags)protection & AreaFlags.Rights;
        bool executes = space.ReadImpliesExecute && (rights & AreaFlags.Read) != 0;
        if (executes) rights |= AreaFlags.Execute;    // every area has VM_MAYEXEC
        return ChangeEach(space, index, range, rights);
    }

    private Errno ChangeEach(Space space, AreaIndex index, PageRange range, AreaFlags rights)
    {
        PageNumber page = range.First;
        while (page < range.End)
        {
            if (index.IsNone || space.Areas[index].First > page) return Errno.ENOMEM;
            ref Area area = ref space.Areas[index];
            if (area.Has(AreaFlags.Foreign)) return Errno.EACCES;
            AreaFlags flags = (area.Flags & ~AreaFlags.Rights) | rights;
            AreaFlags possible = (AreaFlags)((uint)flags >> 4) | AreaFlags.Read;    // a May flag lies four bits above its right
            if ((rights & ~possible) != 0 || space.RefusesGain(area.Flags, flags)) return Errno.EACCES;

            PageNumber end = area.End < range.End ? area.End : range.End;
            Errno error = Change(space, index, PageRange.Between(page, end), flags);
            if (error != Errno.None) return error;
            page = end;
            if (page < range.End) index = space.Areas.Tree.FirstEndingAfter(page);
        }

        return Errno.None;
    }

    /// <summary>Gives a part of an area new rights. Linux: mprotect_fixup.</summary>
    private Errno Change(Space space, AreaIndex index, PageRange part, AreaFlags flags)
    {
        ref Area area = ref space.Areas[index];
        AreaFlags old = area.Flags;
        if ((old & AreaFlags.Sealed) != 0) return Errno.EPERM;    // even if the rights stay the same: mprotect_fixup
        if (flags == old) return Errno.None;

        long pages = part.Count.Value;
        long charged = 0;
        bool isOfPool = space.Areas.IsOfPool(area);
        if ((flags & AreaFlags.Write) != 0)
        {
            // No page is added, so only RLIMIT_DATA can refuse. Where RLIMIT_AS is exceeded as well, Linux refuses nothing.
            if (!MemoryLimits.MayExpand(space, flags, pages) && MemoryLimits.MayExpand(space, old, pages)) return Errno.ENOMEM;
            // Read-only memory was not committed when it was mapped.
            if ((old & (AreaFlags.Accounted | AreaFlags.Write | AreaFlags.Shared | AreaFlags.NoReserve)) == 0 && !isOfPool)
            {
                if (!commitment.TryCharge(pages)) return Errno.ENOMEM;
                charged = pages;
                flags |= AreaFlags.Accounted;
            }
        }
        else if (area.IsAnonymous && area.Root.IsNone)
        {
            flags &= ~AreaFlags.Accounted;    // nothing was ever written, so nothing needs room
        }

        Errno error = space.Areas.Modify(index, part, flags, out AreaIndex changed);
        if (error != Errno.None)
        {
            commitment.Uncharge(charged);
            return error;
        }

        space.Areas.SetFlags(changed, flags);
        // Classic entries do not show this right
        if ((old & ~flags & AreaFlags.Execute) != 0) space.Translations.InvalidateFetches(part);
        RewriteEntries(space, part, flags, isOfPool);
        if ((old & ~flags & AreaFlags.Accounted) != 0) commitment.Uncharge(pages);
        // Or each first write to a locked page would fault, to make a copy.
        if ((old & (AreaFlags.Write | AreaFlags.Shared | AreaFlags.Locked)) == AreaFlags.Locked && (flags & AreaFlags.Write) != 0)
            populate.FillWithoutWaiting(space, part);
        space.Statistics.Account(old, -pages);    // first, so that the peak does not count the pages twice
        space.Statistics.Account(flags, pages);
        return Errno.None;
    }

    /// <summary>Rewrites the entries for the new rights. Without rights a page is inaccessible; shared pages stay read-only.</summary>
    private void RewriteEntries(Space space, PageRange part, AreaFlags flags, bool isOfPool)
    {
        if (isOfPool && (flags & AreaFlags.Shared) == 0)
        {
            PoolRightsRule poolRule = new(flags);
            space.Tables.RewriteRange(part, ref poolRule);
            return;
        }

        RightsRule rule = new(frames, flags, space);
        space.Tables.RewriteRange(part, ref rule);
    }

    /// <summary>Makes private pages of the pool read-only after any change of rights, so that the next write faults.</summary>
    /// <remarks>Linux: hugetlb_change_protection.</remarks>
    private readonly struct PoolRightsRule(AreaFlags flags) : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry)
        {
            entry = EntryWords.WithFetch(entry.WithoutWritable().WithoutSoftware1(), flags);
            return (flags & AreaFlags.Rights) != 0 ? entry.WithUser() : entry.WithoutUser();
        }
    }

    private readonly struct RightsRule(FrameTable frames, AreaFlags flags, Space space) : IEntryRule
    {
        private readonly bool _accessible = (flags & AreaFlags.Rights) != 0;
        private readonly bool _writable = (flags & AreaFlags.Write) != 0;
        private readonly bool _softClean = (flags & AreaFlags.SoftClean) != 0;
        private readonly bool _shared = (flags & AreaFlags.Shared) != 0;

        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry)
        {
            if (!entry.IsPresent) return entry;
            entry = EntryWords.WithFetch(_accessible ? entry.WithUser() : entry.WithoutUser(), flags);
            bool opens = _writable && (entry.IsWritable || space.Observers.MayOpen(entry.Frame)) && MayWrite(entry);
            return opens ? entry.WithWritable() : entry.WithoutWritable();
        }

        // Linux: can_change_pte_writable. A shared page of a file stays read-only, so that its next write is noticed.
        private bool MayWrite(PageTableEntry entry) => (!_softClean || EntryWords.IsSoftDirty(entry)) && !EntryWords.IsProtected(entry) &&
            (_shared ? IsSharedMemory(entry) : EntryWords.IsExclusive(entry));

        private bool IsSharedMemory(PageTableEntry entry) =>
            EntryWords.IsSpecial(entry) || frames.Named(entry.Frame) is { Kind: (byte)ResidentKind.Shared } or { State: FrameState.Kernel };
    }
}
