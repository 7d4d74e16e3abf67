using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Collects and resets the written pages of write-watched memory: GetWriteWatch and ResetWriteWatch.</summary>
/// <remarks>Rule 25. Linux has soft-dirty bits of whole processes instead (clear_refs), and no call that returns addresses.</remarks>
internal static class WriteWatchCalls
{
    /// <summary>Collects the lowest written pages of a range, and marks them as not written if requested.</summary>
    public static NtStatus Get(WindowsSpace space, VirtualAddress address, uint byteLength, bool resets, Span<PageNumber> found,
        out int count)
    {
        count = 0;
        if (found.IsEmpty || !TryFindWatched(space, address, byteLength, out PageRange range)) return NtStatus.InvalidParameter;
        uint page = range.First.Value, end = range.End.Value;
        while (count < found.Length && space.Written!.TryNextRun(page, end, out uint first, out uint length))
        {
            length = Math.Min(length, (uint)(found.Length - count));    // what is not returned is not reset (rule 25)
            page = first + length;
            for (uint written = first; written < page; written++) found[count++] = new(written);
            if (resets) Forget(space, new PageRange(new(first), new(length)));
        }

        return NtStatus.Success;
    }

    /// <summary>Marks the pages of a range as not written.</summary>
    public static NtStatus Reset(WindowsSpace space, VirtualAddress address, uint byteLength)
    {
        if (!TryFindWatched(space, address, byteLength, out PageRange range)) return NtStatus.InvalidParameter;
        uint end = range.End.Value;
        for (uint page = range.First.Value; space.Written!.TryNextRun(page, end, out page, out uint length); page += length)
            Forget(space, new PageRange(new(page), new(length)));
        return NtStatus.Success;
    }

    /// <summary>Marks the page as not written, after the refusal of a store that would have been the first to write it.</summary>
    public static void Forget(WindowsSpace space, PageNumber page) => Forget(space, new PageRange(page, PageCount.One));

    /// <summary>Marks pages as not written, so that the next write to each faults.</summary>
    private static void Forget(WindowsSpace space, PageRange pages)
    {
        space.Written!.Clear(pages.First.Value, pages.Count.Value);
        WatchRule rule = default;
        space.Space.Tables.RewriteRange(pages, ref rule);
    }

    private static bool TryFindWatched(WindowsSpace space, VirtualAddress address, uint byteLength, out PageRange range)
    {
        if (!PageSpan.TryCover(address, byteLength, out range)) return false;
        VadIndex index = space.Vads.Covering(range.First);
        return index.IsSome && space.Vads[index].Flags.Type == VadType.WriteWatch && space.Vads[index].End >= range.End;
    }

    private readonly struct WatchRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.IsPresent ? entry.WithoutWritable() : entry;
    }
}
