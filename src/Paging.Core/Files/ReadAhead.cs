using Paging.Native;

namespace Paging.Core;

/// <summary>Brings pages of files into the cache before they are asked for.</summary>
/// <remarks>Linux: mm/readahead.c force_page_cache_readahead.</remarks>
internal sealed class ReadAhead(PagingEngine engine)
{
    /// <summary>Reads what of the range is not cached yet; stops quietly at the end of the file, at an error or when memory is short.</summary>
    public void Force(FileObject file, uint firstPage, uint pageCount)
    {
        ulong end = Math.Min((ulong)firstPage + pageCount, file.PageLimit);
        for (uint page = firstPage; page < end; page++)
        {
            if (engine.Cache.FindOrFill(file, page, out FrameNumber _, out _) != Errno.None) return;
        }
    }
}
