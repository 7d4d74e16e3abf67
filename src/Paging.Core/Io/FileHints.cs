using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core.Io;

/// <summary>Implements posix_fadvise(2) and readahead(2): hints of a program about its future reads.</summary>
/// <remarks>Linux: mm/fadvise.c generic_fadvise; mm/readahead.c ksys_readahead. A file in memory accepts and ignores every hint.</remarks>
internal sealed class FileHints(OpenFileTable files, PageCache cache, FileWriteback writeback, ReadAhead readAhead, int readAheadPages)
{
    /// <summary>Applies a hint to a range of the file; a length of 0 reaches to the end.</summary>
    /// <returns>EINVAL: unknown advice, or a negative length.</returns>
    public Errno Advise(FrameGroup charged, OpenFileIndex open, long offset, long byteLength, FileAdvice advice)
    {
        FileObject file = files.ObjectOf(open);
        if (byteLength < 0 || advice is < FileAdvice.Normal or > FileAdvice.NoReuse) return Errno.EINVAL;
        if (file.IsMemory) return Errno.None;    // after the arguments, which are checked for every file
        bool reachesEnd = byteLength == 0 || (ulong)offset + (ulong)byteLength < (ulong)byteLength;    // or wraps: generic_fadvise
        ulong last = reachesEnd ? long.MaxValue : (ulong)offset + (ulong)byteLength - 1;
        ref ReadAheadState state = ref files[open].ReadAhead;
        uint usual = (uint)readAheadPages;
        switch (advice)
        {
            case FileAdvice.Normal:
                state.PagesMax = usual;
                state.IsRandom = false;
                break;
            case FileAdvice.Random:
                state.IsRandom = true;
                break;
            case FileAdvice.Sequential:
                state.PagesMax = 2 * usual;    // twice, as in generic_fadvise
                state.IsRandom = false;
                break;
            case FileAdvice.WillNeed:
                ulong firstPage = (ulong)offset >> VirtualAddress.PageShift;
                ulong end = (last >> VirtualAddress.PageShift) + 1;
                if (firstPage < Math.Min(file.PageLimit, end)) readAhead.Force(charged, file, new(new((uint)firstPage), end));
                break;
            case FileAdvice.DontNeed:
                Forget(file, (ulong)offset, last);
                break;
            default:
                break;
        }

        return Errno.None;
    }

    /// <summary>Writes the range back and drops its whole unmapped pages. The last page of the file counts as whole.</summary>
    private void Forget(FileObject file, ulong offset, ulong last)
    {
        ulong touched = offset >> VirtualAddress.PageShift;
        ulong first = (offset + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;
        ulong end = (last >> VirtualAddress.PageShift) + 1;
        if (touched < file.PageLimit) writeback.WriteAll(file, new(new((uint)touched), end));

        bool endsInsidePage = (last & VirtualAddress.OffsetMask) != VirtualAddress.OffsetMask && last + 1 != (ulong)file.ByteLength;
        if (endsInsidePage) end--;
        if (first < end && first < file.PageLimit) cache.DropUnused(file, new(new((uint)first), end));
    }
}
