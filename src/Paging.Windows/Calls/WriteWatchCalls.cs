using Paging.Native;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Collects and forgets which pages of write-watched memory were written: GetWriteWatch and ResetWriteWatch.</summary>
/// <remarks>Rule 25. Linux has soft-dirty bits of whole processes instead (clear_refs), and no call that returns addresses.</remarks>
internal static class WriteWatchCalls
{
    /// <summary>Gives the lowest written pages of a range, and forgets them if asked to.</summary>
    public static NtStatus Get(WindowsSpace space, VirtualAddress address, uint byteLength, bool resets, Span<PageNumber> found,
        out int count)
    {
        count = 0;
        if (found.IsEmpty || !TryFindWatched(space, address, byteLength, out PageRange range)) return NtStatus.InvalidParameter;
        for (uint page = range.First.Value; count < found.Length && space.Written!.TryNext(page, range.End.Value, out page); page++)
        {
            found[count++] = new(page);
            if (resets) Forget(space, new(page));
        }

        return NtStatus.Success;
    }

    /// <summary>Forgets which pages of a range were written.</summary>
    public static NtStatus Reset(WindowsSpace space, VirtualAddress address, uint byteLength)
    {
        if (!TryFindWatched(space, address, byteLength, out PageRange range)) return NtStatus.InvalidParameter;
        for (uint page = range.First.Value; space.Written!.TryNext(page, range.End.Value, out page); page++) Forget(space, new(page));
        return NtStatus.Success;
    }

    /// <summary>A store was refused as a whole: a page that it would have been the first to write counts as not written.</summary>
    public static void Forget(WindowsSpace space, PageNumber page)
    {
        space.Written?.Clear(page.Value);
        PageTableEntry entry = space.Space.Tables.Read(page);
        if (entry.IsPresent && entry.IsWritable) space.Space.Tables.Store(page, entry.WithoutWritable());
    }

    private static bool TryFindWatched(WindowsSpace space, VirtualAddress address, uint byteLength, out PageRange range)
    {
        if (!PageSpan.TryCover(address, byteLength, out range)) return false;
        VadIndex index = space.Vads.Covering(range.First);
        return index.IsSome && space.Vads[index].Flags.Type == VadType.WriteWatch && space.Vads[index].End >= range.End;
    }
}
