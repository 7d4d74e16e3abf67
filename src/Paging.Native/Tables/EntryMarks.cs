using System.Diagnostics.Contracts;

namespace Paging.Native.Tables;

/// <summary>The bits of an entry that observers set and clear: they decide about the next use, and are no content.</summary>
/// <remarks>
/// Two of them are state that a snapshot brings back: bit 10, soft-dirty, and bit 7, protected by a userfaultfd. A swap entry has a bit for
/// the latter. The others are worked out again: RW by a write fault, A by the walk, D and bit 9 are lost to a page that is kept anyway.
/// </remarks>
internal static class EntryMarks
{
    private const ulong Kept = EntryBits.Software2 | EntryBits.Attribute;
    private const ulong Observed = Kept | EntryBits.Writable | EntryBits.Accessed | EntryBits.Dirty | EntryBits.Software1;

    /// <summary>True if a change leaves a page as it is: the same frame or slot, with other marks or rights to be observed by.</summary>
    [Pure]
    public static bool AreAll(PageTableEntry old, PageTableEntry next)
    {
        if (old.IsPresent) return ((old.Word ^ next.Word) & ~Observed) == 0;
        SwapEntry slot = SwapEntry.From(old);
        return slot.IsSwap && !next.IsPresent && SwapEntry.From(next).WithoutProtection() == slot.WithoutProtection();
    }

    /// <summary>The marks of an entry, in the form of a present one.</summary>
    [Pure]
    public static PageTableEntry Of(PageTableEntry entry)
    {
        if (entry.IsPresent) return new(entry.Word & Kept);
        return new(SwapEntry.From(entry).IsProtected ? EntryBits.Attribute : 0);
    }

    /// <summary>An entry with the marks that it had before. A mark that changes takes the right to write, to stay exact.</summary>
    [Pure]
    public static PageTableEntry Restore(PageTableEntry entry, PageTableEntry marks)
    {
        if (entry.IsPresent)
        {
            ulong word = (entry.Word & ~Kept) | marks.Word;
            return new(word == entry.Word ? word : word & ~EntryBits.Writable);
        }

        SwapEntry left = SwapEntry.From(entry);    // reclaim has moved the page to a device, or dropped a page of a file
        if (left is { IsSwap: false, IsNone: false, IsProtected: false }) return entry;
        if (!marks.IsAttribute) return left.WithoutProtection().ToPageTableEntry();
        return (left.IsSwap ? left.WithProtection() : SwapEntry.ForMarker(PageMarker.WriteProtected)).ToPageTableEntry();
    }
}
