using Paging.Native;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Describes the page at an address, and the run of equal pages that follow: VirtualQuery.</summary>
/// <remarks>
/// Rule 13. Cost: O(log n + touched pages of the run). Linux shows whole areas, from their first page, in <c>/proc/self/maps</c>.
/// </remarks>
internal sealed class QueryCall(PageStates states)
{
    /// <summary>Describes the run of equal pages that begins with the address's page. Precondition: it is a user address.</summary>
    public MemoryBasicInformation Execute(WindowsSpace space, VirtualAddress address)
    {
        PageNumber page = address.Page;
        VadIndex index = space.Vads.FirstEndingAfter(page);
        if (index.IsNone || space.Vads[index].First > page)
        {
            PageNumber end = index.IsNone ? space.User.Probe : space.Vads[index].First;    // the 64 KB below it show as free
            return new(page, end - page, MemoryState.Free, PageProtection.NoAccess, default, PageProtection.None, MemoryKind.None);
        }

        ref Vad vad = ref space.Vads[index];
        PageState state = states.Of(vad, page, WindowsEntry.From(space.Space.Tables.Read(page)));
        PageProtection shown = state.IsCommitted ? Show(vad, state.Protection) : PageProtection.None;
        return new(
            page, EndOfRun(space, vad, page, state) - page, state.IsCommitted ? MemoryState.Commit : MemoryState.Reserve, shown, vad.First,
            Show(vad, vad.Flags.Protection), KindOf(vad));
    }

    // The shared user page is a view here, and private memory in Windows.
    /// <summary>MEM_PRIVATE, MEM_MAPPED or MEM_IMAGE.</summary>
    public static MemoryKind KindOf(in Vad vad) => vad.View == 0 || vad.Flags.IsNoChange ? MemoryKind.Private
        : vad.Flags.Type == VadType.Image ? MemoryKind.Image : MemoryKind.Mapped;

    /// <summary>The value to report for a protection. Every page of an allocation that is not cached reports PAGE_NOCACHE.</summary>
    public static PageProtection Show(in Vad vad, ProtectionCode protection) =>
        vad.Flags.IsNoCache ? protection.ToProtection() | PageProtection.NoCache : protection.ToProtection();

    private PageNumber EndOfRun(WindowsSpace space, in Vad vad, PageNumber first, PageState state)
    {
        bool zeroIsUniform = vad.View == 0 || states.SectionOf(vad).Committed is null;    // else each page is committed or not
        PageNumber page = first + PageCount.One;
        while (page < vad.End)
        {
            bool isTouched = space.Space.Tables.TryNextTouched(page, vad.End, out PageNumber touched, out PageTableEntry entry);
            if (page < touched)
            {
                if (!IsSame(state, states.Of(vad, page, default))) return page;    // entries that are zero mean what the VAD says
                if (zeroIsUniform) page = touched;    // one answer for all of them
                else page++;
                continue;
            }

            if (!isTouched || !IsSame(state, states.Of(vad, page, WindowsEntry.From(entry)))) return page;
            page++;
        }

        return vad.End;
    }

    private static bool IsSame(PageState one, PageState other) =>
        // Reserved pages show no protection, so that it cannot divide them (rule 13)
        one.IsCommitted == other.IsCommitted && (!one.IsCommitted || one.Protection == other.Protection);
}
