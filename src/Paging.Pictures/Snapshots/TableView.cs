using System.Numerics;
using Paging.Native;

namespace Paging.Pictures;

/// <summary>One entry of a page directory that is not zero, and what lies below it.</summary>
/// <remarks>The words of the table are copied when it is looked at; what they say is worked out when it is asked for.</remarks>
public sealed record TableView
{
    private readonly TableWords _words;

    internal TableView(int directoryIndex, PageDirectoryEntry upper, TableWords words) =>
        (DirectoryIndex, Upper, _words) = (directoryIndex, upper, words);

    /// <summary>0 to 1023; from 768 on it is the kernel's.</summary>
    public int DirectoryIndex { get; }

    /// <summary>The entry of the directory.</summary>
    public PageDirectoryEntry Upper { get; }

    /// <summary>The entries of its table that are not zero; none for a page of 4 MB, and none for the kernel's.</summary>
    public IReadOnlyList<EntryView> Entries => field ??= [.. _words.Entries(First, FirstPage, FirstPage + PageCountMax)];

    /// <summary>How many there are.</summary>
    public int EntryCount => _words.UsedCount;

    /// <summary>True for the kernel half.</summary>
    public bool IsKernel => DirectoryIndex >= PageNumber.FirstKernel.DirectoryIndex;

    internal const uint PageCountMax = 1024;

    internal uint FirstPage => (uint)DirectoryIndex * PageCountMax;

    private PageNumber First => new(FirstPage);

    /// <summary>The entries that are not zero of the pages from one on, before another.</summary>
    internal IEnumerable<EntryView> EntriesBetween(uint first, uint end) => _words.Entries(First, first, end);

    /// <summary>The entry of one of its pages.</summary>
    internal EntryView EntryOf(PageNumber page) => _words.EntryOf(First, page);
}
