using Paging.Core.Composition;
using Paging.Native;
using Paging.Windows.Allocations;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Splits, joins and replaces placeholders: reserved ranges that keep their place while their content changes.</summary>
/// <remarks>Rule 28; Windows 10 version 1803. Nothing in Linux is like it: MAP_FIXED needs no placeholder.</remarks>
internal sealed class PlaceholderCalls(EngineParts core, VadStore vads)
{
    private static VadFlags Flags => VadFlags.Private(ProtectionCode.NoAccess).WithPlaceholder();

    /// <summary>Returns true if a range is exactly one placeholder.</summary>
    public static bool IsOne(WindowsSpace space, PageRange range)
    {
        VadIndex index = space.Vads.Covering(range.First);
        return index.IsSome && space.Vads[index].Flags.IsPlaceholder && space.Vads[index].Range == range;
    }

    /// <summary>Makes private memory of a placeholder. The charge has been made.</summary>
    public static void Replace(WindowsSpace space, PageRange range, VadFlags flags)
    {
        ref Vad vad = ref space.Vads[space.Vads.Covering(range.First)];
        vad.Flags = flags;
        space.CommitCharge += flags.CommitCharge;
    }

    /// <summary>MEM_PRESERVE_PLACEHOLDER: splits a placeholder, or makes one of private memory.</summary>
    public NtStatus Preserve(WindowsSpace space, VadIndex index, PageRange range)
    {
        ref Vad vad = ref space.Vads[index];
        bool isWhole = vad.Range == range;
        if (isWhole == vad.Flags.IsPlaceholder) return NtStatus.ConflictingAddresses;    // one already, or a part of private memory
        if (!isWhole) return TrySplit(space, index, range) ? NtStatus.Success : NtStatus.InsufficientResources;
        vads.TakePages(space, range);
        core.Machine.Commitment.Uncharge(vad.Flags.CommitCharge);
        space.CommitCharge -= vad.Flags.CommitCharge;
        vad.Flags = Flags;
        return NtStatus.Success;
    }

    /// <summary>MEM_COALESCE_PLACEHOLDERS: joins placeholders that make up the range exactly, two at least.</summary>
    public static NtStatus Coalesce(WindowsSpace space, PageRange range)
    {
        VadIndex first = space.Vads.Covering(range.First);
        if (first.IsNone || space.Vads[first].First != range.First) return NtStatus.ConflictingAddresses;
        PageNumber end = range.First;
        int count = 0;
        for (VadIndex at = first; at.IsSome && end < range.End; at = space.Vads.Next(at), count++)
        {
            ref Vad vad = ref space.Vads[at];
            if (!vad.Flags.IsPlaceholder || vad.First != end) return NtStatus.ConflictingAddresses;    // without gaps (rule 28)
            end = vad.End;
        }

        if (end != range.End || count < 2) return NtStatus.ConflictingAddresses;    // checked whole before the first is joined
        for (; count > 1; count--) space.Vads.Remove(space.Vads.Next(first));    // the first stays, so no record is needed
        space.Vads.SetLast(first, range.End - PageCount.One);
        return NtStatus.Success;
    }

    /// <summary>Cuts a placeholder at both ends of a range. Needs a record for each cut, and changes nothing without.</summary>
    private static bool TrySplit(WindowsSpace space, VadIndex index, PageRange range)
    {
        PageRange whole = space.Vads[index].Range;
        PageNumber end = whole.First < range.First ? range.First : range.End;
        space.Vads.SetLast(index, end - PageCount.One);
        VadIndex middle = VadIndex.None;
        if (end == range.First && !space.Vads.TryAdd(range, Flags, out middle))
        {
            space.Vads.SetLast(index, whole.End - PageCount.One);
            return false;
        }

        if (range.End == whole.End) return true;
        if (space.Vads.TryAdd(PageRange.Between(range.End, whole.End), Flags, out _)) return true;
        if (middle.IsSome) space.Vads.Remove(middle);
        space.Vads.SetLast(index, whole.End - PageCount.One);
        return false;
    }
}
