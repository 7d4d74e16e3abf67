using Paging.Native;

namespace Paging.Pictures;

/// <summary>One entry of a page directory that is not zero, and what lies below it.</summary>
public sealed record TableView
{
    internal TableView(int directoryIndex, PageDirectoryEntry upper, IReadOnlyList<EntryView> entries) =>
        (DirectoryIndex, Upper, Entries) =
        (directoryIndex, upper, entries);

    /// <summary>0 to 1023; from 768 on it is the kernel's.</summary>
    public int DirectoryIndex { get; }

    /// <summary>The entry of the directory.</summary>
    public PageDirectoryEntry Upper { get; }

    /// <summary>The entries of its table that are not zero; none for a page of 4 MB, and none for the kernel's.</summary>
    public IReadOnlyList<EntryView> Entries { get; }

    /// <summary>True for the kernel half.</summary>
    public bool IsKernel => DirectoryIndex >= PageNumber.FirstKernel.DirectoryIndex;
}
