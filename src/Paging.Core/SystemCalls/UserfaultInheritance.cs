using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Passes a registration on, or removes it, when its area is copied: by fork to a child, by mremap to another place.</summary>
/// <remarks>Linux: dup_userfaultfd, mremap_userfaultfd_prep, userfaultfd_reset_ctx (fs/userfaultfd.c, mm/userfaultfd.c).</remarks>
internal static class UserfaultInheritance
{
    /// <summary>Registers a child's area with a userfaultfd of its own, if the parent's reports forks. Otherwise unregisters it.</summary>
    public static void Settle(Space parent, Space child, ref Area copy)
    {
        if (parent.Userfaults?.Find(copy) is { } context && context.Has(UserfaultFeatures.Fork))
        {
            UserfaultRegistration.TableOf(child).Inherit(context);
            return;
        }

        copy.Reporter = 0;
        copy.Flags &= ~AreaFlags.Reports;    // the child has no descriptor that could read reports
    }

    /// <summary>Reports a fork that has succeeded. Linux: dup_userfaultfd_complete.</summary>
    public static void Report(Space parent, Space child)
    {
        foreach (UserfaultContext context in parent.Userfaults!.All)
        {
            if (child.Userfaults!.HeirOf(context) is { } heir) context.Add(new(UserfaultMessageKind.Fork, default, default, heir));
        }
    }

    /// <summary>Returns the userfaultfd that follows an area that moves; null if the new place is not registered.</summary>
    public static UserfaultContext? FollowerOf(Space space, in Area area) =>
        space.Userfaults?.Find(area) is { } context && context.Has(UserfaultFeatures.Remap) ? context : null;

    /// <summary>
    /// Removes the registration of the areas of a range that an area has moved into without remap events. The range has the areas that
    /// the moved one was merged with, which lose theirs with it.
    /// </summary>
    /// <remarks>
    /// Linux: the merge compares the registration that the area had before the
    /// move (copy_vma), and mremap_userfaultfd_prep then resets that of the whole area.
    /// </remarks>
    public static void Unregister(Space space, PageRange range)
    {
        for (AreaIndex index = space.Areas.Tree.FirstEndingAfter(range.First); index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (area.First >= range.End) break;
            space.Areas.SetFlags(index, area.Flags & ~AreaFlags.Reports);    // checks that a snapshot has the old record
            area.Reporter = 0;
        }

        TakeProtection(space, range);
    }

    /// <summary>Removes the protection of all pages of a range. Linux: uffd_wp_range, copy_present_ptes, clear_uffd_wp_pmd.</summary>
    public static void TakeProtection(Space space, PageRange range)
    {
        UnprotectRule rule = default;
        space.Tables.ObserveRange(range, ref rule);
    }

    private readonly struct UnprotectRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) =>
            EntryWords.HasProtection(entry) ? EntryWords.Unprotected(entry) : entry;
    }
}
