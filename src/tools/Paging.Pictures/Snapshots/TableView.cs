using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>One entry of a page directory that is not zero, with the table or huge page below it.</summary>
/// <remarks>The words of the table are copied when the view is taken, and decoded when an entry is requested.</remarks>
public sealed record TableView
{
    private readonly TableWords _words;

    internal TableView(TableFormat format, int directoryIndex, PageDirectoryEntry upper, TableWords words) =>
        (Format, DirectoryIndex, Upper, _words) = (format, directoryIndex, upper, words);

    /// <summary>The length of its entries.</summary>
    public TableFormat Format { get; }

    /// <summary>
    /// 0 to 1023, from 768 on the kernel's; under PAE, of all four directories, 0 to 2047, from 1536 on the kernel's. A process with all
    /// 4 GiB has none of the kernel's.
    /// </summary>
    public int DirectoryIndex { get; }

    /// <summary>The entry of the directory.</summary>
    public PageDirectoryEntry Upper { get; }

    /// <summary>The entries of its table that are not zero; none for a page of 4 MB or 2 MB, and none for the kernel's.</summary>
    public IReadOnlyList<EntryView> Entries => field ??= [.. _words.Entries(First, FirstPage, FirstPage + PageCount)];

    /// <summary>The number of entries.</summary>
    public int EntryCount => _words.UsedCount;

    /// <summary>True for the kernel half.</summary>
    public bool IsKernel => FirstPage >= PageNumber.FirstKernel.Value && (IsForeign || !Upper.IsUser);

    /// <summary>Made by another system. Linux leaves the rights of the kernel's pages to tables: its directory has US there.</summary>
    internal bool IsForeign { get; init; }

    /// <summary>True if the entry of the directory leads to memory directly: to a page of 4 MB, under PAE of 2 MB.</summary>
    public bool IsHugePage => Upper is { IsPresent: true, IsLarge: true };

    /// <summary>The first of the frames of a huge page.</summary>
    public FrameNumber HugeFrame => Upper.LargeFrameIn(Format);

    /// <summary>The first of the pages below it.</summary>
    public PageNumber First => new(FirstPage);

    /// <summary>The number of pages that it serves: 1,024, under PAE 512.</summary>
    public uint PageCount => PageCountOf(Format);

    internal uint FirstPage => (uint)DirectoryIndex * PageCount;

    /// <summary>The number of pages that one entry of a directory serves.</summary>
    internal static uint PageCountOf(TableFormat format) => format == TableFormat.Classic ? 1024u : 512;

    /// <summary>The entries that are not zero of the pages from one on, before another; of a huge page its pieces.</summary>
    internal IEnumerable<EntryView> EntriesBetween(uint first, uint end) => IsHugePage ? Pieces(first, end)
        : _words.Entries(First, first, end);

    /// <summary>The entry of one of its pages; of a huge page the piece that it would be.</summary>
    internal EntryView EntryOf(PageNumber page) => IsHugePage ? PieceOf(page) : _words.EntryOf(First, page);

    private IEnumerable<EntryView> Pieces(uint first, uint end)
    {
        for (uint page = Math.Max(first, FirstPage); page < Math.Min(end, FirstPage + PageCount); page++) yield return PieceOf(new(page));
    }

    private EntryView PieceOf(PageNumber page)
    {
        int index = (int)(page.Value - FirstPage);
        return _words.ViewOf(page, Upper.PieceIn(Format, index));
    }
}
