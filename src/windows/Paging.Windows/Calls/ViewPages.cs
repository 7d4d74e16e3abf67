using Paging.Core.Composition;
using Paging.Native;
using Paging.Windows.Allocations;
using Paging.Windows.Entries;
using Paging.Windows.Images;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Commits and protects pages of views. Committing is the section's: all views of it see the pages committed.</summary>
internal sealed class ViewPages(EngineParts core, PageStates states, PageWork pages, VadStore vads)
{
    /// <summary>MEM_COMMIT in a view: commits the section's pages, and gives them a protection in this view.</summary>
    /// <returns>STATUS_ALREADY_COMMITTED: a view of a file. STATUS_SECTION_PROTECTION: more than the view was made with.</returns>
    public NtStatus Commit(WindowsSpace space, ref Vad vad, PageRange range, ProtectionCode protection)
    {
        SectionObject section = states.SectionOf(vad);
        if (section.IsOfFile) return NtStatus.AlreadyCommitted;    // a file's pages always exist (rule 15)
        if (!protection.IsContainedIn(vad.Flags.Protection)) return NtStatus.SectionProtection;
        uint first = states.SectionPage(vad, range.First).Value;
        long fresh = FreshIn(section, first, range.Count);
        if (!TryPrepare(space, ref vad, range, protection, fresh, out NtStatus refusal)) return refusal;
        NoteCommitted(section, first, range.Count, fresh);
        pages.Protect(space, vad, range, protection);
        return NtStatus.Success;
    }

    /// <summary>Protects committed pages of a view.</summary>
    public NtStatus Protect(WindowsSpace space, ref Vad vad, PageRange range, ProtectionCode protection)
    {
        if (!TryPrepare(space, ref vad, range, protection, ofSection: 0, out NtStatus refusal)) return refusal;
        pages.Protect(space, vad, range, protection);
        return NtStatus.Success;
    }

    /// <summary>Makes the tables of a view of an image, whose sections each have a protection. Returns false without a frame.</summary>
    public bool TryPrepareImage(WindowsSpace space, PageRange range) => pages.TryEnsureTables(space, range);

    /// <summary>Gives each page of a view of an image the protection of its section. Precondition: the tables exist.</summary>
    public void ProtectImage(WindowsSpace space, in Vad vad, PeImage image)
    {
        PageNumber page = vad.First;
        foreach ((uint end, ProtectionCode protection) in image.Runs)
        {
            PageNumber next = vad.First + PageCount.Covering(end);
            pages.Protect(space, vad, PageRange.Between(page, next), protection);
            page = next;
        }
    }

    /// <summary>Commits pages of a section. Returns false if the limit forbids it.</summary>
    public bool TryCommitSection(SectionObject section, uint first, PageCount count)
    {
        long fresh = FreshIn(section, first, count);
        if (!core.Machine.Commitment.TryChargeStrictly(fresh)) return false;
        NoteCommitted(section, first, count, fresh);
        return true;
    }

    /// <summary>The number of pages of a section that are not committed yet.</summary>
    private static long FreshIn(SectionObject section, uint first, PageCount count) =>
        section.Committed is { } committed ? count.Value - committed.CountIn(first, count.Value) : 0;

    private static void NoteCommitted(SectionObject section, uint first, PageCount count, long fresh)
    {
        for (uint page = first; fresh != 0 && page < first + count.Value; page++) section.Committed!.Set(page);
        section.File.AddCharge(fresh);
    }

    /// <summary>Charges the process for pages that may be copied from now on, and makes the tables for their entries.</summary>
    /// <remarks>The section's own charge is made with it, so that both succeed or neither.</remarks>
    private bool TryPrepare(
        WindowsSpace space, ref Vad vad, PageRange range, ProtectionCode protection, long ofSection, out NtStatus refusal)
    {
        long after = protection.IsWriteCopy ? range.Count.Value : states.CountOwn(space, range);
        long more = after - states.CountCharged(space, vad, range);
        long charged = Math.Max(more, 0) + ofSection;
        refusal = NtStatus.CommitmentLimit;
        if (!core.Machine.Commitment.TryChargeStrictly(charged)) return false;
        refusal = NtStatus.NoMemory;
        if (!PageWork.IsWhatZeroMeans(vad, protection) && !pages.TryEnsureTables(space, range))
        {
            core.Machine.Commitment.Uncharge(charged);
            return false;
        }

        vads.Charge(space, ref vad, more);
        return true;
    }
}
