using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Implements UFFDIO_REGISTER and UFFDIO_UNREGISTER, which decide the accesses that areas report to a userfaultfd.</summary>
/// <remarks>Linux: fs/userfaultfd.c userfaultfd_register, userfaultfd_unregister; mm/userfaultfd.c userfaultfd_register_range.</remarks>
internal sealed class UserfaultRegistration(OpenFileTable files)
{
    private const AreaFlags Unsuitable = AreaFlags.Foreign | AreaFlags.Device;

    /// <summary>Returns the userfaultfds of a space. Makes the table at the first call.</summary>
    public static UserfaultTable TableOf(Space space) => space.Userfaults ??= new(context => ReleaseAll(space, context));

    /// <summary>Registers every area of a range.</summary>
    /// <returns>
    /// EINVAL: no mode, nothing mapped, or an area of another kind. EPERM: an area that can never be written. EBUSY: registered with
    /// another one. ENOMEM: no record to split an area, or 2,047 others have areas (<see cref="Area.ReporterMax"/>).
    /// </returns>
    public Errno Register(Space space, UserfaultContext context, PageRange range, UserfaultModes modes)
    {
        const UserfaultModes known = UserfaultModes.Missing | UserfaultModes.WriteProtect | UserfaultModes.Minor;
        if (modes == UserfaultModes.None || (modes & ~known) != 0) return Errno.EINVAL;
        AreaFlags flags = FlagsOf(modes);
        AreaIndex first = space.Areas.Tree.FirstIn(range);
        if (first.IsNone) return Errno.EINVAL;
        bool isSilent = context.Has(UserfaultFeatures.ProtectSilently);
        for (AreaIndex index = first; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (!Suits(area, flags, isSilent)) return Errno.EINVAL;    // all areas are checked before one changes
            if (!area.Has(AreaFlags.MayWrite)) return Errno.EPERM;    // UFFDIO_COPY fills a file's holes even without PROT_WRITE
            if (space.Userfaults!.Find(area) is { } other && other != context) return Errno.EBUSY;
        }

        if (!space.Userfaults!.TryNumber(context)) return Errno.ENOMEM;    // last: a refused call takes no number
        space.HugeLines.SplitAll(range);    // reports are by small page
        return ChangeEach(space, range, flags, context);
    }

    /// <summary>Removes the registration of every area of a range, with any userfaultfd.</summary>
    /// <returns>EINVAL: nothing is mapped, or an area of another kind. ENOMEM: no record to split an area.</returns>
    public Errno Unregister(Space space, UserfaultContext context, PageRange range)
    {
        AreaIndex first = space.Areas.Tree.FirstIn(range);
        if (first.IsNone) return Errno.EINVAL;
        bool isSilent = context.Has(UserfaultFeatures.ProtectSilently);
        for (AreaIndex index = first; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (!Suits(area, area.Flags & AreaFlags.Reports, isSilent)) return Errno.EINVAL;
        }

        return ChangeEach(space, range, AreaFlags.None, null);
    }

    /// <summary>Removes all registrations of a userfaultfd that is closed. Linux: userfaultfd_release_all.</summary>
    private static void ReleaseAll(Space space, UserfaultContext context)
    {
        PageNumber page = default;
        while (true)
        {
            AreaIndex index = space.Areas.Tree.FirstEndingAfter(page);
            if (index.IsNone) return;
            ref Area area = ref space.Areas[index];
            page = area.End;
            bool isItsOwn = area.IsReported && area.Reporter == context.Slot;
            if (isItsOwn) _ = Change(space, index, area.Range, AreaFlags.None, 0);    // of a whole area, so no record is needed
        }
    }

    private static AreaFlags FlagsOf(UserfaultModes modes) =>
        ((modes & UserfaultModes.Missing) != 0 ? AreaFlags.ReportsMissing : 0)
        | ((modes & UserfaultModes.WriteProtect) != 0 ? AreaFlags.ReportsWrites : 0)
        | ((modes & UserfaultModes.Minor) != 0 ? AreaFlags.ReportsMinor : 0);

    /// <summary>Linux: vma_can_userfault.</summary>
    private bool Suits(in Area area, AreaFlags flags, bool isSilent)
    {
        if (area.HasAny(Unsuitable)) return false;
        if (area.File.IsSome && files.ObjectOf(area.File).IsHuge) return false;
        bool isShared = area.File.IsSome && files.ObjectOf(area.File) is { IsSharedMemory: true, IsSegment: false };    // vma_is_shmem
        if ((flags & AreaFlags.ReportsMinor) != 0 && !isShared) return false;
        // Without reports to wait for, writes can be tracked in any kind of memory.
        return (isSilent && flags == AreaFlags.ReportsWrites) || area.IsAnonymous || isShared;
    }

    /// <summary>Sets the registration of each area of a range. Wakes the waiters for pages that are no longer reported.</summary>
    private static Errno ChangeEach(Space space, PageRange range, AreaFlags registration, UserfaultContext? context)
    {
        PageNumber page = range.First;
        while (page < range.End)
        {
            AreaIndex index = space.Areas.Tree.FirstEndingAfter(page);
            if (index.IsNone || space.Areas[index].First >= range.End) break;
            ref Area area = ref space.Areas[index];
            PageRange part = area.Range.Intersect(PageRange.Between(page, range.End));
            page = part.End;
            UserfaultContext? old = space.Userfaults?.Find(area);
            bool isDone = context is null ? !area.IsReported : old == context && area.Has(registration);
            if (isDone) continue;
            if (context is null && area.Has(AreaFlags.ReportsMissing)) old?.Wake(part);    // or they would wait for ever
            Errno error = Change(space, index, part, registration, context?.Slot ?? 0);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    private static Errno Change(Space space, AreaIndex index, PageRange part, AreaFlags registration, int reporter)
    {
        ref Area area = ref space.Areas[index];
        bool losesProtection = area.Has(AreaFlags.ReportsWrites) && (registration & AreaFlags.ReportsWrites) == 0;
        AreaFlags flags = (area.Flags & ~AreaFlags.Reports) | registration;
        Errno error = space.Areas.Modify(index, part, flags, reporter, out AreaIndex changed);
        if (error != Errno.None) return error;
        space.Areas.SetFlags(changed, flags);
        space.Areas[changed].Reporter = reporter;
        if (losesProtection) UserfaultInheritance.TakeProtection(space, part);    // E8: protected pages need an area that reports writes
        return Errno.None;
    }
}
