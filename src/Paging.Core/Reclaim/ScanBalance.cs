using Paging.Core.Frames;
using Paging.Native.Frames;

namespace Paging.Core.Reclaim;

/// <summary>Divides reclaim between swap-backed and file-backed pages by the recent cost of each kind.</summary>
/// <remarks>Linux: mm/vmscan.c get_scan_count; mm/swap.c lru_note_cost.</remarks>
internal sealed class ScanBalance(FrameLists lists, byte group, int swappiness)
{
    private const long IoCost = 32;    // SWAP_CLUSTER_MAX: a page of I/O costs as much as 32 pages scanned without success

    private long _anonymousCost, _fileCost;

    /// <summary>Records the cost of reclaim for one kind of pages: pages of I/O, and pages scanned but not freed.</summary>
    public void Note(FrameFlags kind, long ioPages, long keptPages)
    {
        long cost = (ioPages * IoCost) + keptPages;
        if (cost == 0) return;
        if ((kind & PageFlags.FileBacked) != FrameFlags.None) _fileCost += cost;
        else _anonymousCost += cost;

        long size = 0;
        for (int list = 0; list < FrameLists.ListCount; list++) size += lists.CountOf(group, Lists[list]);
        // Halves both costs once they exceed a quarter of the lists, so that recent cost counts more (lru_note_cost).
        while (_anonymousCost + _fileCost > size / 4 && _anonymousCost + _fileCost > 1)
        {
            _anonymousCost /= 2;
            _fileCost /= 2;
        }
    }

    /// <summary>Returns the number of frames of a list that a pass of this priority scans: 12 is the lowest urgency, 0 scans all.</summary>
    public uint ScanCount(FrameFlags list, int priority, bool canSwap)
    {
        long size = lists.CountOf(group, list) >> priority;
        bool isFile = (list & PageFlags.FileBacked) != FrameFlags.None;
        // Without swap only files can be scanned (SCAN_FILE); the last pass scans both kinds in full (SCAN_EQUAL).
        if (!canSwap || priority == 0) return (uint)(isFile || canSwap ? size : 0);

        // In whole numbers, which are rounded down twice as in SCAN_FRACT.
        long anonymous = (2 * _anonymousCost) + _fileCost, file = _anonymousCost + (2 * _fileCost), total = anonymous + file;
        long anonymousShare = swappiness * (total + 1) / (anonymous + 1);    // + 1: nothing may have cost yet
        long fileShare = (200 - swappiness) * (total + 1) / (file + 1);    // 200: MAX_SWAPPINESS
        return (uint)(size * (isFile ? fileShare : anonymousShare) / (anonymousShare + fileShare));
    }

    /// <summary>The lists in the order in which reclaim shrinks them.</summary>
    public static ReadOnlySpan<FrameFlags> Lists =>
        [FrameFlags.None, PageFlags.Active, PageFlags.FileBacked, PageFlags.FileBacked | PageFlags.Active];
}
