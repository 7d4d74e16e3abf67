using Paging.Core;
using Paging.Native;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>The allocations of a process as areas, for what reads any process: maps, smaps, core files.</summary>
/// <remarks>
/// An area is a run of equal pages, as VirtualQuery reports it, so one allocation can be several areas, and two never join. Reserved pages
/// and guards have no rights. A view of a section is shared, unless its pages are copied at the first write.
/// </remarks>
internal static class AllocationAreas
{
    private const PageProtection CopiedOnWrite = PageProtection.WriteCopy | PageProtection.ExecuteWriteCopy;

    public static IEnumerable<AreaSnapshot> Of(QueryCall query, PageStates states, WindowsSpace space)
    {
        for (VadIndex index = space.Vads.First; index.IsSome; index = space.Vads.Next(index))
        {
            Vad vad = space.Vads[index];
            for (PageNumber page = vad.First; page < vad.End;)
            {
                MemoryBasicInformation run = query.Execute(space, page.Address);
                yield return Describe(states, space, vad, run);
                page += run.Count;
            }
        }
    }

    private static AreaSnapshot Describe(PageStates states, WindowsSpace space, in Vad vad, in MemoryBasicInformation run)
    {
        PageRange range = new(run.Base, run.Count);
        MemoryProtection rights = space.RightsAt(run.Base);
        AreaFlags flags = (AreaFlags)rights;
        if (vad.View == 0)
        {
            bool isCommitted = run.State == MemoryState.Commit;
            return new(range, rights, IsShared: false, 0, 0, "", IsSharedAnonymous: false, GrowsDown: false, IsLocked: false)
            {
                Flags = flags,
                HasOwnPages = isCommitted,
            };
        }

        SectionObject section = states.SectionOf(vad);
        bool isShared = !vad.Flags.Protection.IsWriteCopy && (run.Protection & CopiedOnWrite) == 0;
        ulong offset = (ulong)states.SectionPage(vad, run.Base).ByteOffset;
        string name = section.ImageFile?.Name ?? (section.IsOfFile ? section.File.Name : section.Name ?? "");
        return new(range, rights, isShared, offset, (int)section.File.Number + 1, name, IsSharedAnonymous: !section.IsOfFile
            && name.Length == 0,
            GrowsDown: false, IsLocked: false)
        {
            Flags = isShared ? flags | AreaFlags.Shared | AreaFlags.MayShare : flags,
            HasOwnPages = states.CountOwn(space, range) != 0,
        };
    }
}
