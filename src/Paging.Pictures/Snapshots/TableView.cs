using Paging.Native;

namespace Paging.Pictures;

/// <summary>One entry of a page directory that is not zero, and what lies below it.</summary>
/// <param name="DirectoryIndex">0 to 1023; from 768 on it is the kernel's.</param>
/// <param name="Upper">The entry of the directory.</param>
/// <param name="Entries">The entries of its table that are not zero; none for a page of 4 MB, and none for the kernel's.</param>
public sealed record TableView(int DirectoryIndex, PageDirectoryEntry Upper, IReadOnlyList<EntryView> Entries)
{
    /// <summary>True for the kernel half.</summary>
    public bool IsKernel => DirectoryIndex >= PageNumber.FirstKernel.DirectoryIndex;
}
