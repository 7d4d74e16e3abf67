using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Reclaim;

//   code is translated ─► no mapping of its frame may write ─► a store ─► fault ─► the mapping may write, CodeFrames.Changed
/// <summary>Keeps pages read-only while a processor has translated code of them, so that the first store to one is noticed.</summary>
/// <remarks>
/// Until then an entry of the frame becomes writable by a write fault alone (<see cref="SpaceObservers.MayOpen"/>). Emulators of single
/// programs protect the pages of translated code in the same way, with mprotect(2).
/// </remarks>
internal sealed class CodeProtection(PhysicalMemory ram, SpaceTable spaces, OpenFileTable files, FileMappings mappings)
{
    /// <summary>Removes write access from every mapping of the frame that a page maps.</summary>
    /// <returns>True if a mapping may have been writable: the processor must flush its translation.</returns>
    /// <remarks>A huge page of the pool stays writable. Cost: O(spaces and mappings of the frame).</remarks>
    public bool Protect(Space space, PageNumber page)
    {
        foreach (Space any in spaces.All)
        {
            any.Observers.Code = ram.Observers.Code;
            any.Translations.ForgetWrites();    // cached ones do not see that the entries lose the right
        }

        AreaIndex index = space.Areas.Tree.FirstEndingAfter(page);
        if (index.IsNone) return false;
        ref readonly Area area = ref space.Areas[index];
        if (area.First > page || space.Areas.IsOfPool(area)) return false;
        space.HugeLines.SplitAll(new(page, PageCount.One));    // so that only this page becomes read-only
        if (!area.Has(AreaFlags.Shared) && space.Tables.Read(page) is { IsPresent: true, IsWritable: true } entry)
        {
            space.Tables.Units.Observe(page, entry.WithoutWritable());    // E3: a private page is writable in this space or in none
            return true;
        }

        // A private area may map the file's own frame, which shared areas write.
        return area.File.IsSome && mappings.TakeWrites(files.ObjectOf(area.File), FilePageRange.Of(area.OffsetOf(page), 1));
    }
}
